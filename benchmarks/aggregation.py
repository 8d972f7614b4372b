"""The long table of 200 runs from their records, beside one csv per run: python -m
benchmarks.aggregation

Ours reads each run's record and score index, checks that they are the wanted ones, and writes
parquet. The alternative finds the same rows as one csv per run, concatenates them and writes a csv.
Values are random, shapes those of the paper: ten tasks, three parts of the split, four metrics.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.table import Row
from mtdis.artifacts import files, records
from mtdis.artifacts.scores import read_index, write_index
from mtdis.reporting import long_table
from mtdis.specs.ids import identify
from mtdis.specs.run import Run

RUNS, TASKS = 200, 10
METRICS = {
    "mig": ("mig",),
    "factor_vae": ("train", "eval"),
    "sap": ("sap",),
    "dci": ("d", "c", "i_train", "i_test"),
}


CODES = "0" * 64
"""Checksum of the codes that are not there."""


def write_run(folder: Path, run: Run, rng: np.random.Generator) -> None:
    """The record and the score index of a run."""
    losses = {part: {"mse": rng.random(TASKS).tolist()} for part in ("train", "validation", "test")}
    network = {"network": "network", "diverged": False, "losses": losses}
    about = {
        "network": "network",
        "transform": "none",
        "draw": 0,
        "metric_seed": 0,
        "diverged": False,
        "error": "",
    }
    rows = [
        about | {"metric": metric, "settings": metric, "key": key, "value": rng.random()}
        for metric, keys in METRICS.items()
        for key in keys
    ]
    record = {
        "id": identify(run),
        "spec": run.resolved(),
        "result": {"networks": [network]},
        "execution": {},
        "files": {"codes.h5": {"bytes": 1, "sha256": CODES}},
    }
    files.write_record(folder / str(run.seed) / "run.json", record)
    write_index(folder / str(run.seed) / "index.json", identify(run), CODES, [], rows, {})


def results(
    folder: Path, runs: Sequence[Run]
) -> Iterator[tuple[Run, dict[str, Any], dict[str, Any]]]:
    """As the command reads them."""
    for run in runs:
        where = folder / str(run.seed)
        record = records.read_record(where / "run.json", run, "mtdis train")
        yield run, record, read_index(where / "index.json", identify(run))


def ours(folder: Path, runs: Sequence[Run]) -> None:
    files.write_frame(folder / "table.parquet", long_table.make("benchmark", results(folder, runs)))


def concatenate(folder: Path, runs: Sequence[Run]) -> None:
    """One csv per run into one csv."""
    parts = [pd.read_csv(folder / str(run.seed) / "rows.csv") for run in runs]
    pd.concat(parts, ignore_index=True).to_csv(folder / "table.csv", index=False)


def write_parts(folder: Path, runs: Sequence[Run]) -> None:
    """The rows of each run as a csv."""
    for triple in results(folder, runs):
        files.write_frame(
            folder / str(triple[0].seed) / "rows.csv", long_table.make("benchmark", [triple])
        )


def rate(side: Callable[[Path, Sequence[Run]], None], folder: Path, runs: Sequence[Run]) -> float:
    """Runs per second."""
    start = time.perf_counter()
    side(folder, runs)
    return len(runs) / (time.perf_counter() - start)


def measure(repeats: int = 5) -> Iterator[Row]:
    """Runs per second of both sides, in turns."""
    kind, rng = Run.member("multi_head"), np.random.default_rng(0)
    runs = [
        kind.parse({"dataset": "dsprites_rendered", "seed": seed}) for seed in range(1, RUNS + 1)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for run in runs:
            write_run(folder, run, rng)
        write_parts(folder, runs)
        ours(folder, runs)  # imports pyarrow
        pairs = [
            (rate(ours, folder, runs), rate(concatenate, folder, runs)) for _ in range(repeats)
        ]
        _compare(folder)
    yield Row(
        f"long table of {RUNS} runs",
        "runs/s",
        *zip(*pairs, strict=True),
        "one csv per run, pandas.concat",
    )


def _compare(folder: Path) -> None:
    """ValueError unless both tables hold the same values."""
    own, other = pd.read_parquet(folder / "table.parquet"), pd.read_csv(folder / "table.csv")
    if not np.array_equal(own["value"], other["value"]):
        raise ValueError("the two tables differ")


def main() -> None:
    for row in measure():
        print(row)


if __name__ == "__main__":
    main()
