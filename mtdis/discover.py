"""Finds the parts that are one file each (datasets, kinds, metrics, tables, figures) by the files
in their folder.
"""

import ast
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from mtdis.errors import ConfigError, unknown


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


@cache
def _statements(folder: str, name: str) -> list[ast.stmt]:
    """The top level of a module.

    Parsed once, for a plan asks for several constants of each table and figure.
    """
    path = Path(folder, f"{name}.py")
    return ast.parse(path.read_text(encoding="utf-8")).body if path.exists() else []


def members(family: str) -> tuple[str, ...]:
    """Names of all specs of a family: datasets, metrics, models or stages."""
    return names(f"mtdis.specs.{family}")


def spec_class(family: str, name: str, thing: str) -> Any:
    """The class in mtdis/specs/<family>/<name>.py: `multi_head.py` defines `MultiHead`.

    ConfigError names the nearest known one, or the class that the file lacks.
    """
    module = load(f"mtdis.specs.{family}", name, thing)
    expected = "".join(part.capitalize() for part in name.split("_"))
    found = getattr(module, expected, None)
    if found is None:
        raise ConfigError(f"mtdis/specs/{family}/{name}.py must define class {expected}.")
    return found


def constant(package: str, name: str, constant_name: str) -> Any:
    """A literal constant of a module, read from its source without importing it.

    None if it has none.
    """
    for folder in _folders(package):
        for node in _statements(folder, name):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == constant_name:
                return ast.literal_eval(node.value)
    return None
