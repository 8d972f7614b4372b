"""The points that an experiment's fields stand for: the product of its lists and zips, less its
excludes, and its includes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mtdis.discover import check_spec, members
from mtdis.errors import ConfigError, check_distinct, check_known, cut, unknown
from mtdis.specs.run import Run
from mtdis.specs.settings import SETTINGS
from mtdis.study import combine, conditions, sweep

SELECTORS = ("kind", "setting")
COMBINATIONS = ("zip", "when", "include", "exclude")

Dropped = dict[str, tuple[str, ...]]
"""Kind → the fields that it doesn't read."""


def experiment(
    body: Mapping[str, Any], defaults: Mapping[str, Any], limit: int, where: str
) -> tuple[list[combine.Point], Dropped]:
    """(setting, run) of each point of an experiment, in order, and the fields that each kind
    doesn't read.

    Rules of `when` and excludes, in this order, change points of the product only: an include adds
    its points as they stand. ConfigError for more than `limit` points, before any is made.
    """
    own = _without(body, COMBINATIONS)
    includes = combine.mappings(body.get("include"), f"{where}.include").values()
    wholes = [sweep.merge(sweep.merge(defaults, own), over) for over in ({}, *includes)]
    most = sum(map(_count, wholes)) * combine.count_zipped(body.get("zip"), f"{where}.zip")
    sweep.check_limit(most, limit, where)
    points, dropped = _product(own, defaults, body.get("zip"), where)
    points = conditions.apply_rules(points, body.get("when"), point_fields(), f"{where}.when")
    excludes = _combination(body, "exclude", where)
    points = combine.excluded(points, excludes, f"{where}.exclude")
    for place, over in _combination(body, "include", where).items():
        more, unread = _included(over, own, defaults, place)
        points, dropped = [*points, *more], _union(dropped, unread)
    return points, dropped


def _count(fields: Mapping[str, Any]) -> int:
    """The number of points that fields without zips stand for, wrong ones aside."""
    given = fields.get("kind")
    kinds = [k for k in (given if isinstance(given, list) else [given]) if k in members("models")]
    setting = fields.get("setting")
    settings = len(setting) if isinstance(setting, list) else 1
    return settings * sum(sweep.count_points(Run.member(kind), fields) for kind in kinds)


def point_fields() -> set[str]:
    """The fields that the points of an experiment may be given: those of all kinds, and `kind` and
    `setting`.
    """
    return {*_annotations(), *SELECTORS}


def _combination(body: Mapping[str, Any], key: str, where: str) -> dict[str, dict[str, Any]]:
    placed = combine.mappings(body.get(key), f"{where}.{key}")
    for place, given in placed.items():
        check_known(given, point_fields(), place)
    return placed


def _product(
    own: Mapping[str, Any], defaults: Mapping[str, Any], zips: Any, where: str
) -> tuple[list[combine.Point], Dropped]:
    """The points of an experiment's lists crossed with its zips, and what each kind doesn't
    read.
    """
    overlays = combine.zipped(zips, own, f"{where}.zip")
    check_known(overlays[0], point_fields(), f"{where}.zip")
    bodies = [sweep.merge(own, over) for over in overlays]
    merged = [sweep.merge(defaults, body) for body in bodies]
    kinds = tuple(dict.fromkeys(kind for each in merged for kind in _kinds(each, where)))
    for over in overlays:
        for key in _without(over, SELECTORS):
            if not _readers(key, kinds):
                raise _unread(key, [o[key] for o in overlays], kinds, f"{where}.zip")
    for each in merged:
        _each_sweep_is_read(_without(each, SELECTORS), kinds, where)
    dropped = [_dropped(each, where) for each in merged]
    return [p for body in bodies for p in _points(body, defaults, where)], _union(*dropped)


