"""Second moments of the ten tasks beside the off-diagonals of Tables 8 to 10, through the files of
a study.

python -m benchmarks.second_moments [NAME ...] [--image-size 8]

`mtdis dataset` makes the full grid (of small images, which play no part in targets), `mtdis
targets` its targets, and the mean square of each task over the paper's test split stands beside
what the paper prints for networks that were trained on another task: an untrained tanh head
predicts nearly 0, so its loss is the second moment of its task.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets
from mtdis.cli import main as mtdis
from mtdis.data.split import split_rows
from mtdis.reporting.published.scores import numbers, printed_name
from mtdis.specs.dataset import Dataset
from mtdis.study.dataset_groups import GROUPS

TABLES = ("8", "9", "10")


def printed(name: str) -> NDArray[np.float64]:
    """Mean of each task's off-diagonal losses (10,) in the paper's table of a dataset."""
    table = numbers(*TABLES)
    losses = table[
        table["dataset"].eq(name) & table["row"].str.fullmatch(r"task\d+") & table["task"].notna()
    ]
    others = losses[losses["row"] != "task" + losses["task"].astype(str)]
    return others.groupby("task")["mean"].mean().to_numpy()


def measured(spec: dict[str, object], folder: Path) -> NDArray[np.float64]:
    """Mean square of each of the ten tasks (10,) over the test split of a dataset made in the
    folder.
    """
    dataset, targets = folder / "d.json", folder / "t.json"
    words = [
        "--spec",
        json.dumps({"dataset": spec}),
        "--dataset",
        str(dataset),
        "--out",
        str(targets),
    ]
    if mtdis(["dataset", "--spec", json.dumps(spec), "--out", str(dataset)]) or mtdis(
        ["targets", *words]
    ):
        sys.exit(1)
    values = datasets.read_targets(targets).astype(np.float64)
    found: NDArray[np.float64] = (values[split_rows(len(values))["test"]] ** 2).mean(axis=0)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="datasets (default: the three that are rendered)"
    )
    parser.add_argument("--image-size", type=int, default=8)
    args = parser.parse_args()
    for name in args.names or GROUPS["rendered"]:
        with tempfile.TemporaryDirectory() as folder:
            found = measured({"name": name, "image_size": args.image_size}, Path(folder))
        expected = printed(printed_name(name, Dataset.member(name).replica_of))
        for task, (ours, theirs) in enumerate(zip(found, expected, strict=True), start=1):
            sys.stdout.write(
                f"{name} task {task}: {ours:.2f}, printed {theirs:.2f} ({ours / theirs - 1:+.2%})\n"
            )
        sys.stdout.write(f"{name}: largest difference {np.abs(found / expected - 1).max():.2%}\n")


if __name__ == "__main__":
    main()
