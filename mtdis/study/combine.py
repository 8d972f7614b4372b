"""Changes that an experiment makes to the product of its lists: `zip` advances fields together,
`exclude` takes points out.

Fields are written nested (`tasks: {count: 5}`) or dotted (`tasks.count: 5`).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from math import prod
from typing import Any

from mtdis.errors import ConfigError, cut, unknown
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run
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
            raise ConfigError(
                f"{place}: a mapping of fields to values is needed; found {cut(one)}."
            )
        _once([path for path, _ in flatten(_text_keys(one))], place)
    return {place: nested(one) for place, one in placed.items()}


def nested(fields: Mapping[Any, Any]) -> dict[str, Any]:
    """The same fields with dotted keys written as mappings."""
    inner = [
        (str(k).split("."), nested(v) if isinstance(v, Mapping) else v) for k, v in fields.items()
    ]
    return reduce(merge, (_nest(path, value) for path, value in inner), {})


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
    groups = [advance(fields, place) for place, fields in zips.items()]
    return [reduce(merge, overlays, {}) for overlays in product(*groups)]


def count_zipped(value: Any, where: str) -> int:
    """The number of overlays that zips stand for, found without making them."""
    zips = mappings(value, where)
    lengths = [[len(v) for _, v in _leaves(one) if isinstance(v, list)] for one in zips.values()]
    return prod(max(each, default=1) for each in lengths)


def excluded(
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
    """The points that have all of the wanted values; ConfigError if none has."""
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


def advance(fields: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """The overlays of one zip: the first values of all its fields, then the second, and so on.

    ConfigError unless all are lists of one length.
    """
    leaves = {".".join(path): (path, values) for path, values in _leaves(fields)}
    for name, (_, values) in leaves.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{where}.{name}: a zip needs a list of values; found {cut(values)}.")
    if not leaves:
        raise ConfigError(f"{where}: a zip needs lists of values; found {cut(dict(fields))}.")
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
    return all(path in point and is_among(point[path], value) for path, value in wanted.items())


def is_among(found: Any, wanted: Any) -> bool:
    """True if a field's value is the wanted one, or one of a list of wanted ones."""
    # The value of a field that is itself a list is one list; a list of lists is several such.
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
    """The reason why no point matches: a field that none has, a value that none has, or values that
    never meet.
    """
    for path, value in wanted.items():
        found = [point[path] for point in points if path in point]
        if not found:
            return (
                "no point has this field;"
                f" {unknown('field', path, {key for point in points for key in point})}"
            )
        if not any(is_among(one, value) for one in found):
            values = ", ".join(dict.fromkeys(map(str, found)))
            return f"no point has {path} {value!r}; the points have {values}."
    together = ", ".join(f"{path} {value!r}" for path, value in wanted.items())
    return f"there are points with each of {together}, but none with all of them."
