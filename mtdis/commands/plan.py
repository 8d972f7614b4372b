"""Show what a study asks for: runs per experiment and in total that are wanted, finished, missing and shared."""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.command_line import add_study, study_of
from mtdis.specs.run import Run, TrainedRun
from mtdis.study import Study

COLUMNS = ("wanted", "finished", "missing", "shared", "networks", "trained", "stages")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, with the id of every run")


def run(args: Namespace) -> None:
    """Print the plan."""
    plan = make_plan(study_of(args), Path())
    print(json.dumps(plan, indent=1) if args.json else as_text(plan))


def make_plan(study: Study, folder: Path) -> dict[str, Any]:
    """Counts per experiment and in total, what was dropped, the disk that codes and images take, and the runs."""
    uses = Counter(run_id for e in study.experiments for run_id in study.run_ids(e))
    done = {run_id for run_id in study.runs if (folder / paths.run(run_id)).exists()}
    experiments = {e: _counts(study, study.run_ids(e), done, uses, len(x.stages)) for e, x in study.experiments.items()}
    return {
        "study": study.name,
        "experiments": experiments,
        "total": _counts(study, list(study.runs), done, uses, len(study.stages)),
        "dropped": {e: dict(x.dropped) for e, x in study.experiments.items() if x.dropped},
        "bytes": {"codes": sum(map(_code_bytes, study.runs.values())), "images": _image_bytes(study)},
        "runs": {e: study.run_ids(e) for e in study.experiments},
    }


def _counts(study: Study, run_ids: list[str], done: set[str], uses: Counter[str], stages: int) -> dict[str, int]:
    finished = sum(run_id in done for run_id in run_ids)
    return {
        "wanted": len(run_ids),
        "finished": finished,
        "missing": len(run_ids) - finished,
        "shared": sum(uses[run_id] > 1 for run_id in run_ids),
        "networks": sum(study.networks(run_id) for run_id in run_ids),
        "trained": sum(study.networks(i) for i in run_ids if isinstance(study.runs[i], TrainedRun)),
        "stages": stages,
    }


def _code_bytes(run: Run) -> int:
    rows = run.dataset.grid.count
    kept = {"all": rows, "test": rows // 8, "sample": min(rows, 20_000)}[run.keep_codes]
    return kept * (8 + 4 * run.code_count * len(run.networks))


def _image_bytes(study: Study) -> int:
    return sum(d.grid.count * d.image_shape[0] * d.image_shape[1] * d.channels for d in study.datasets.values())


def as_text(plan: dict[str, Any]) -> str:
    """The plan as a table for people."""
    width = max(map(len, ["experiment", *plan["experiments"]]))
    lines = [f"{'experiment':<{width}}" + "".join(f"{c:>10}" for c in COLUMNS)]
    for name, counts in [*plan["experiments"].items(), ("total", plan["total"])]:
        lines.append(f"{name:<{width}}" + "".join(f"{counts[c]:>10,}" for c in COLUMNS))
    for experiment, kinds in plan["dropped"].items():
        lines += [f"{experiment}: {kind} does not read {', '.join(fields)}" for kind, fields in kinds.items()]
    size = plan["bytes"]
    lines.append(f"disk: images {size['images'] / 2**30:.2f} GiB, codes {size['codes'] / 2**30:.2f} GiB")
    return "\n".join(lines)
