"""`when`: fields of an experiment that take other values at some of its points, such as those of
one dataset.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtdis.errors import ConfigError, check_known, cut
from mtdis.specs.base import Spec
from mtdis.specs.run import Run
from mtdis.study import combine, sweep
from mtdis.study.combine import Point

PARTS = ("if", "then")
FIXED = ("kind", "setting")
"""What a rule can ask for but not change: a point's other fields follow from these."""


def apply_rules(points: Sequence[Point], rules: Any, known: set[str], where: str) -> list[Point]:
    """The points after each rule in turn; a list in `then` sweeps.

    ConfigError for a rule that changes nothing.
    """
    found = list(points)
    for place, rule in combine.mappings(rules, where).items():
        wanted, then = _parts(rule, known, place)
        chosen = combine.matching(found, wanted, f"{place}.if")
        _is_read(
            then,
            [run for (_, run), taken in zip(found, chosen, strict=True) if taken],
            f"{place}.then",
        )
        found = [
            new
            for point, taken in zip(found, chosen, strict=True)
            for new in _with(point, taken, then, place)
        ]
    return found


def _parts(
    rule: Mapping[str, Any], known: set[str], where: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that a point must have, and those that it gets."""
    check_known(rule, PARTS, where)
    for part in PARTS:
        if not isinstance(rule.get(part), Mapping) or not rule[part]:
            raise ConfigError(
                f"{where}.{part}: a rule is of the form "
                "{if: {dataset: mpi3d_real_rendered}, then: {epochs: 400}}; "
                f"found {cut(rule.get(part))}."
            )
        check_known(rule[part], known, f"{where}.{part}")
    if fixed := [field for field in FIXED if field in rule["then"]]:
        raise ConfigError(
            f"{where}.then.{fixed[0]}: a rule can't change it; ask for it in `if`, or add an"
            " include."
        )
    return dict(rule["if"]), dict(rule["then"])


def _is_read(then: Mapping[str, Any], runs: Sequence[Run], where: str) -> None:
    for field in then:
        if not any(field in type(run).model_fields for run in runs):
            kinds = ", ".join(dict.fromkeys(run.name() for run in runs))
            raise ConfigError(
                f"{where}.{field}: none of the points that it is for reads it; they are of kind"
                f" {kinds}."
            )


def _with(point: Point, taken: bool, then: Mapping[str, Any], where: str) -> Iterator[Point]:
    setting, run = point
    if not taken:
        yield point
        return
    cls = type(run)
    fields = sweep.merge(_written(run), {k: v for k, v in then.items() if k in cls.model_fields})
    for new in sweep.points(cls, fields, f"{where}.then"):
        yield setting, cls.parse(new, f"{where}.then")


def _written(spec: Spec) -> dict[str, Any]:
    """A spec's fields as a config writes them: without versions, which no config may name."""
    fields = {k: v for k, v in spec.elided().items() if k in type(spec).model_fields}
    inner = {k: getattr(spec, k) for k in fields}
    return {
        k: _named(one) | _written(one) if isinstance(one, Spec) else fields[k]
        for k, one in inner.items()
    }


def _named(spec: Spec) -> dict[str, str]:
    return {spec.named: spec.name()} if spec.named else {}
