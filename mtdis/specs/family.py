"""Finds the spec class of a dataset, model kind or metric: the file `multi_head.py` defines
`MultiHead`.
"""

from typing import Any

from mtdis import discover


def member_of(family: str, name: str, thing: str) -> Any:
    """The spec class in mtdis/specs/<family>/<name>.py; ConfigError names the nearest known one."""
    module = discover.load(f"mtdis.specs.{family}", name, thing)
    return getattr(module, "".join(part.capitalize() for part in name.split("_")))


def members(family: str) -> tuple[str, ...]:
    """Names of all specs of a family."""
    return discover.names(f"mtdis.specs.{family}")
