"""The plan of a study: what it wants, what of it is there, and what the rest will cost."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtdis.errors import ConfigError
from mtdis.operations import inventory, outstanding
from mtdis.operations.forecast import Rate, code_bytes, forecast, image_bytes, unjudged
from mtdis.operations.inventory import DIVERGED, FINISHED, STALE, Found
from mtdis.specs.expectation import counts, counts_text, symmetry, unmet
from mtdis.specs.genuine import downloads_of
from mtdis.specs.ids import canonical
from mtdis.specs.run import Run, TrainedRun
from mtdis.study import Study
from mtdis.study.advice import notes, suggestions

PILOT_SECONDS = 30.0
"""Of training, shared among the kinds without a finished run."""


def make_plan(
    study: Study, folder: Path, *, hours: bool = False, pilot: bool = False
) -> dict[str, Any]:
    """Counts of runs and of the scores they lack per experiment and in total, what was dropped,
    disk, the terms of downloads, what outputs would not show of swept fields and which would, what
    theory expects of each kind, and the runs; with `hours` the forecast, with `pilot` that of kinds
    without a finished run, too.
    """
    found = inventory.runs(study, folder)
    new = {
        "new_scores": outstanding.scores(study, folder, found),
        "new_calibrations": outstanding.calibrations(study, folder, found),
    }
    uses = Counter(run_id for e in study.experiments for run_id in study.run_ids(e))
    each = {e: (study.run_ids(e), len(x.stages)) for e, x in study.experiments.items()}
    plan = {
        "study": study.name,
        "experiments": {
            e: _counts(study, ids, found, uses, stages) | _sums(new, ids)
            for e, (ids, stages) in each.items()
        },
        "total": _counts(study, list(study.runs), found, uses, len(study.stages))
        | _sums(new, study.runs),
        "dropped": {e: dict(x.dropped) for e, x in study.experiments.items() if x.dropped},
        "bytes": {
            "codes": sum(map(code_bytes, study.runs.values())),
            "images": sum(map(image_bytes, study.datasets.values())),
        },
        "stale": {i: one.problem for i, one in found.items() if one.standing == STALE},
        "diverged": {
            i: inventory.diverged(one.record)
            for i, one in found.items()
            if one.standing == DIVERGED
        },
        "downloads": {
            name: {"licence": d.licence, "citation": d.citation}
            for name, d in downloads_of(study.datasets.values()).items()
        },
        "notes": {e: said for e, x in study.experiments.items() if (said := notes(x))},
        "suggested": {e: more for e, x in study.experiments.items() if (more := suggestions(x))},
        "expected": {e: _expected(x.runs) for e, x in study.experiments.items()},
        "runs": {e: ids for e, (ids, _) in each.items()},
    }
    if not hours:
        return plan
    runs = unjudged(study, found) if pilot else []
    rates = {run.name(): _pilot(run, PILOT_SECONDS / len(runs)) for run in runs}
    stages = inventory.stages(study, folder)
    return plan | {"forecast": forecast(study, found, stages, folder, rates)}


def _counts(
    study: Study,
    run_ids: Sequence[str],
    found: Mapping[str, Found],
    uses: Mapping[str, int],
    stages: int,
) -> dict[str, int]:
    standing = Counter(found[run_id].standing for run_id in run_ids)
    finished = sum(standing[name] for name in FINISHED)
    return {
        "wanted": len(run_ids),
        "finished": finished,
        "missing": len(run_ids) - finished - standing[STALE],
        "shared": sum(uses[run_id] > 1 for run_id in run_ids),
        "networks": sum(len(study.runs[run_id].networks) for run_id in run_ids),
        "trained": sum(
            len(study.runs[i].networks) for i in run_ids if isinstance(study.runs[i], TrainedRun)
        ),
        "stages": stages,
        "stale": standing[STALE],
        "diverged": standing[DIVERGED],
    }


def _sums(new: Mapping[str, Mapping[str, int]], run_ids: Iterable[str]) -> dict[str, int]:
    """What runs lack of each, in total."""
    ids = list(run_ids)
    return {what: sum(counts[i] for i in ids) for what, counts in new.items()}


def _expected(runs: Sequence[Run]) -> dict[str, dict[str, list[str]]]:
    """What theory expects of each kind: the symmetries of its runs, the counts of tasks, and which
    conditions these do not meet, each once.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        said = found.setdefault(run.name(), {"symmetry": [], "counts": [], "unmet": []})
        said["symmetry"].append(symmetry(run))
        if numbers := counts(run):
            said["counts"].append(counts_text(numbers))
            said["unmet"] += unmet(numbers)
    return {
        kind: {what: list(dict.fromkeys(each)) for what, each in said.items()}
        for kind, said in found.items()
    }


def _pilot(run: Run, seconds: float) -> Rate:
    """The rate of a run's kind by a child process, which imports torch."""
    command = [
        sys.executable,
        "-m",
        "mtdis.cli",
        "pilot",
        "--spec",
        canonical(run),
        "--seconds",
        str(seconds),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ConfigError(
            f"the pilot of {run.name()} failed (see above); leave --pilot out or mend what it says."
        )
    said = json.loads(done.stdout)
    height, width, _ = run.dataset.image_shape
    return Rate(said["seconds"] / (said["images"] * height * width), said["device"], 0)
