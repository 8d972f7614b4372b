"""The paper's Table 5 on a GPU, without snakemake: python -m benchmarks.table5_gpu --seeds 3
--minutes 20

Renders dSprites, draws the tasks, measures a training step of each kind to see how many epochs fit
the time, trains all runs in one process, scores them on all cores and makes the table: each by the
command that the workflow would call. The table, the long table of scores behind it and what was run
(commit, device, epochs, seconds) go to $OUT, or to benchmarks/results; everything else stays in
--folder, from which the same command goes on after a stop. Many runs train for fewer epochs than
the paper's 200: the file's name says how many.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import chdir
from datetime import date
from pathlib import Path
from typing import Any

import torch

from mtdis import paths
from mtdis.artifacts import provenance
from mtdis.cli import main as mtdis
from mtdis.commands.train import TOGETHER_ON_GPU
from mtdis.specs.ids import canonical, identify
from mtdis.specs.run import Run, TaskRun, TrainedRun
from mtdis.specs.targets import targets_of
from mtdis.study import Study
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.devices import device_name, set_precision, set_up
from mtdis.training.ensemble import ensemble_of
from mtdis.training.run import load
from mtdis.training.step_modes import autotune, open_modes, rate

KINDS = ("random", "single_task", "multi_head", "one_head")
METRICS: dict[str, dict[str, Any]] = {"mig": {}, "factor_vae": {}, "sap": {}, "dci": {}}
SHARE = 0.7
"""Of the time that is left once the data are there: training. The rest encodes and scores."""
PAPER_EPOCHS = 200
TABLE = "table5"


def study_of(
    seeds: int, epochs: int, dataset: Any, fields: Mapping[str, Any], metrics: Mapping[str, Any]
) -> Study:
    """The paper's headline experiment with some seeds and epochs."""
    body = {
        "kind": list(KINDS),
        "seed": list(range(1, seeds + 1)),
        "epochs": epochs,
        "tables": [TABLE],
    }
    config = {
        "name": TABLE,
        "metrics": dict(metrics),
        "experiments": {"headline": body | dict(fields)},
    }
    return Study.from_config(config | {"defaults": {"dataset": dataset}})


def command(*words: str) -> None:
    """One sub-command of mtdis; SystemExit if it fails."""
    print(f"mtdis {words[0]}", file=sys.stderr, flush=True)
    if status := mtdis(list(words)):
        raise SystemExit(status)


def make_data(study: Study) -> None:
    """Dataset and targets, unless they are there."""
    for some_id, dataset in study.datasets.items():
        if not Path(paths.dataset(some_id)).exists():
            command("dataset", "--spec", canonical(dataset), "--out", paths.dataset(some_id))
    for some_id, targets in study.targets.items():
        source = study.dataset_of_targets(some_id)
        if not Path(paths.targets(some_id)).exists():
            command(
                "targets",
                "--spec",
                canonical(targets),
                "--dataset",
                source,
                "--out",
                paths.targets(some_id),
            )


def inputs(run: Run) -> tuple[Path, Path | None]:
    """The records of a run's dataset and targets."""
    targets = targets_of(run)
    return Path(paths.dataset(identify(run.dataset))), (
        Path(paths.targets(identify(targets))) if targets else None
    )


def epoch_seconds(study: Study) -> float:
    """Seconds that one epoch of all runs takes, from some steps of each kind, the runs one after
    the other.
    """
    kinds = {run.name(): run for run in study.runs.values() if isinstance(run, TaskRun)}
    runs = [run.name() for run in study.runs.values()]
    (data,) = {inputs(run) for run in kinds.values()}
    images = load(*data, set_up(1, needs_gpu=True))
    return sum(runs.count(name) * _epoch_seconds(run, images) for name, run in kinds.items())


def _epoch_seconds(run: TrainedRun, images: Images) -> float:
    execution = {"precision": set_precision(run.precision, images.device)}
    networks = training.build(run, run.dataset.image_shape, images.device)
    learners = training.learners_of(run, networks)
    ensemble = ensemble_of(run, learners)
    (first,) = images.raw_batches(torch.arange(run.batch_size), run.batch_size)
    batches = {stream: first for _, stream in ensemble.learners}
    modes = open_modes(ensemble, images, batches)
    mode = autotune(modes, ensemble, list(learners.values()), [batches], execution)
    steps = int(0.75 * len(images.pixels)) // run.batch_size
    return steps / rate(
        mode, batches, torch.cuda.synchronize if images.device.type == "cuda" else lambda: None
    )


