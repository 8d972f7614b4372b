"""The claims of an experiment, checked before anything is run: their families are fixed then."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mtdis.discover import members
from mtdis.errors import ConfigError, cut, unknown
from mtdis.specs.claim import PAPER, Claim
from mtdis.specs.ids import flatten
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run

COMPARING = ("higher", "every_task", "beyond_spread", "codes_help")
"""Tests of a kind against another one."""
ALONG = ("trend", "schemes")
"""Tests along a field."""
OF_SINGLE_TASKS = ("every_task", "beyond_spread")


def claims(
    settings: Any, runs: Sequence[Run], metrics: Iterable[str], where: str
) -> dict[str, Claim]:
    """The claims that an experiment names; ConfigError for what it can't test.

    Empty without any: its table then tests those of the paper that it has runs for.
    """
    if settings is None:
        if not any(_has_runs(claim, runs) for claim in PAPER.values()):
            raise ConfigError(
                f"{where}: the experiment has the runs of none of {', '.join(PAPER)}; add a kind to"
                " compare with or several values of a field, or name claims of your own."
            )
        return {}
    if not isinstance(settings, Mapping) or not settings:
        raise ConfigError(
            f"{where}: a mapping from a claim's name to its fields is needed, such as"
            f" {{{next(iter(PAPER))}: {{}}}}; found {cut(settings)}."
        )
    found = {name: _claim(name, fields, f"{where}.{name}") for name, fields in settings.items()}
    for name, claim in found.items():
        _check_kinds(claim, {run.name() for run in runs}, f"{where}.{name}")
        _check_field(claim, runs, f"{where}.{name}")
        _check_keys(claim.keys, set(metrics), f"{where}.{name}.keys")
    return found


def _has_runs(claim: Claim, runs: Sequence[Run]) -> bool:
    """Return whether there is what a claim contrasts."""
    if claim.test == "above_chance":  # that rests on calibration
        return False
    try:
        _check_kinds(claim, {run.name() for run in runs}, "")
        _check_field(claim, runs, "")
    except ConfigError:
        return False
    return True


def _claim(name: str, fields: Any, where: str) -> Claim:
    """A claim of the paper with these fields laid over it, or one of its own."""
    if not isinstance(fields, Mapping | None):
        raise ConfigError(f"{where}: a mapping is needed; found {cut(fields)}.")
    if name not in PAPER and "test" not in (fields or {}):
        raise ConfigError(
            f"{where}: {unknown('claim', name, PAPER)} A claim of your own needs a test."
        )
    known = PAPER[name].elided() if name in PAPER else {}
    return Claim.parse(known | dict(fields or {}), where)


def _check_kinds(claim: Claim, kinds: Collection[str], where: str) -> None:
    """ConfigError for a kind that the experiment does not have, or that the test does not take."""
    if bool(claim.than) != (claim.test in COMPARING):
        need = "needs than, a kind" if claim.test in COMPARING else "compares with no other kind"
        raise ConfigError(f"{where}.than: the test {claim.test} {need}; found {cut(claim.than)}.")
    if claim.test in OF_SINGLE_TASKS and claim.than != "single_task":
        raise ConfigError(
            f"{where}.than: the test {claim.test} is against single_task; found {cut(claim.than)}."
        )
    for key in ("kind", "than"):
        if (kind := getattr(claim, key)) and kind not in kinds:
            known = unknown("kind", kind, kinds if kind in members("models") else members("models"))
            raise ConfigError(f"{where}.{key}: the experiment has no such runs: {known}")


def _check_field(claim: Claim, runs: Sequence[Run], where: str) -> None:
    """ConfigError for a field that the kind's runs do not sweep, or a reference that none has."""
    if claim.test not in ALONG:
        for key in ("field", "reference"):
            if value := getattr(claim, key):
                raise ConfigError(
                    f"{where}.{key}: the test {claim.test} has none; found {cut(value)}."
                )
        return
    swept: dict[str, dict[str, None]] = {}
    for run in runs:
        for field, value in flatten(run.resolved()) if run.name() == claim.kind else ():
            swept.setdefault(field, {})[str(value)] = None
    several = [field for field, values in swept.items() if len(values) > 1 and field != "seed"]
    if claim.field not in several:
        raise ConfigError(
            f"{where}.field: {unknown('swept field', claim.field, several)} Give the field several"
            " values in the experiment."
        )
    values = swept[claim.field]
    if claim.test == "schemes" and claim.reference not in values:
        raise ConfigError(f"{where}.reference: {unknown('value', claim.reference, values)}")


def _check_keys(keys: Sequence[str], metrics: Collection[str], where: str) -> None:
    """ConfigError for a score that the study has not, or of which neither end is the best."""
    for text in keys:
        metric, _, key = text.partition(".")
        if metric not in metrics:
            raise ConfigError(f"{where}: {unknown('metric of the study', metric, metrics)}")
        ranked = {k for k, v in Metric.member(metric).shown.items() if v.best != "neither"}
        if key not in ranked:
            raise ConfigError(f"{where}: {unknown(f'key of {metric}', key, ranked)}")