def _included(
    over: Mapping[str, Any], own: Mapping[str, Any], defaults: Mapping[str, Any], where: str
) -> tuple[list[combine.Point], Dropped]:
    """The points of an include, laid over the experiment's fields that don't sweep, and what kinds
    don't read.
    """
    common = sweep.singles(_annotations(), defaults)
    body = sweep.merge(sweep.singles(_annotations(), own), over)
    merged = sweep.merge(common, body)
    _each_sweep_is_read(_without(merged, SELECTORS), _kinds(merged, where), where)
    return _points(body, common, where), _dropped(merged, where)


def _points(
    body: Mapping[str, Any], defaults: Mapping[str, Any], where: str
) -> list[combine.Point]:
    """(setting, run) of each setting, kind and combination of values.

    A setting lies between defaults and body.
    """
    merged, points = sweep.merge(defaults, body), []
    for setting in names(merged.get("setting", "paper"), f"{where}.setting", "setting", SETTINGS):
        chosen = sweep.merge(sweep.merge(defaults, SETTINGS[setting]), body)
        points += [
            (setting, run) for kind in _kinds(merged, where) for run in _runs(kind, chosen, where)
        ]
    return points


def _kinds(fields: Mapping[str, Any], where: str) -> tuple[str, ...]:
    wanted = fields.get("kind")
    for kind in wanted if isinstance(wanted, list) else [wanted]:
        check_spec("models", str(kind))
    return names(wanted, f"{where}.kind", "model kind", members("models"))


def _dropped(fields: Mapping[str, Any], where: str) -> Dropped:
    """Kind → the fields that it doesn't read."""
    rest = _without(fields, SELECTORS)
    return {
        kind: tuple(k for k in rest if k not in Run.member(kind).model_fields)
        for kind in _kinds(fields, where)
    }


def _union(*each: Dropped) -> Dropped:
    kinds = dict.fromkeys(kind for one in each for kind in one)
    return {
        kind: tuple(dict.fromkeys(key for one in each for key in one.get(kind, ())))
        for kind in kinds
    }


def _without(fields: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if k not in keys}


def _annotations() -> dict[str, Any]:
    """Field → its type, of the runs of all kinds: a field is the same in each kind that reads
    it.
    """
    return {
        k: f.annotation
        for kind in members("models")
        for k, f in Run.member(kind).model_fields.items()
    }


def _runs(kind: str, fields: Mapping[str, Any], where: str) -> list[Run]:
    cls = Run.member(kind)
    read = {k: v for k, v in fields.items() if k in cls.model_fields}
    return [cls.parse(point, where) for point in sweep.points(cls, read, where)]


def names(
    value: Any, where: str, thing: str, known: Sequence[str] | Mapping[str, Any]
) -> tuple[str, ...]:
    """The one or more known names that a value gives, each once.

    ConfigError for another and for none.
    """
    wanted = value if isinstance(value, list) else [value]
    if not wanted or value is None:
        raise ConfigError(
            f"{where}: a value is needed and none was found; name some of {', '.join(known)}."
        )
    check_distinct(wanted, where)
    for name in wanted:
        if not isinstance(name, str) or name not in known:
            raise ConfigError(f"{where}: {unknown(thing, name, known)}")
    return tuple(wanted)


def _each_sweep_is_read(fields: Mapping[str, Any], kinds: Sequence[str], where: str) -> None:
    for key, value in fields.items():
        if not _readers(key, kinds) and sweep.sweeps(_annotations()[key], value):
            raise _unread(key, value, kinds, where)


def _readers(key: str, kinds: Sequence[str]) -> list[str]:
    return [kind for kind in kinds if key in Run.member(kind).model_fields]


def _unread(key: str, value: Any, kinds: Sequence[str], where: str) -> ConfigError:
    return ConfigError(
        f"{where}.{key}: a sweep that no selected kind reads; found {cut(value)} with kind"
        f" {', '.join(kinds)}. Select one of {', '.join(_readers(key, members('models')))}, or give"
        " one value."
    )
