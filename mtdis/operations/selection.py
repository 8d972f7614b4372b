"""Runs and stages by words: an id, a part of it, or kinds and values of fields in any order.

Words are `multi_head`, `seed=1`, `dataset=shapes3d`; blanks or plus signs are between them, as in
an id. A field is named by its path in the spec or by the last of its words (`count` for
`tasks.count`); a value is given whole or by its beginning.
"""

import os
import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mtdis.errors import ConfigError, nearest
from mtdis.operations.inventory import RUNS, SCORES, STAGES
from mtdis.specs.base import Spec
from mtdis.specs.ids import AFTER_PARENT, BETWEEN_FIELDS, flatten, shorten

Known = Mapping[str, Spec | None]
"""Ids of runs and stages, with their specs; None where only the id is known."""
Fields = Mapping[str, str]

FOLDERS = (os.sep, *(part for path in (RUNS, STAGES, SCORES) for part in Path(path).parts))
NAMES = ("kind", "stage", "dataset")
"""The fields whose value alone is a word."""
PARENT = "parent."
VERSION = re.compile(r"\+version=\d+")
"""What of an id says the version of its kind, which users need not know."""
NEAREST, LISTED = 3, 10


def resolve(text: str, known: Known) -> str:
    """The one run or stage that a user means; ConfigError names what it may be, or the nearest."""
    found = matching(text, known)
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(
            f"'{_word(text)}' may be {len(found)} runs; give more of one of these:\n"
            f"{_listed(found)}"
        )
    raise _nothing(_word(text), known)


def matching(text: str, known: Known) -> list[str]:
    """All runs and stages that a text may mean, in the order of the known ones.

    One alone if the text is its id, with the version of its kind or without, before it was
    shortened or after, or a path that holds it. Else those that all its words are of; else those
    whose id begins with it; else those whose id has it anywhere.
    """
    for part in reversed(Path(text).parts):
        for one in (part, shorten(part)):
            if one in known:
                return [one]
    word = _word(text)
    names = {i: (i, VERSION.sub("", i)) for i in known}
    return (
        [i for i, either in names.items() if word in either]
        or _of_words(_words(word), known)
        or [i for i, either in names.items() if any(n.startswith(word) for n in either)]
        or [i for i, either in names.items() if any(word in n for n in either)]
    )


def some(text: str, known: Known) -> list[str]:
    """All runs and stages that a text may mean; ConfigError if there is none."""
    found = matching(text, known)
    if not found:
        raise _nothing(_word(text), known)
    return found


def fields_of(some_id: str, spec: Spec | None) -> dict[str, str]:
    """The fields of a spec and its parents, or those that an id spells, as text."""
    if spec is None:
        return _spelled(some_id)
    found: dict[str, str] = {}
    for path, value in flatten(spec.resolved()):
        found.setdefault(path.rpartition(PARENT)[2], _text(value))
    return found


def _spelled(some_id: str) -> dict[str, str]:
    """The fields that differ from their defaults, of an id that isn't shortened."""
    parent, _, own = some_id.partition(AFTER_PARENT)
    found: dict[str, str] = {}
    for name, part in (("kind", parent), ("stage", own)):
        for word in filter(None, part.split(BETWEEN_FIELDS)):
            field, equals, value = word.partition("=")
            found.setdefault(field if equals else name, value if equals else word)
    return found


def _words(text: str) -> list[str]:
    """The words of a text; none if one of them is not finished."""
    words = re.split(rf"[\s{re.escape(BETWEEN_FIELDS)}]", text.strip())
    return [] if "" in words else words


def _of_words(words: Collection[str], known: Known) -> list[str]:
    """The runs that all words are of; the stages if there is no such run."""
    if not words:
        return []
    for staged in (False, True):
        fields = {i: fields_of(i, s) for i, s in known.items() if (AFTER_PARENT in i) == staged}
        each = [_of_word(word, fields) for word in words]
        if found := [i for i in fields if all(i in ids for ids in each)]:
            return found
    return []


def _of_word(word: str, fields: Mapping[str, Fields]) -> set[str]:
    """The ids of a word: those that have the value, else those whose value begins with it."""
    name, equals, wanted = word.partition("=")
    held = {i: _held(name, own) if equals else _names(own) for i, own in fields.items()}
    wanted = wanted if equals else word
    whole = {i for i, values in held.items() if any(_same(wanted, v) for v in values)}
    return whole or {i for i, values in held.items() if any(v.startswith(wanted) for v in values)}


def _names(fields: Fields) -> list[str]:
    return [fields[name] for name in NAMES if name in fields]


def _held(name: str, fields: Fields) -> list[str]:
    """The value of a field, or of all fields whose path ends so."""
    if name in fields:
        return [fields[name]]
    return [value for path, value in fields.items() if path.endswith(f".{name}")]


def _same(wanted: str, value: str) -> bool:
    """Return whether a value is the wanted one, numbers as numbers."""
    try:
        return wanted.casefold() == value.casefold() or float(wanted) == float(value)
    except ValueError:
        return False


def _text(value: Any) -> str:
    """A value as ids write it."""
    if isinstance(value, (list, tuple)):
        return "_".join(map(_text, value))
    return "none" if value is None else str(value)


def _nothing(word: str, known: Known) -> ConfigError:
    """The error that says why a text means nothing, as far as its words tell."""
    fields = {i: fields_of(i, spec) for i, spec in known.items()}
    words = _words(word)
    for one in words:
        name, equals, value = one.partition("=")
        if equals and not _of_word(one, fields):
            return ConfigError(_no_value(name, value, fields.values()))
    if len(words) > 1 and all(_of_word(one, fields) for one in words):
        return ConfigError(
            f"no run or stage has all of {', '.join(words)}; leave one out to see what there is."
        )
    if near := get_close_matches(word, known, n=NEAREST, cutoff=0.3):
        return ConfigError(f"no run or stage '{word}'; the nearest:\n{_listed(near)}")
    wrong = next((one for one in words if not _of_word(one, fields)), word)
    name = nearest(wrong, {value for own in fields.values() for value in _names(own)})
    hint = f"did you mean '{name}'?" if name else f"there are {len(known)}."
    return ConfigError(f"no run or stage '{word}'; {hint} `mtdis show` lists what there is.")


def _no_value(name: str, value: str, fields: Iterable[Fields]) -> str:
    """The message for a field's value that nothing has."""
    all_fields = list(fields)
    values = dict.fromkeys(v for own in all_fields for v in _held(name, own))
    if values:
        some_values = ", ".join(list(values)[:LISTED]) + (" …" if len(values) > LISTED else "")
        return f"no run or stage has {name}={value}; {name} is {some_values}."
    near = nearest(name, {path for own in all_fields for path in own})
    hint = f" Did you mean '{near}'?" if near else ""
    return f"no run or stage has a field '{name}'.{hint} `mtdis show RUN` prints those of a run."


def _word(path: str) -> str:
    """The part of a path that stands where an id does: below a folder of results, or first."""
    parts = Path(path).parts
    below = [
        parts[i + 1]
        for i in range(1, len(parts) - 1)
        if str(Path(*parts[i - 1 : i + 1])) in (RUNS, STAGES, SCORES)
    ]
    return below[-1] if below else next((part for part in parts if part not in FOLDERS), path)


def _listed(ids: Collection[str]) -> str:
    lines = [f"  {i}" for i in list(ids)[:LISTED]]
    more = len(ids) - LISTED
    return "\n".join([*lines, f"  … and {more} more"] if more > 0 else lines)
