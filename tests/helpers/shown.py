"""What the contracts of tables and figures are given: synthetic long tables and stage results for
any module.
"""

from functools import cache
from typing import Any

import pandas as pd
import pytest
from helpers.calibration import calibrated
from helpers.long_table import EVERY_KIND, HEADLINE, KEYS, make_long_table, with_losses
from helpers.stage_results import MAKERS, examples

from mtdis.discover import constant, load, names
from mtdis.specs.run import Run

IDENTIFIER = r"\w*[a-z]_\w+|\b[a-z]+\.[a-z]\w*|\w+=\S*"
"""What no reader should meet: names of columns, fields and modules."""
PLAIN, STAGED = "plain", "stages"
SEEDS = (0, 1)
LOST = (("multi_head", "shared", 0), ("single_task", "task2", 1), ("vae", "shared", 0))
CASES: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "three datasets": {"datasets": ("dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered")},
    "one seed": {"seeds": (7,)},
    "diverged": {"diverged": LOST},
    "variants": {"learning_rates": (0.001, 0.0001)},
    "counts": {"tasks": (1, 2, 12)},
    "subsets": {"subsets": ("halves", "all", "random")},
    "failed": {
        "failed": (
            ("multi_head", "factor_vae"),
            ("single_task", "dci"),
            ("one_head", "dci"),
            ("vae", "mig"),
        )
    },
    "comparable": {"datasets": ("dsprites",), "unlike_paper": ""},
    "unpublished": {"datasets": ("cars",)},
}
OF_KIND = ("one kind", "one panel", "all diverged")
"""Cases that depend on what a module shows: the last of its kinds alone, or diverged with all
networks and seeds.
"""
COMPARING = ("one kind", "one panel")
"""Those that a module with the constant READS_CLAIMS is spared: a claim compares two kinds; and
one with COMPARES_SCORES, two scores.
"""
SWEPT: dict[Any, dict[str, Any]] = {
    0: {},
    1: {"learning_rates": (0.01, 0.001)},
    2: {"learning_rates": (0.01, 0.001), "tasks": (1, 4)},
    "tasks.count": {"tasks": (1, 4)},
    "tasks.subsets": {"subsets": ("halves", "all")},
}
"""What a module with this constant SWEEPS (True is 1) is given beside a case."""
SWEPT_BESIDE: dict[tuple[Any, str], dict[str, Any]] = {
    (1, "variants"): {"tasks": (1, 4)},
    (2, "variants"): {"tasks": (1, 2, 4), "subsets": ("all", "halves", "random")},
}
"""Instead of it, beside a case whose variants are other fields'."""
TWO = ("eval_accuracy", "completeness")  # keys enough where the number of panels does not matter


def every(package: str, constant_name: str) -> list[str]:
    """Names of the modules of a package that have this constant."""
    return [name for name in names(package) if constant(package, name, constant_name) is not None]


def shown(package: str) -> list[tuple[str, str]]:
    """(module, case) of everything that a package's modules must show."""
    staged = every(package, "STAGES")
    comparing = [*every(package, "READS_CLAIMS"), *every(package, "COMPARES_SCORES")]
    return [
        (name, case)
        for name in names(package)
        for case in ((STAGED,) if name in staged else (*CASES, *OF_KIND))
        if name not in comparing or case not in COMPARING
    ]


def unstaged(package: str) -> list[str]:
    """Names of the modules of a package that need the long table only."""
    return [name for name in names(package) if name not in every(package, "STAGES")]


def arguments(package: str, name: str, case: str, few: bool = False) -> tuple[Any, ...]:
    """What a module's `make` or `draw` is called with, new each time.

    `few`: with two scores where it matters not.
    """
    if case == STAGED:
        kinds = constant(package, name, "STAGES")
        if unknown := [kind for kind in kinds if kind not in MAKERS]:
            pytest.skip(f"tests/helpers/stage_results.py has no examples of {unknown[0]}")
        return _frame("", PLAIN).copy(), [result for kind in kinds for result in examples(kind)]
    field = constant(package, name, "READS")
    shows = [
        kind
        for kind in constant(package, name, "KINDS") or EVERY_KIND
        if field is None or field in Run.member(kind).model_fields
    ]
    metrics = constant(package, name, "METRICS")
    keys = tuple(k for k, (metric, _) in KEYS.items() if metrics is None or metric in metrics)
    sweeps = constant(package, name, "SWEEPS") or 0
    if sweeps == 2:  # kinds that read both fields
        shows = [kind for kind in shows if kind in HEADLINE[1:]]
    if case == "one panel" or ((few or sweeps) and case != PLAIN):
        keys = tuple(key for key in TWO if key in keys) or keys
    kind = shows[-1] if case in OF_KIND else ""
    frame = _frame(kind, case, keys[:1] if case == "one panel" else keys, sweeps).copy()
    if constant(package, name, "SHOWS_CALIBRATION"):
        frame, _ = calibrated(frame)
    return (frame,)


def module(package: str, name: str) -> Any:
    """A table's or figure's module."""
    return load(package, name, "module")


@cache
def _frame(
    kind: str, case: str, keys: tuple[str, ...] = tuple(KEYS), sweeps: Any = 0
) -> pd.DataFrame:
    """The long table of a case; `kind` is the one that cases OF_KIND are about. One that `sweeps`
    has several values of so many fields, of another one where the case has that already.
    """
    if sweeps not in SWEPT:
        return _doubled(_frame(kind, case, keys), f"spec.{sweeps}")
    swept = SWEPT_BESIDE.get((sweeps, case), SWEPT[sweeps]) | CASES.get(case, {})
    if case == "all diverged":
        networks = [f"task{t}" for t in range(1, 5)] if kind == "single_task" else ["shared"]
        lost = [(kind, network, seed) for network in networks for seed in SEEDS]
        return with_losses(
            make_long_table(kinds=EVERY_KIND, keys=keys, diverged=(*LOST, *lost), **swept)
        )
    kinds = (kind,) if kind else EVERY_KIND
    return with_losses(make_long_table(kinds=kinds, keys=keys, **swept))


def _doubled(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The table twice, the second time of other runs with another value in a column."""
    first = frame.assign(**{column: frame.get(column, 1)})
    second = first.assign(run=first["run"] + "+other", **{column: first[column] * 2})
    return pd.concat([first, second])
