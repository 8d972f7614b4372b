"""How a study's commands grow with its runs: python -m benchmarks.scale [--runs 100 1000 10000]
[--folder DIR]

For each number of runs a study of two kinds, two learning rates, five latent sizes and as many
seeds as it takes, whose results are made up (ten tasks, four metrics, records of the real shape,
Snakemake's metadata beside them). Each step is a process of its own: seconds of wall time (of CPU
time), and the largest memory of it or a child of its.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.cost import Cost, cost
from mtdis import paths
from mtdis.artifacts import scores
from mtdis.artifacts.records import facts_of, sealed
from mtdis.specs.ids import identify
from mtdis.specs.metric import Metric
from mtdis.study import Study

ROOT = Path(__file__).parents[1]
SWEEP = {
    "kind": ["multi_head", "one_head"],
    "learning_rate": [1e-3, 1e-4],
    "latent_size": [4, 6, 8, 10, 12],
}
PER_SEED = 20
METRICS = ("mig", "factor_vae", "sap", "dci")
CHECKSUM = "0" * 64
EXECUTION = {
    "commit": "",
    "device": "cpu (1 thread)",
    "seconds": 100.0,
    "versions": {},
    "peak_memory_mib": 1.0,
}
DATA = {"source": "", "bytes": 0, "sha256": {}}
"""What a record says of arrays that are not there."""
QUICK = ("plan", "status", "show", "diff", "prune", "plan --hours")
NAME, EXPERIMENT, TABLE = "scale", "sweep", "table5"


def config(runs: int) -> dict[str, Any]:
    """A study of that many runs, a multiple of twenty."""
    seeds = list(range(1, runs // PER_SEED + 1))
    sweep = SWEEP | {"dataset": "dsprites_rendered", "seed": seeds, "tables": [TABLE]}
    return {"name": NAME, "metrics": dict.fromkeys(METRICS), "experiments": {EXPERIMENT: sweep}}


def write_results(folder: Path, study: Study) -> None:
    """The declared file of every dataset, targets, run and score index, and what Snakemake notes of
    their jobs.
    """
    draw = Random(0)
    for dataset_id, dataset in study.datasets.items():
        named = {"id": dataset_id, "spec": dataset.resolved(), **facts_of(dataset), **DATA}
        _write(folder, "dataset", paths.dataset(dataset_id), named, [], [study.spec(dataset_id)])
    for targets_id, targets in study.targets.items():
        named = {"id": targets_id, "spec": targets.resolved(), "shapes": {}, **DATA}
        parent = study.dataset_of_targets(targets_id)
        _write(
            folder, "targets", paths.targets(targets_id), named, [parent], [study.spec(targets_id)]
        )
    for run_id, run in study.runs.items():
        parents = [str(path) for path in study.parents(run_id).values()]
        _write(
            folder,
            "train",
            paths.run(run_id),
            record(run_id, run, draw),
            parents,
            [study.spec(run_id)],
        )
        inputs = [parents[0], paths.run(run_id)]
        params = [study.metric_specs, study.spec(run_id)]
        rows = index_rows(run, study.metrics, draw)
        scores.write_index(
            folder / paths.scores(run_id), run_id, CHECKSUM, ["color"], rows, EXECUTION
        )
        _mark(folder, "scores", paths.scores(run_id), inputs, params)


def record(run_id: str, run: Any, draw: Random) -> dict[str, Any]:
    """A run's record."""
    values = ("mse", "r2", "target_variance")
    losses = {
        part: {key: [draw.random() for _ in range(run.tasks.count)] for key in values}
        for part in ("train", "validation", "test")
    }
    networks = [{"network": name, "diverged": False, "losses": losses} for name in run.networks]
    files = {
        name: {"bytes": 1, "sha256": CHECKSUM}
        for name in ("codes.h5", "weights.safetensors", "history.csv")
    }
    named = {"id": run_id, "spec": run.resolved()}
    return named | {"result": {"networks": networks}, "execution": EXECUTION, "files": files}


def index_rows(run: Any, metrics: Iterable[Metric], draw: Random) -> list[dict[str, Any]]:
    """The rows of a run's score index."""
    return [
        {
            "transform": "none",
            "draw": 0,
            "metric_seed": metric.seed,
            "diverged": False,
            "error": "",
            "network": network,
            "metric": metric.name(),
            "settings": metric.settings_id,
            "key": key,
            "value": draw.random(),
        }
        for metric in sorted(metrics, key=identify)
        for network in run.networks
        for key in import_module(f"mtdis.metrics.{metric.name()}").KEYS
    ]


def _write(
    folder: Path,
    rule: str,
    output: str,
    content: dict[str, Any],
    inputs: list[str],
    params: list[str],
) -> None:
    path = folder / output
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sealed(content), encoding="utf-8")
    _mark(folder, rule, output, inputs, params)


