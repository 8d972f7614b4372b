"""What each metric makes of codes that hold the factors in a known way, and its chance, ceiling and
cost at the datasets' sizes; the metric cards in docs/metrics are made of both.

python -m benchmarks.validity [--metric NAME ...]

Scores are written as they are made, to docs/metrics/{validity,anchors}.csv; what is there of other
metrics stays.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtdis import discover
from mtdis.metrics import factor_table
from mtdis.progress import progress_bar
from mtdis.randomness import generator
from mtdis.scoring import transforms
from mtdis.scoring.oracle_codes import ENCODERS, STRUCTURES, oracle
from mtdis.scoring.run_scores import score_codes
from mtdis.specs.grids import DSPRITES, MPI3D, SHAPES3D
from mtdis.specs.metric import Metric

FOLDER = Path(__file__).parents[1] / "docs" / "metrics"
SEEDS = (0, 1, 2)
ROWS = 1000
"""Rows that a metric draws at most: few beside the table's, so that test rows are new."""
GRIDS = {"dSprites": DSPRITES, "Shapes3D": SHAPES3D, "MPI3D": MPI3D}
CODES = 8
"""Codes of the noise whose score is called chance."""
MAP = ["metric", "key", "structure", "encoder", "seed"]
ANCHORS = ["metric", "key", "dataset"]


def names() -> list[str]:
    """The metrics, sorted."""
    return sorted(discover.names("mtdis.metrics"))


def drawing_few(name: str) -> Metric:
    """A metric at its defaults, but for the numbers of rows that are drawn."""
    fields = Metric.member(name).model_fields
    large = (n for n, f in fields.items() if n.startswith("num_") and n != "num_bins")
    return Metric.from_fields({"name": name} | {n: min(ROWS, fields[n].default) for n in large})


def validity(name: str) -> Iterator[dict[str, Any]]:
    """A row per cell, seed and key; of a metric that refuses a cell one that says why."""
    metric = drawing_few(name)
    cells = [(s, e, seed) for s in STRUCTURES for e in ENCODERS for seed in SEEDS]
    with progress_bar(len(cells), name, "cells") as bar:
        for structure, encoder, seed in cells:
            about = {"metric": name, "structure": structure, "encoder": encoder, "seed": seed}
            for key, value in scores(metric, *oracle(structure, encoder, seed)).items():
                yield about | {"key": key, "value": value}
            bar.update()


def scores(metric: Metric, codes: Any, classes: Any) -> dict[str, float]:
    """The metric's values; NaN under every key where it refuses."""
    try:
        return score_codes(metric, codes, classes)
    except ValueError:
        return dict.fromkeys(discover.constant("mtdis.metrics", metric.name(), "KEYS"), np.nan)


def anchors(name: str) -> Iterator[dict[str, Any]]:
    """Per dataset and key the scores of noise, also with another seed, and of the factors
    themselves, at the defaults; and the CPU seconds of the first.
    """
    metric = Metric.from_fields(name)
    for dataset, grid in GRIDS.items():
        sizes = [size for size in grid.sizes if size > 1]
        table = factor_table(np.indices(sizes).reshape(len(sizes), -1).T)
        rng = generator(0, "noise", dataset)
        noise = rng.standard_normal((len(table.classes), CODES), dtype=np.float32)
        score_codes(metric, noise, table)  # compiles, and draws what several networks share
        began = time.process_time()
        chance = score_codes(metric, noise, table)
        seconds = time.process_time() - began
        other = score_codes(metric.model_copy(update={"seed": 1}), noise, table)
        perfect = score_codes(metric, transforms.perfect(table).astype(np.float32), table)
        for key in chance:
            about = {"metric": name, "key": key, "dataset": dataset, "noise": chance[key]}
            yield about | {"other_seed": other[key], "perfect": perfect[key], "seconds": seconds}


def put(file: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Put rows into a csv in place of those of the same metrics, sorted by metric."""
    new = pd.DataFrame(rows)
    if file.exists():
        old = pd.read_csv(file)
        new = pd.concat([old[~old["metric"].isin(new["metric"])], new])
    values = [name for name in new.columns if name not in columns]
    ordered = new.sort_values("metric", kind="stable")[[*columns, *values]]
    ordered.to_csv(file, index=False, float_format="%.5g")


def main() -> None:
    """Measure the metrics that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metric", nargs="+", choices=names(), default=names())
    for name in parser.parse_args().metric:
        FOLDER.mkdir(parents=True, exist_ok=True)
        put(FOLDER / "validity.csv", list(validity(name)), MAP)
        put(FOLDER / "anchors.csv", list(anchors(name)), ANCHORS)
        print(name, flush=True)


if __name__ == "__main__":
    main()
