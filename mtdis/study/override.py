"""Fields laid over a whole experiment: what its zips, rules and excludes still mean then."""

from collections.abc import Mapping
from typing import Any

from mtdis.specs.ids import flatten
from mtdis.study import dataset_groups
from mtdis.study.combine import advance, is_among, mappings, nested
from mtdis.study.sweep import merge


def overridden(body: Mapping[str, Any], over: Mapping[str, Any], where: str) -> dict[str, Any]:
    """An experiment with fields laid over it and over its includes.

    Its zips and rules no longer give these fields.

    A rule or an exclude for values that the override replaces has no point left and goes.
    """
    if not over:
        return dict(body)
    fields = nested(over)
    zips, rules, included, excludes = (
        list(mappings(body.get(k), f"{where}.{k}").values())
        for k in ("zip", "when", "include", "exclude")
    )
    combined = {
        "zip": [_yielding(_whole(one, where), fields) for one in zips],
        "when": [_rule(one, fields) for one in rules],
        "include": [merge(one, fields) for one in included],
        "exclude": [one for one in excludes if _may_match(one, fields)],
    }
    left = {key: [one for one in each if one] for key, each in combined.items()}
    own = {k: v for k, v in body.items() if k not in combined}
    return merge(own, fields) | {key: each for key, each in left.items() if each}


def _whole(fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A zip in which what has names (of datasets) is a list of mappings, each of which can be laid
    over.
    """
    named = {k: v for k, v in fields.items() if isinstance(v, Mapping) and "name" in v}
    return {**fields, **{k: advance(v, f"{where}.zip.{k}") for k, v in named.items()}}


def _rule(rule: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of `when` without what is overridden; empty if it would change nothing."""
    wanted, then = rule.get("if"), rule.get("then")
    if not isinstance(wanted, Mapping) or not isinstance(then, Mapping):
        return dict(rule)  # refused where rules are applied
    left = _yielding(then, over) if _may_match(wanted, over) else {}
    return {**rule, "then": left} if left else {}


def _yielding(fields: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The fields less those that are overridden.

    Over a thing that they name, the override is laid.
    """
    left: dict[str, Any] = {}
    for key, value in fields.items():
        above = over.get(key)
        if key not in over:
            left[key] = value
        elif not isinstance(above, Mapping) or "name" in above:
            continue
        elif not isinstance(value, Mapping) or "name" in value:
            left |= merge({key: value}, {key: above})
        elif inner := _yielding(value, above):
            left[key] = inner
    return left


def _may_match(wanted: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    """Return whether points with the override's values may have the wanted ones."""
    given = dict(flatten(over))
    return all(path not in given or _has(given[path], value) for path, value in flatten(wanted))


def _has(given: Any, wanted: Any) -> bool:
    """Return whether a value of a config, which may be a list of several, stands for the wanted one
    among others.
    """
    values = given if isinstance(given, list) else [given]
    if any(isinstance(one, Mapping) for one in values):
        return True
    named = [_as_number(name) for one in values for name in dataset_groups.named(one)]
    return any(is_among(one, wanted) for one in (given, *named))


def _as_number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