def _mark(folder: Path, rule: str, output: str, inputs: list[str], params: list[str]) -> None:
    """Note, as Snakemake does, what made an output."""
    path = folder / output
    noted = {
        "rule": rule,
        "input": sorted(inputs),
        "params": sorted(repr(p) for p in params),
        "log": [],
        "shellcmd": "",
        "code": "",
        "record_format_version": 6,
        "conda_env": "",
        "container_img_url": None,
        "software_stack_hash": "d41d8cd98f00b204e9800998ecf8427e",
        "job_hash": 0,
        "starttime": path.stat().st_mtime,
        "endtime": path.stat().st_mtime,
        "incomplete": False,
        "external_jobid": None,
        "input_checksums": {},
    }
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    marker = Path(folder, ".snakemake/metadata", *("@" + part for part in parts[:-1]), parts[-1])
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(noted), encoding="utf-8")


def run(folder: Path, *words: str) -> Cost:
    """Run a command of this checkout on one thread."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return cost(folder, words, {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})


def snakemake(folder: Path, *words: str) -> Cost:
    """Run snakemake on this checkout's rules, by the default profile."""
    program = str(Path(sys.executable).with_name("snakemake"))
    return run(folder, program, "--snakefile", str(ROOT / "Snakefile"), "--cores", "2", *words)


def mtdis(folder: Path, *words: str) -> Cost:
    """Run a sub-command."""
    return run(folder, sys.executable, "-m", "mtdis.cli", *words)


def steps(folder: Path, runs: int) -> Iterator[tuple[str, Cost]]:
    """(step, cost) of a study that begins with nothing and ends finished."""
    (folder / "config.yaml").write_text(json.dumps(config(runs)), encoding="utf-8")
    yield "mtdis plan, nothing there", mtdis(folder, "plan")
    yield "snakemake -n, nothing there", snakemake(folder, "-n")
    run(
        folder, sys.executable, "-m", "benchmarks.scale", "--make", str(runs)
    )  # a child: ours must stay small
    first, second, *_ = json.loads(mtdis(folder, "plan", "--json").output)["runs"][EXPERIMENT]
    for step in QUICK:
        operands = {"show": [first], "diff": [first, second]}.get(step, [])
        yield f"mtdis {step}, all there", mtdis(folder, *step.split(), *operands)
    yield "mtdis tables --partial, all there", mtdis(folder, "tables", "--partial")
    table = paths.long_table(NAME, EXPERIMENT)
    yield (
        "mtdis long_table",
        mtdis(folder, "long_table", "--experiment", EXPERIMENT, "--out", table),
    )
    yield (
        "mtdis study_table",
        mtdis(folder, "study_table", "--long", table, "--out", paths.study_table(NAME)),
    )
    made = paths.table(NAME, EXPERIMENT, TABLE)
    yield (
        f"mtdis table, {TABLE}",
        mtdis(folder, "table", "--name", TABLE, "--long", table, "--out", made),
    )
    yield "snakemake -n, all there", _nothing(snakemake(folder, "-n"))
    yield "snakemake, nothing to be done", _nothing(snakemake(folder))


def _nothing(found: Cost) -> Cost:
    if "Nothing to be done" not in found.output:
        raise RuntimeError(f"something was to be done:\n{found.output[-3000:]}")
    return found


def main() -> None:
    """Print a table: a line per step, seconds and memory for each number of runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--runs", type=int, nargs="+", default=[100, 1000, 10_000], help="numbers of runs"
    )
    parser.add_argument(
        "--folder", type=Path, help="keep the studies here, in a folder per number of runs"
    )
    parser.add_argument(
        "--make",
        type=int,
        help="only write the results of a study of that many runs into this folder",
    )
    args = parser.parse_args()
    if args.make:
        write_results(Path(), Study.from_config(config(args.make)))
        return
    found: dict[str, dict[int, Cost]] = {}
    for runs in args.runs:
        folder = Path(tempfile.mkdtemp()) if args.folder is None else args.folder / str(runs)
        folder.mkdir(parents=True, exist_ok=True)
        for step, taken in steps(folder, runs):
            found.setdefault(step, {})[runs] = taken
            sys.stderr.write(f"{runs} {step}: {taken}\n")
        if args.folder is None:
            shutil.rmtree(folder)
    sys.stdout.write(as_table(found, args.runs))


def as_table(found: dict[str, dict[int, Cost]], runs: Sequence[int]) -> str:
    """A line per step: seconds and MiB, and milliseconds of CPU per run between the smallest and
    the largest study.
    """
    lines = [
        f"| step | {' | '.join(f'{n:,} runs' for n in runs)} | CPU ms per further run |",
        "|---" * (len(runs) + 2) + "|",
    ]
    for step, costs in found.items():
        cells = [str(costs[n]) for n in runs]
        slopes = [
            f"{1000 * (costs[b].cpu_seconds - costs[a].cpu_seconds) / (b - a):.2f}"
            for a, b in pairwise(runs)
        ]
        lines.append(f"| {step} | {' | '.join(cells)} | {', then '.join(slopes) or '–'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
