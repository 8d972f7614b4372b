"""What a study's page costs: python -m benchmarks.page [--runs 231 10000] [--folder DIR]

For each number of runs a long table is made up (four kinds on three datasets, ten tasks, three
learning rates, as many seeds as it takes, six scores, MIG and FactorVAE calibrated, losses of each
network on each task) and details of the first 300 runs (100 epochs of each network, correlations of
8 codes with 6 factors). A page is made of both in a process of its own: seconds of wall time (of
CPU time), its largest memory, and the bytes of the page. Reading results is not in it.
"""

import argparse
import sys
import tempfile
from itertools import count, islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cost import cost
from mtdis.reporting.labels import HEADLINE
from mtdis.reporting.page.explorer import explorer
from mtdis.reporting.page.facts import Facts, Standing
from mtdis.reporting.page.html import Content, html
from mtdis.reporting.page.runs import MOST_RUNS

KINDS = ("random", "single_task", "multi_head", "one_head")
DATASETS = ("dsprites_rendered", "shapes3d_rendered", "mpi3d_real_rendered")
RATES, TASKS, EPOCHS = (1e-3, 3e-4, 1e-4), 10, 100
CALIBRATED = HEADLINE[:2]
SAID = ("p_whitened", "p_standardised", "null_mean", "null_q05", "null_q95")


def networks(runs: int) -> pd.DataFrame:
    """A row per network of so many runs."""
    rows = []
    every = ((k, d, r, s) for s in count(1) for k, d, r in product(KINDS, DATASETS, RATES))
    for number, (kind, dataset, rate, seed) in enumerate(islice(every, runs)):
        single = kind == "single_task"
        for task in range(1, TASKS + 1) if single else (None,):
            rows.append(
                {
                    "run": f"{kind}+{number}", "kind": kind, "dataset": dataset, "seed": seed,
                    "network": f"task{task}" if single else "shared", "trained_task": task,
                    "spec.learning_rate": None if kind == "random" else rate,
                    "spec.tasks.count": None if kind == "random" else TASKS,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def long_table(runs: int) -> pd.DataFrame:
    """The long table of so many runs."""
    each, rng = networks(runs), np.random.default_rng(0)
    keys = [(m, k, m, "none", None) for m, k in HEADLINE]
    keys += [(m, k, m, t, None) for m, k in CALIBRATED for t in ("whitened", "oriented")]
    keys += [
        (f"{m}_calibrated", f"{k}.{said}", m, "none", None) for m, k in CALIBRATED for said in SAID
    ]
    columns = ["metric", "key", "settings", "transform", "task"]
    scores = each.merge(pd.DataFrame(keys, columns=columns), how="cross")
    losses = [(m, "test", "", "none", t) for m in ("mse", "r2") for t in range(1, TASKS + 1)]
    learned = each[each["kind"].ne("random")]
    losses_of = learned.merge(pd.DataFrame(losses, columns=columns), how="cross")
    table = pd.concat([scores, losses_of], ignore_index=True)
    same: dict[str, Any] = {
        "experiment": "sweep", "metric_seed": 0, "draw": 0, "diverged": False, "error": "",
        "replica_of": "", "unlike_paper": "", "symmetry": "", "stage": "", "stage_id": "",
    }  # fmt: skip
    types = {"task": "Int64", "trained_task": "Int64", "metric_seed": "Int64"}
    return table.assign(value=rng.random(len(table)), **same).astype(types)


def details(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The details of the first runs of a long table."""
    rng, found = np.random.default_rng(1), {}
    runs = table.drop_duplicates(["run", "network"]).groupby("run", sort=False)["network"]
    for run, names in islice(runs, MOST_RUNS):
        curve = [[epoch, float(f"{1 / epoch:.6f}")] for epoch in range(1, EPOCHS + 1)]
        strength = {name: rng.random((8, 6)).round(3).tolist() for name in names}
        found[str(run)] = {
            "name": str(run), "spec": [["latent_size", "8"]] * 30, "diverged": [],
            "networks": list(names), "history": dict.fromkeys(names, curve),
            "correlations": {"factors": list("abcdef"), "networks": strength, "rows": 5000},
            "decoder": [], "traversal": [], "umap": [], "problems": [],
        }  # fmt: skip
    return found


def write(table: Path, out: Path) -> None:
    """Write the page of a long table."""
    frame = pd.read_parquet(table)
    shown = details(frame)
    runs = frame["run"].nunique()
    content = Content(
        question="What does it cost?",
        verdict="",
        claims={},
        facts=Facts("cost", Standing(runs, runs, 0, 0, 0), Standing(0, 0, 0, 0, 0), 0, 0.0, {}, {}),
        experiments=[],
        explorer=explorer(frame, shown),
        runs=shown,
        runs_without=runs - len(shown),
        problems=[],
        pictures_beside=False,
    )
    out.write_text(html(content), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, nargs="+", default=[231, 10_000])
    parser.add_argument("--folder", type=Path, help="keep tables and pages here")
    parser.add_argument("--write", type=Path, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        write(*args.write)
        return
    folder = args.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    print("| runs | networks | rows | page | time (CPU), memory |\n|---|---|---|---|---|")
    for runs in args.runs:
        table, page = (folder / f"{runs}.{ending}" for ending in ("parquet", "html"))
        frame = long_table(runs)
        frame.to_parquet(table)
        command = [sys.executable, "-m", "benchmarks.page", "--write", str(table), str(page)]
        taken = cost(Path.cwd(), command, {})
        print(
            f"| {runs:,} | {len(networks(runs)):,} | {len(frame):,} |"
            f" {page.stat().st_size / 1e6:.1f} MB | {taken.seconds:.1f} s"
            f" ({taken.cpu_seconds:.1f}), {taken.mebibytes:.0f} MiB |"
        )


if __name__ == "__main__":
    main()
