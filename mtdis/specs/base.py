"""The base of every spec: frozen typed fields, their declared defaults, and the elided form that
identifies it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from mtdis.discover import members, spec_class
from mtdis.errors import ConfigError, cut, instead, unknown

REQUIRED: Final = object()
"""Stands for the default of a field that has none."""
SCALARS = (int, float, str)
"""The types of most values: asked for first, for isinstance is slow for classes of pydantic."""


class Spec(BaseModel):
    """Settings of one thing. `version` is raised when a change of code changes its results."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True
    )
    version: ClassVar[int] = 1
    named: ClassVar[str | None] = None
    """Key under which the elided form gives the name ('kind', 'name'), if the spec has one."""
    family: ClassVar[str] = ""
    """Folder of mtdis/specs in which the specs of a family lie; empty for one that stands alone."""
    thing: ClassVar[str] = "spec"
    """What messages call a member of the family."""
    defines: ClassVar[tuple[str, ...]] = ()
    """What the file of the same name defines that does what the spec asks for."""
    references: ClassVar[tuple[str, ...]] = ()
    """Keys in `reporting/published/references.bib` of the papers that the thing is from."""
    first: ClassVar[tuple[str, ...]] = ()
    """Fields that stand first in the elided form, and so in ids; the others follow as they are
    declared.
    """

    @classmethod
    def member(cls, name: str) -> type[Self]:
        """The spec class of that name in the family; of a spec that stands alone it is its own."""
        found: type[Self] = spec_class(cls.family, name, cls.thing) if cls.family else cls
        if not issubclass(found, cls):
            raise ConfigError(
                f"mtdis/specs/{cls.family}/{name}.py: class {found.__name__} must be a"
                f" {cls.__name__} of {cls.__module__}, or of a class that is one."
            )
        return found

    @classmethod
    def from_fields(cls, value: Any, where: str = "") -> Self:
        """The spec of an elided or resolved mapping with its name and settings, or of a name alone.

        ConfigError says which field is wrong, what was found and what is allowed.
        """
        if isinstance(value, cls):
            return value
        key = str(cls.named)
        fields = dict(value) if isinstance(value, Mapping) else {key: value}
        name = fields.pop(key, None)
        if not isinstance(name, str):
            path, known = ".".join(filter(None, (where, key))), ", ".join(members(cls.family))
            raise ConfigError(
                f"{path}: a {cls.thing} is needed, one of {known}; found {cut(name)}."
            )
        return cls.member(name).parse(fields, where)

    @classmethod
    def name(cls) -> str:
        """The name of the spec, which is the name of its file."""
        return cls.__module__.rsplit(".", 1)[-1]

    @model_validator(mode="before")
    @classmethod
    def _of_this_version(cls, fields: Any) -> Any:
        if isinstance(fields, Mapping) and "version" in fields:
            if fields["version"] != cls.version:
                raise ValueError(
                    f"version {fields['version']} of {cls.name()} was asked for, this is"
                    f" {cls.version}"
                )
            return {k: v for k, v in fields.items() if k != "version"}
        return fields

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_value(cls, value: Any) -> Any:
        # As a number it would silently be 1 or 0.
        if isinstance(value, bool):
            raise ValueError("a truth value is not allowed here; quote the text or write a number")
        return value

    @classmethod
    def parse(cls, fields: Mapping[str, Any], where: str = "") -> Self:
        """The spec of these fields.

        ConfigError says which field is wrong, what was found and what is allowed.
        """
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise ConfigError(explain(error, cls, where)) from None

    def resolved(self) -> dict[str, Any]:
        """All fields with their values, defaults included, as JSON values."""
        return self._heading() | {name: _plain(value) for name, value in self}

    def elided(self) -> dict[str, Any]:
        """The name and every field that differs from its declared default, in declared order, as
        JSON values.
        """
        kept = {}
        for name, default in _declared(type(self)):
            value = getattr(self, name)
            if type(value) in SCALARS:
                if value != default:
                    kept[name] = value
            elif isinstance(value, Spec):
                if inner := value.elided():
                    kept[name] = inner
            elif default is REQUIRED or value != default:
                kept[name] = _plain(value)
        return self._heading() | kept

    def _heading(self) -> dict[str, Any]:
        heading: dict[str, Any] = {self.named: self.name()} if self.named else {}
        return heading | ({"version": self.version} if self.version > 1 else {})


@cache
def _declared(cls: type[Spec]) -> tuple[tuple[str, Any], ...]:
    """(field, declared default) in the order of ids.

    Found once for a class, for a plan asks of thousands of specs.
    """
    names = sorted(
        cls.model_fields, key=lambda n: cls.first.index(n) if n in cls.first else len(cls.first)
    )
    fields = [(name, cls.model_fields[name]) for name in names]
    return tuple(
        (n, REQUIRED if f.is_required() else f.get_default(call_default_factory=True))
        for n, f in fields
    )


def _plain(value: Any) -> Any:
    if type(value) in SCALARS:
        return value
    if isinstance(value, Spec):
        return value.resolved()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return list(value) if isinstance(value, tuple) else value


def explain(error: ValidationError, cls: type[BaseModel], where: str) -> str:
    """One line per wrong field of a pydantic error: path, value found, what is allowed."""
    return "\n".join(_line(dict(e), cls, where) for e in error.errors())


def _line(error: dict[str, Any], cls: type[BaseModel], where: str) -> str:
    path = ".".join(str(p) for p in (where, *error["loc"]) if str(p))
    if error["type"] == "extra_forbidden":
        key, known = error["loc"][-1], _owner(cls, error["loc"]).model_fields
        above = ".".join(
            str(p) for p in (where.removeprefix("config"), *error["loc"][:-1]) if str(p)
        )
        return (
            f"{path}: {unknown('setting', key, known)}{instead(above, key, error['input'], known)}"
        )
    if error["type"] == "missing":
        return f"{path}: a value is needed and none was found. Add it to the config."
    if isinstance(cause := error.get("ctx", {}).get("error"), ConfigError):
        return f"{path}.{cause}"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "string_type" and isinstance(error["input"], (int, float)):
        message += f" (quote a text that looks like a number: '{error['input']}')"
    found = "" if isinstance(error["input"], Mapping) else f"; found {cut(error['input'])}"
    return f"{path}: {message[0].lower()}{message[1:].removesuffix('.')}{found}."


def _owner(cls: type[BaseModel], loc: tuple[Any, ...]) -> type[BaseModel]:
    """The spec class whose field the last step of an error's path names."""
    for step in loc[:-1]:
        inner = cls.model_fields[step].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        cls = inner
    return cls
