"""What an experiment adds to the product of its lists: `zip` advances fields together, `exclude`
takes points out.

Fields are written nested (`tasks: {count: 5}`) or dotted (`tasks.count: 5`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import Any

from mtdis.errors import ConfigError, unknown
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run
from mtdis.study import dataset_groups
from mtdis.study.sweep import merge

Point = tuple[str, Run]
"""A named setting and a run that it led to."""


def mappings(value: Any, where: str) -> dict[str, dict[str, Any]]:
    """Place → mapping of a list of mappings, of one alone, or of nothing (None).

    Dotted keys become nested ones.
    """
    if value is None:
        return {}
    placed = (
        {f"{where}.{i}": one for i, one in enumerate(value)}
        if isinstance(value, list)
        else {where: value}
    )
    for place, one in placed.items():
        if not isinstance(one, Mapping) or not one:
            raise ConfigError(f"{place}: a mapping of fields to values is needed; found {one!r}.")
        _once([path for path, _ in flatten(_text_keys(one))], place)
    return {place: nested(one) for place, one in placed.items()}


def nested(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """The same fields with dotted keys written as mappings."""
    inner = [
        (str(k).split("."), nested(v) if isinstance(v, Mapping) else v) for k, v in fields.items()
    ]
    return reduce(merge, (_nest(path, value) for path, value in inner), {})


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
    return {**fields, **{k: _advance(v, f"{where}.zip.{k}") for k, v in named.items()}}


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
    """Whether points with the override's values may have the wanted ones."""
    given = dict(flatten(over))
    return all(path not in given or _has(given[path], value) for path, value in flatten(wanted))


def _has(given: Any, wanted: Any) -> bool:
    """Whether a value of a config, which may be a list of several, stands for the wanted one among
    others.
    """
    values = given if isinstance(given, list) else [given]
    if any(isinstance(one, Mapping) for one in values):
        return True
    named = [_as_number(name) for one in values for name in dataset_groups.named(one)]
    return any(_is(one, wanted) for one in (given, *named))


def _as_number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def zipped(value: Any, beside: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The overlays that zips stand for, crossed with each other; a single empty one without zips.

    `beside` are the experiment's other fields: one that stands there and in a zip has two values, a
    ConfigError.
    """
    zips = mappings(value, where)
    _once(
        [".".join(path) for fields in (beside, *zips.values()) for path, _ in _leaves(fields)],
        where,
    )
    groups = [_advance(fields, place) for place, fields in zips.items()]
    return [reduce(merge, overlays, {}) for overlays in product(*groups)]


def without(
    points: Sequence[Point], excludes: Mapping[str, Mapping[str, Any]], where: str
) -> list[Point]:
    """The points that no exclude matches.

    ConfigError for an exclude that matches none, and if nothing is left.

    An exclude matches where all its fields are equal to the point's; a list in it means any of its
    values. A field that a point's kind doesn't read is equal to nothing.
    """
    chosen = [matching(points, wanted, place) for place, wanted in excludes.items()]
    kept = [point for i, point in enumerate(points) if not any(taken[i] for taken in chosen)]
    if not kept:
        raise ConfigError(
            f"{where}: all {len(points)} points are excluded; exclude fewer or take the experiment"
            " out."
        )
    return kept


def matching(points: Sequence[Point], wanted: Mapping[str, Any], where: str) -> list[bool]:
    """Which of the points have all of the wanted values; ConfigError if none has."""
    fields = dict(flatten(wanted))
    flat = [{"setting": setting} | dict(flatten(run.resolved())) for setting, run in points]
    chosen = [_matches(point, fields) for point in flat]
    if not any(chosen):
        raise ConfigError(f"{where}: {_nothing(flat, fields)} Mend it or take it out.")
    return chosen


def _text_keys(fields: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(k): _text_keys(v) if isinstance(v, Mapping) else v for k, v in fields.items()}


def _nest(path: Sequence[str], value: Any) -> dict[str, Any]:
    return {path[0]: _nest(path[1:], value) if len(path) > 1 else value}


def _leaves(
    fields: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in fields.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _once(paths: Sequence[str], where: str) -> None:
    for path in paths:
        if paths.count(path) > 1:
            raise ConfigError(
                f"{where}: '{path}' is given {paths.count(path)} times in the experiment; keep one."
            )


def _advance(fields: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    leaves = {".".join(path): (path, values) for path, values in _leaves(fields)}
    for name, (_, values) in leaves.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{where}.{name}: a zip needs a list of values; found {values!r}.")
    lengths = {name: len(values) for name, (_, values) in leaves.items()}
    if len(set(lengths.values())) > 1:
        named = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ConfigError(
            f"{where}: fields of a zip advance together and need lists of one length; {named}"
            " values."
        )
    (count,) = set(lengths.values())
    return [
        reduce(merge, (_nest(path, values[i]) for path, values in leaves.values()), {})
        for i in range(count)
    ]


def _matches(point: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(path in point and _is(point[path], value) for path, value in wanted.items())


def _is(found: Any, wanted: Any) -> bool:
    # The value of a field that is itself a list is one list; a list of lists is several such
    # values.
    several = isinstance(wanted, list) and (
        not isinstance(found, list) or any(isinstance(w, list) for w in wanted)
    )
    return any(_equal(found, one) for one in wanted) if several else _equal(found, wanted)


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, bool):
        return False  # Python's True is 1, a config's is refused as a number
    if isinstance(found, (int, float)) and isinstance(wanted, str):
        try:
            return found == float(wanted)  # YAML reads 1e-3 as text
        except ValueError:
            return False
    return bool(found == wanted)


def _nothing(points: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> str:
    """Why no point matches: a field that none has, a value that none has, or values that never
    meet.
    """
    for path, value in wanted.items():
        found = [point[path] for point in points if path in point]
        if not found:
            return (
                "no point has this field;"
                f" {unknown('field', path, {key for point in points for key in point})}"
            )
        if not any(_is(one, value) for one in found):
            values = ", ".join(dict.fromkeys(map(str, found)))
            return f"no point has {path} {value!r}; the points have {values}."
    together = ", ".join(f"{path} {value!r}" for path, value in wanted.items())
    return f"there are points with each of {together}, but none with all of them."
