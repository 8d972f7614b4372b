"""Are the codes of another seed the same codes? Similarities of two runs' codes of the test split,
each up to the indeterminacy that its name says (`mtdis.metrics._similarity`).
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import split_of
from mtdis.metrics._similarity import similarities
from mtdis.specs.stages.seed_consistency import METRIC, SeedConsistency


def compute(stage: SeedConsistency, sources: Sources) -> Outcome:
    """All similarities as rows, those of the parent's codes with the other run's."""
    assert sources.other is not None
    classes = datasets.read_dataset(sources.dataset, "factors")
    test = split_of(stage.parent, len(classes), lambda: classes)["test"]
    first, second = (
        codes_of(record, stage.network, test) for record in (sources.parent, sources.other)
    )
    found = similarities(first, second)
    return Outcome(
        rows=[{"metric": METRIC, "key": key, "value": value} for key, value in found.items()],
        arrays={"rows": np.array(len(first))},
    )


def codes_of(record: Path, network: str, test: NDArray[np.int64]) -> NDArray[np.floating[Any]]:
    """The codes (n, d) of a run's network of those images of the test split that it keeps; runs of
    two seeds keep the same.
    """
    codes, rows = runs.read_codes(record, network)
    return codes[np.isin(rows, test)]