def train(study: Study, folder: Path) -> None:
    """All runs in one process.

    On a GPU several at once, beside those that encode on the CPU alone.
    """
    lines = []
    for some_id, run in study.runs.items():
        dataset, targets = inputs(run)
        job = {"spec": run.elided(), "dataset": str(dataset), "out": paths.run(some_id)}
        lines.append(json.dumps(job | ({"targets": str(targets)} if targets else {})))
    jobs = folder / "jobs.jsonl"
    jobs.write_text("\n".join(lines) + "\n")
    on_cpu = sum(not run.needs_gpu for run in study.runs.values())
    together = TOGETHER_ON_GPU + on_cpu if torch.cuda.is_available() else 1
    command("train", "--jobs", str(jobs), "--together", str(together))


def score(study: Study) -> None:
    """All metrics of all runs, networks side by side on all cores, then the long table and Table
    5.
    """
    cores = str(os.cpu_count() or 1)
    for some_id, run in study.runs.items():
        dataset, _ = inputs(run)
        words = [
            "--spec",
            canonical(run),
            "--metrics",
            study.metric_specs,
            "--run",
            paths.run(some_id),
        ]
        command(
            "scores",
            *words,
            "--dataset",
            str(dataset),
            "--jobs",
            cores,
            "--out",
            paths.scores(some_id),
        )
    long = paths.long_table(study.name, "headline")
    command(
        "long_table", "--study", study.only("headline"), "--experiment", "headline", "--out", long
    )
    command(
        "table",
        "--name",
        TABLE,
        "--long",
        long,
        "--out",
        paths.table(study.name, "headline", TABLE),
    )


def keep(study: Study, epochs: int, words: Sequence[str], seconds: float) -> list[Path]:
    """Copies of the table and of the scores, and what made them."""
    folder = Path(os.environ.get("OUT") or Path(__file__).parent / "results")
    stem = f"{date.today()}-table5-{epochs}-epochs"
    table = Path(paths.table(study.name, "headline", TABLE))
    long = Path(paths.long_table(study.name, "headline")).with_suffix(".csv")
    kept = [
        shutil.copy(table, folder / f"{stem}.csv"),
        shutil.copy(long, folder / f"{stem}-scores.csv"),
    ]
    device = device_name(set_up(1, needs_gpu=True))
    about = {"command": ["python", "-m", "benchmarks.table5_gpu", *words], "epochs": epochs}
    records = [json.loads(Path(paths.run(some_id)).read_text()) for some_id in study.runs]
    about["runs"] = {record["id"]: record["execution"] for record in records}
    about["execution"] = provenance.execution(device, seconds)
    path = folder / f"{stem}.json"
    path.write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    return [*map(Path, kept), path]


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1 to N (default 3)")
    parser.add_argument(
        "--minutes", type=float, default=20, help="time for everything (default 20)"
    )
    parser.add_argument("--epochs", type=int, help="epochs, instead of what fits the time")
    parser.add_argument(
        "--dataset", type=json.loads, default="dsprites_rendered", help="a dataset's spec as JSON"
    )
    parser.add_argument(
        "--fields", type=json.loads, default={}, help="other fields of the runs as JSON"
    )
    parser.add_argument(
        "--metrics", type=json.loads, default=METRICS, help="metrics and their settings as JSON"
    )
    parser.add_argument(
        "--folder", type=Path, help="where data and results lie (default: a temporary folder)"
    )
    args = parser.parse_args(words)
    started = time.monotonic()
    folder = args.folder or Path(tempfile.mkdtemp(prefix="table5-"))
    folder.mkdir(parents=True, exist_ok=True)
    with chdir(folder):
        settings = (args.dataset, args.fields, args.metrics)
        make_data(study_of(args.seeds, 1, *settings))
        epochs = args.epochs or fitting_epochs(
            study_of(args.seeds, 1, *settings), args.minutes * 60, started
        )
        study = study_of(args.seeds, epochs, *settings)
        train(study, folder)
        score(study)
        kept = keep(
            study, epochs, sys.argv[1:] if words is None else words, time.monotonic() - started
        )
    print(kept[0].read_text())
    print(f"kept: {', '.join(map(str, kept))}", file=sys.stderr)


def fitting_epochs(study: Study, seconds: float, started: float) -> int:
    """Epochs whose training takes its share of the time that is left, at least one and not more
    than the paper's.
    """
    each = epoch_seconds(study)
    left = seconds - (time.monotonic() - started)
    epochs = min(PAPER_EPOCHS, max(1, int(SHARE * left / each)))
    print(
        f"an epoch of all runs takes {each:.1f} s: {epochs} epochs in {left:.0f} s",
        file=sys.stderr,
        flush=True,
    )
    return epochs


if __name__ == "__main__":
    main()
