"""Lists in a config are sweep dimensions; an experiment is their product.

A scalar field takes a list of values. For a field that is itself a list (`head_layers`) one list is
one value and a list of lists is a sweep. Inside a mapping (`tasks`, `dataset`) the same holds for
each field; a list of mappings sweeps over whole mappings.
"""

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any, get_args, get_origin

from mtdis.discover import members
from mtdis.errors import ConfigError, check_distinct, check_known, cut
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.study import dataset_groups


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `base` overlaid by those of `over`: mappings field by field, unless they name
    another thing.

    A mapping without a name is laid over each element of a list.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, list) and isinstance(value, Mapping) and "name" not in value:
            merged[key] = [merge({key: one}, {key: value})[key] for one in below]
            continue
        if isinstance(value, Mapping) and isinstance(below, str) and key == "dataset":
            below = {"name": below}
        same = (
            isinstance(below, Mapping) and isinstance(value, Mapping) and _same_name(below, value)
        )
        merged[key] = merge(below, value) if same and isinstance(below, Mapping) else value
    return merged


def _same_name(below: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    return "name" not in over or over["name"] == below.get("name")


def count(annotation: Any, value: Any) -> int:
    """The number of values that a config value stands for, found without making them.

    What is refused when they are made counts as one.
    """
    if get_origin(annotation) is tuple:
        return len(_tuples(value))
    wholes = value if isinstance(value, list) else [value]
    if get_origin(annotation) is dict:
        inner = get_args(annotation)[1]
        return sum(
            prod(count(inner, v) for v in one.values()) if isinstance(one, Mapping) else 1
            for one in wholes
        )
    if not (isinstance(annotation, type) and issubclass(annotation, Spec)):
        return max(1, len(wholes))
    return sum(_count_whole(annotation, whole) for whole in wholes)


def _count_whole(annotation: type[Spec], whole: Any) -> int:
    if not _is_dataset(annotation):
        return count_points(annotation, whole) if isinstance(whole, Mapping) else 1
    fields = dict(whole) if isinstance(whole, Mapping) else {"name": whole}
    given = fields.pop("name", None)
    each = given if isinstance(given, list) else [given]
    named = [name for one in each for name in dataset_groups.named(one)]
    known = [Dataset.member(name) for name in named if name in members("datasets")]
    return max(1, sum(count_points(cls, fields) for cls in known))


def count_points(cls: type[Spec], fields: Mapping[str, Any]) -> int:
    """The number of combinations of the values that the fields of one spec take."""
    known = cls.model_fields
    return prod(count(known[k].annotation, v) for k, v in fields.items() if k in known)


def check_limit(number: int, limit: int, where: str) -> None:
    """ConfigError for more points than a study may have."""
    if number > limit:
        raise ConfigError(
            f"{where}: {number:,} points are asked for; up to {limit:,} are built. Sweep over less,"
            f" or write `limit: {number}` at the top of the config if you mean it."
        )


def points(cls: type[Spec], fields: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    """All combinations of the values that the fields of one spec take."""
    keys = list(fields)
    check_known(fields, cls.model_fields, where)
    values = [choices(cls.model_fields[k].annotation, fields[k], f"{where}.{k}") for k in keys]
    return [dict(zip(keys, combination, strict=True)) for combination in product(*values)]


def singles(annotations: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are no sweep, in nested mappings too.

    A list of one value counts as a sweep.
    """
    return {
        k: _single(annotations.get(k), v)
        for k, v in fields.items()
        if not _is_swept(annotations.get(k), v)
    }


def _single(annotation: Any, value: Any) -> Any:
    if not isinstance(value, Mapping) or annotation is None or get_origin(annotation) is tuple:
        return value
    if get_origin(annotation) is dict:
        return singles(dict.fromkeys(value, get_args(annotation)[1]), value)
    return singles(
        {
            k: f.annotation
            for cls in _owners(annotation, value)
            for k, f in cls.model_fields.items()
        },
        value,
    )


def _owners(annotation: type[Spec], value: Mapping[str, Any]) -> list[type[Spec]]:
    """The classes that may own the fields of a mapping: all datasets' if the name stands in the one
    it is laid over.
    """
    if "name" in value or not issubclass(annotation, Dataset):
        return [annotation.member(value.get("name", ""))]
    return [Dataset.member(name) for name in members("datasets")]


def _is_swept(annotation: Any, value: Any) -> bool:
    name = value.get("name") if isinstance(value, Mapping) else value
    if isinstance(name, str) and _is_dataset(annotation):
        return len(dataset_groups.named(name)) > 1
    if isinstance(value, Mapping):
        return isinstance(name, list)
    several = isinstance(value, list)
    return several and (
        get_origin(annotation) is not tuple or any(isinstance(v, list) for v in value)
    )


def _is_dataset(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Dataset)


def sweeps(annotation: Any, value: Any) -> bool:
    """Return whether a value stands for more than one."""
    return len(choices(annotation, value, "")) > 1


def choices(annotation: Any, value: Any, where: str) -> list[Any]:
    """The values that a config value stands for; ConfigError where a list or mapping can't be."""
    if value == []:
        if get_origin(annotation) is tuple:
            return [value]
        raise ConfigError(
            f"{where}: an empty list sweeps over nothing; give a value or leave the field out."
        )
    several = _tuples(value) if get_origin(annotation) is tuple else value
    if isinstance(several, list):
        check_distinct(several, where)
    if get_origin(annotation) is tuple:
        return _tuples(value)
    if get_origin(annotation) is dict or (
        isinstance(annotation, type) and issubclass(annotation, Spec)
    ):
        wholes = value if isinstance(value, list) else [value]
        return [point for whole in wholes for point in _mappings(annotation, whole, where)]
    return _scalars(value, where)


def _tuples(value: Any) -> list[Any]:
    return value if isinstance(value, list) and any(isinstance(v, list) for v in value) else [value]


def _scalars(value: Any, where: str) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, (list, Mapping)):
            thing = "list" if isinstance(one, list) else "mapping"
            raise ConfigError(
                f"{where}: a {thing} can't be here; found {cut(one)}. Give one value or a list of"
                " them."
            )
    return values


def _mappings(annotation: Any, value: Any, where: str) -> list[Any]:
    if _is_dataset(annotation) and isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: a mapping of settings is needed; found {cut(value)}.")
    if get_origin(annotation) is dict:
        inner = get_args(annotation)[1]
        values = [choices(inner, v, f"{where}.{k}") for k, v in value.items()]
        return [dict(zip(value, combination, strict=True)) for combination in product(*values)]
    if _is_dataset(annotation):
        return _datasets(value, where)
    return [annotation.parse(point, where) for point in points(annotation, value, where)]


def _datasets(value: Mapping[str, Any], where: str) -> list[Dataset]:
    settings = {k: v for k, v in value.items() if k != "name"}
    if "name" not in value:
        raise ConfigError(
            f"{where}.name: a dataset needs a name; found only {', '.join(settings)}."
        )
    found = []
    for name in (
        n for given in _scalars(value["name"], f"{where}.name") for n in dataset_groups.named(given)
    ):
        try:
            cls = Dataset.member(name)
        except ConfigError as error:
            raise ConfigError(f"{where}.name: {error}") from None
        found += [cls.parse(point, where) for point in points(cls, settings, where)]
    return found
