"""Errors that a user can mend: each names the thing, the value found, what is allowed, and the fix."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Something outside the program is wrong; the message says what to do."""


class ConfigError(UserError):
    """The study's configuration asks for something that cannot be."""


class ArtifactError(UserError):
    """A file of data or results is missing, damaged, or not the one expected."""


def unknown(thing: str, name: object, known: Iterable[str]) -> str:
    """Message for a name that is not known: the nearest known one first, then all of them."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"unknown {thing} '{name}'.{hint} Known: {', '.join(names) or 'none'}."
