"""What the pilot of the record study came to, a line per network: python -m benchmarks.record_pilot

Reads the long table of a finished study of `workflow/configs/record_pilot.yaml`, and the records of
its runs for the seconds that they trained.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.controls import score, values
from mtdis import paths
from mtdis.reporting.labels import dataset_label
from mtdis.specs.run import TrainedRun

TABLE = "results/studies/record_pilot/tables/long.parquet"
FIELDS = {
    "optimiser": "by", "learning_rate": "step size", "epochs": "epochs", "code_penalty": "L1",
    "weight_decay": "weight decay",
}  # fmt: skip
HEAD = [
    *("experiment", "dataset", "images", "pixels", *FIELDS.values(), "test R²", "training R²"),
    *("s", "live codes", "MIG: white", "MIG: rotated [5, 95 %]", "MIG: best", "MIG: alignment"),
    "MIG: p ≤ .05",
]


def lines(table: pd.DataFrame) -> Iterator[list[str]]:
    """The cells of each line."""
    for (experiment, run_id), rows in table.groupby(["experiment", "run"], sort=False):
        record = json.loads(Path(paths.run(str(run_id))).read_text())
        run = TrainedRun.from_fields(record["spec"])
        assert isinstance(run, TrainedRun)
        live = values(rows, "codes", "live")
        yield [
            str(experiment),
            dataset_label(run.dataset.name()),
            f"{run.dataset.count:,}",
            str(run.dataset.image_shape[0]),
            *(f"{getattr(run, field)}" for field in FIELDS),
            *(f"{values(rows, 'r2', part).mean():.2f}" for part in ("test", "train")),
            f"{record['execution']['seconds']:.0f}",
            f"{live.iloc[0]:.0f}" if len(live) else "",
            *score(rows, "mig", "discrete_mig"),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("table", nargs="?", default=TABLE)
    table = pd.read_parquet(Path(parser.parse_args().table))
    for cells in [HEAD, ["---"] * len(HEAD), *lines(table)]:
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
