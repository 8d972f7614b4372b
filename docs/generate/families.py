"""The pages of datasets, model kinds, metrics and stages: what several share once, then each."""

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from docs.generate.fields import HEAD, Row, cell, rows, table
from mtdis.discover import members
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study.stages import PARENT

SHARED = 3
"""Members that have a field alike before it stands in the common table."""
FAMILIES: dict[type[Spec], tuple[str, str]] = {
    Dataset: (
        "Fields of datasets",
        "`dataset: NAME` takes the defaults, `dataset: {name: NAME, …}` sets fields; what each is"
        " stands in [datasets](../datasets.md).",
    ),
    Run: (
        "Fields of model kinds",
        "`kind: NAME` in an experiment, with these fields beside it. Every field takes a list,"
        " which is a sweep; a field that a kind does not read is dropped for it, and `mtdis plan`"
        " says so.",
    ),
    Metric: (
        "Fields of metrics",
        "`metrics: {NAME: {…}}` at the top of a config. Every field takes a list. What each"
        " measures stands in [its card](../metrics/index.md).",
    ),
    Stage: (
        "Fields of stages",
        "`stages: {NAME: {…}}` in an experiment: what is computed on finished runs. Every field"
        " takes a list.",
    ),
}
"""Family: title and introduction of its page."""


def page(family: type[Spec]) -> str:
    """The page of a family."""
    title, introduction = FAMILIES[family]
    found = {name: family.member(name) for name in members(family.family)}
    filled = PARENT if family is Stage else ()
    own = {name: rows(spec, filled) for name, spec in found.items()}
    common = _common(own)
    parts = [f"# {title}", introduction]
    if common:
        lines = [(*row, _who(common[row], list(found))) for row in common]
        parts += ["## Fields that several have", table((*HEAD, "of"), lines)]
    for name, spec in found.items():
        parts += list(_section(name, spec, own[name], common))
    return "\n\n".join(parts) + "\n"


def _common(own: Mapping[str, Sequence[Row]]) -> dict[Row, list[str]]:
    """The fields that several members have alike, and these members."""
    counts = Counter(row for lines in own.values() for row in lines)
    shared = [row for row, count in counts.items() if count >= SHARED]
    return {row: [name for name, lines in own.items() if row in lines] for row in shared}


def _who(having: Sequence[str], everyone: Sequence[str]) -> str:
    without = [name for name in everyone if name not in having]
    if not without:
        return "all"
    if len(without) < len(having):
        return f"all but {', '.join(without)}"
    return ", ".join(having)


def _section(
    name: str, spec: type[Spec], lines: Sequence[Row], common: Mapping[Row, list[str]]
) -> Iterator[str]:
    yield f"## {name}"
    yield cell(inspect.cleandoc(spec.__doc__ or ""))
    alone = [row for row in lines if row not in common]
    if alone:
        yield table(HEAD, alone)
    if shared := [row.field for row in lines if row in common]:
        yield f"{'And' if alone else 'Fields'}, above: {', '.join(shared)}."
    elif not alone:
        yield "No fields."
