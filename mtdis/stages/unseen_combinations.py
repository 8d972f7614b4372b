"""Do codes of unseen combinations of classes say which classes they are?

A readout learns the factors from codes of combinations that the encoder was trained on, and is
tested on other images of these and on images of combinations that neither has seen (`held_out` of
the run). Every single class was seen. The question is that of Montero et al. (2021, openreview
qbH974jKUVy), asked of one network's codes. A part of what is lost is the readout's own: it has not
seen the combinations either, and codes of an encoder without any training lose it, too.

Shapes: n rows, d codes, K factors.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets, records, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import split_of
from mtdis.errors import ConfigError
from mtdis.metrics._estimators.readouts import predict
from mtdis.metrics.modularity import standardise
from mtdis.randomness import generator
from mtdis.specs.stages.unseen_combinations import METRIC, UnseenCombinations

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]
Sample = tuple[Floats, Integers]
"""Codes (n, d) and classes (n, K) of the same images."""


def compute(stage: UnseenCombinations, sources: Sources) -> Outcome:
    """Accuracies of the held-out factors and of the others as rows; those of each as arrays."""
    codes, rows = runs.read_codes(sources.parent, stage.network)
    classes = datasets.read_dataset(sources.dataset, "factors")
    split = split_of(stage.parent, len(classes), lambda: classes)
    names = records.read_json(sources.dataset, "mtdis dataset")["names"]
    seen, unseen = (np.flatnonzero(np.isin(rows, split[part])) for part in ("train", "test"))
    return outcome(
        stage, (codes[seen], classes[rows[seen]]), (codes[unseen], classes[rows[unseen]]), names
    )


def outcome(
    stage: UnseenCombinations, seen: Sample, unseen: Sample, names: Sequence[str]
) -> Outcome:
    """The outcome for all images of seen and of unseen combinations, K named factors.

    Arrays: `seen` and `unseen` accuracies (K,) and those by `chance`, which is the class commonest
    among the learned rows; NaN of a factor with one class there. `rows` counts what was learned
    from, and what tested either side. ConfigError for fewer than four seen images or no unseen one.
    """
    learned, again, new = drawn(stage, seen, unseen)
    accuracies, (_, by_chance) = read(stage, learned, (again, new))
    held_out = np.isin(names, stage.parent.held_out)
    return Outcome(
        rows=[
            {"metric": METRIC, "key": key, "value": float(value)}
            for key, value in values(accuracies[0], accuracies[1], by_chance, held_out)
        ],
        arrays={
            "seen": accuracies[0],
            "unseen": accuracies[1],
            "chance": by_chance,
            "factors": np.array(names, dtype="S"),
            "held_out": held_out,
            "rows": np.array([len(sample[0]) for sample in (learned, again, new)]),
        },
    )


def drawn(stage: UnseenCombinations, seen: Sample, unseen: Sample) -> tuple[Sample, Sample, Sample]:
    """Images that are learned from, others of seen combinations, and those of unseen ones."""
    if len(seen[0]) < 4 or not len(unseen[0]):
        raise ConfigError(
            f"{stage.name()} learns from half of the codes of the training split and tests on those"
            f" of the test split; the run keeps {len(seen[0])} and {len(unseen[0])}; set"
            " keep_codes: all."
        )
    rng = generator(stage.seed, "unseen combinations")
    order, other = (rng.permutation(len(sample[0])) for sample in (seen, unseen))
    count = min(stage.labels, len(order) // 2)
    learned, again = order[:count], order[count:][: stage.test_rows]
    parts = ((seen, learned), (seen, again), (unseen, other[: stage.test_rows]))
    first, second, third = ((codes[rows], classes[rows]) for (codes, classes), rows in parts)
    return first, second, third


def read(
    stage: UnseenCombinations, learned: Sample, tests: Sequence[Sample]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracies (tests, K) of a readout per factor, and those of the commonest class; NaN of a
    factor with a single learned class.
    """
    known, others = standardise(learned[0], np.concatenate([codes for codes, _ in tests]))
    cuts = np.cumsum([len(codes) for codes, _ in tests])[:-1]
    accuracies, chance = np.full((2, len(tests), learned[1].shape[1]), np.nan)
    for k, labels in enumerate(learned[1].T):
        if (labels == labels[0]).all():
            continue
        found = np.split(predict(stage.readout, known, labels, others, stage.seed), cuts)
        for place, (_, classes) in enumerate(tests):
            accuracies[place, k] = np.mean(found[place] == classes[:, k])
            chance[place, k] = np.mean(classes[:, k] == np.bincount(labels).argmax())
    return accuracies, chance


def values(
    seen: NDArray[np.float64],
    unseen: NDArray[np.float64],
    chance: NDArray[np.float64],
    held_out: NDArray[np.bool_],
) -> Iterator[tuple[str, float]]:
    """Means over the held-out factors, and over the others where some vary."""
    varying = ~np.isnan(seen)
    for name, chosen in (("", held_out & varying), ("_others", ~held_out & varying)):
        if chosen.any():
            yield f"seen{name}", seen[chosen].mean()
            yield f"unseen{name}", unseen[chosen].mean()
            yield f"gap{name}", (seen - unseen)[chosen].mean()
            if not name:
                yield "chance", chance[chosen].mean()
