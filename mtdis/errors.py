"""Errors that a user can mend: each names the thing, the value found, what is allowed, and the
fix.
"""

import json
import signal
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mtdis.pasting import as_yaml

MAX_SHOWN, MAX_LINE, MAX_LINES = 200, 2_000, 100


class UserError(ValueError):
    """Something outside the program is wrong; the message says what to do."""

    def __str__(self) -> str:
        """The message, with what is too long for anybody to read cut out of it."""
        lines = super().__str__().split("\n")
        left_out = [f"… and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
        return "\n".join([*(_cut_line(line) for line in lines[:MAX_LINES]), *left_out])


class ConfigError(UserError):
    """The study's configuration asks for something that cannot be."""


class ArtifactError(UserError):
    """A file of data or results is missing, damaged, or not the one expected."""


class Interrupted(KeyboardInterrupt):
    """A signal asked this process to end."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number
        """The exit status, as shells have it."""
        super().__init__(
            f"interrupted by {signal.Signals(number).name}; checkpoints and what is finished stay,"
            " the same command goes on from there"
        )


def cut(value: object, most: int = MAX_SHOWN) -> str:
    """A found value as messages show it: its repr, cut where it is long."""
    text = repr(value) if not isinstance(value, Exception) else str(value)
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _cut_line(line: str) -> str:
    half = MAX_LINE // 2
    return line if len(line) <= MAX_LINE else f"{line[:half]} … {line[-half:]}"


def unknown(thing: str, name: object, known: Iterable[str]) -> str:
    """Message for a name that is not known: the nearest known one first, then all of them."""
    names = sorted(known)
    near = nearest(name, names)
    hint = f" Did you mean '{near}'?" if near else ""
    return f"unknown {thing} {cut(str(name))}.{hint} Known: {', '.join(names) or 'none'}."


def nearest(name: object, known: Iterable[str]) -> str:
    """The known name that is most like a name; empty if none is."""
    return next(iter(get_close_matches(str(name), sorted(known), n=1, cutoff=0.5)), "")


def check_distinct(values: Sequence[Any], where: str) -> None:
    """ConfigError for a value that stands in a list more than once."""
    seen = set()
    for value in values:
        whole = isinstance(value, float) and value.is_integer()
        key = json.dumps(int(value) if whole else value, sort_keys=True, default=str)
        if key in seen:
            times = sum(bool(other == value) for other in values)
            raise ConfigError(
                f"{where}: {cut(value)} is given {times} times; give each value once."
            )
        seen.add(key)


def check_known(given: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """ConfigError for a key that is none of the known ones, with the lines to write instead."""
    names = sorted(known)
    for key, value in given.items():
        if key not in names:
            raise ConfigError(
                f"{where}.{key}:"
                f" {unknown('setting', key, names)}{instead(where, key, value, names)}"
            )


def instead(where: str, key: object, value: Any, known: Iterable[str]) -> str:
    """The lines of a config with a key's nearest known name in its place.

    Empty if there is none.
    """
    near = nearest(key, known)
    if not near:
        return ""
    lines = as_yaml([*where.split("."), near], value)
    if len(lines) > MAX_LINE // 2:  # a whole study is not pasted
        return f" Write {near} before what it holds."
    return f" Write\n{lines}"
