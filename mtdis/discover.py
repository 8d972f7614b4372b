"""Finds the parts that are one file each (datasets, kinds, metrics, stages, tables, figures) by the
files in their folder, and says in words what a file lacks.
"""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from mtdis.errors import ConfigError, unknown

IMPLEMENTATIONS = {
    "datasets": "mtdis.data.datasets",
    "models": "mtdis.training.models",
    "metrics": "mtdis.metrics",
    "stages": "mtdis.stages",
}
"""Folder of specs → the package in which a file of the same name does what the spec asks for."""


@cache
def names(package: str) -> tuple[str, ...]:
    """Names of the modules in a package, sorted, found without importing them."""
    return tuple(
        sorted(f.stem for folder in _folders(package) for f in Path(folder).glob("[!_]*.py"))
    )


def _folders(package: str) -> list[str]:
    found = find_spec(package)
    return list((found.submodule_search_locations if found else None) or [])


def load(package: str, name: str, thing: str) -> ModuleType:
    """Import one module of a package; ConfigError names the nearest known one."""
    if name not in names(package):
        raise ConfigError(unknown(thing, name, names(package)))
    return import_module(f"{package}.{name}")


def file(package: str, name: str) -> str:
    """The path of a module, as messages name it."""
    return f"{package.replace('.', '/')}/{name}.py"


def members(family: str) -> tuple[str, ...]:
    """Names of all specs of a family: datasets, metrics, models or stages."""
    return names(f"mtdis.specs.{family}")


def class_name(name: str) -> str:
    """The class that the spec of a name is: of `multi_head` it is `MultiHead`."""
    return "".join(part.capitalize() for part in name.split("_"))


def check_spec(family: str, name: str) -> None:
    """ConfigError if something of that name is implemented and has no spec."""
    if name in names(IMPLEMENTATIONS[family]) and name not in members(family):
        raise ConfigError(
            f"{file(f'mtdis.specs.{family}', name)} is missing: it must define class"
            f" {class_name(name)}, the settings of {file(IMPLEMENTATIONS[family], name)}."
        )


@cache
def spec_class(family: str, name: str, thing: str) -> Any:
    """The class in mtdis/specs/<family>/<name>.py: `multi_head.py` defines `MultiHead`.

    ConfigError names the nearest known one, or what the file or its implementation lacks.
    """
    check_spec(family, name)
    package = f"mtdis.specs.{family}"
    found = getattr(load(package, name, thing), class_name(name), None)
    if found is None:
        raise ConfigError(f"{file(package, name)} must define class {class_name(name)}.")
    check_defines(IMPLEMENTATIONS[family], name, found.defines)
    return found


def check_defines(package: str, name: str, wanted: tuple[str, ...]) -> None:
    """ConfigError if a module lacks one of these functions, given as `score(codes, factors)`.

    Its source is read, not imported: that costs a plan no heavy package.
    """
    there = set(_defined(package, name))
    if lacking := [each for each in wanted if each.partition("(")[0] not in there]:
        missing = "" if name in names(package) else " is missing: it"
        raise ConfigError(f"{file(package, name)}{missing} must define {' and '.join(lacking)}.")


def constant(package: str, name: str, constant_name: str) -> Any:
    """A literal constant of a module, read from its source without importing it.

    None if it has none.
    """
    for node in _statements(package, name):
        value = getattr(node, "value", None)
        if value is not None and constant_name in _targets(node):
            try:
                return ast.literal_eval(value)
            except ValueError:
                raise ConfigError(
                    f"{file(package, name)}: {constant_name} must be written out (a text in quotes,"
                    " or a tuple of such), for it is read without importing the file; found"
                    f" {ast.unparse(value)[:60]!r}."
                ) from None
    return None


def _defined(package: str, name: str) -> Iterator[str]:
    """The names that the top level of a module defines or imports."""
    for node in _statements(package, name):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        else:
            yield from _targets(node)


def _targets(node: ast.stmt) -> list[str]:
    """The names that a statement assigns to."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


@cache
def _statements(package: str, name: str) -> list[ast.stmt]:
    """The top level of a module; nothing if there is none.

    Parsed once, for a plan asks for several constants of each table and figure.
    """
    for path in (Path(folder, f"{name}.py") for folder in _folders(package)):
        if path.exists():
            try:
                return ast.parse(path.read_text(encoding="utf-8")).body
            except SyntaxError as error:
                raise ConfigError(
                    f"{file(package, name)}, line {error.lineno}: {error.msg}."
                ) from None
    return []
