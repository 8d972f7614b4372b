"""Ids: the name and every field that differs from its declared default, readable, filesystem-safe,
different for different specs.

    multi_head+dataset=dsprites_rendered+seed=1+tasks.count=4+dataset.image_size=32

No comma is between fields: snakemake hands wildcards to a cluster's jobs as a list with commas (its
issue 2366). Nested fields follow the plain ones, so that dataset and seed stay in front. Characters
other than letters, digits, `.`, `-` and `_` are written `~XX` (hexadecimal, UTF-8); `_` separates
the values of a tuple; an empty tuple is `~`, an empty text `~~`. An id beyond 120 characters ends
in `+~` and a hash of the whole and is resolved through an index file.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from mtdis.specs.base import Spec

MAX_LENGTH = 120
MAX_TAIL = 80
"""Of a stage's own part: with its parent's, a name that every file system takes."""
HASH_LENGTH = 12
BETWEEN_FIELDS, AFTER_PARENT = "+", "++"


def canonical(spec: Spec) -> str:
    """The elided spec as one JSON string with sorted keys: what Snakemake compares and ids are made
    of.
    """
    return json.dumps(spec.elided(), sort_keys=True, separators=(",", ":"), allow_nan=False)


def identify(spec: Spec) -> str:
    """The id of a spec: at most 120 characters.

    What stands on a parent has at most 80 more after the parent's.
    """
    parent = getattr(spec, "parent", None)
    if parent is None:
        return shorten(full_id(spec))
    return f"{shorten(identify(parent))}{AFTER_PARENT}{shorten(_own_text(spec), MAX_TAIL)}"


def full_id(spec: Spec) -> str:
    """The id of a spec before it is shortened.

    A parent's comes first, followed by two plus signs.
    """
    parent = getattr(spec, "parent", None)
    return (
        _own_text(spec) if parent is None else f"{full_id(parent)}{AFTER_PARENT}{_own_text(spec)}"
    )


def _own_text(spec: Spec) -> str:
    """Name and fields of a spec, without its parent."""
    elided = {k: v for k, v in spec.elided().items() if k != "parent"}
    parts = [elided.pop(spec.named)] if spec.named else []
    return BETWEEN_FIELDS.join(
        [*parts, *(f"{path}={_encode(value)}" for path, value in flatten(elided))]
    )


def shorten(text: str, limit: int = MAX_LENGTH) -> str:
    """The text itself, or beyond the limit its beginning up to a whole field, and a hash of all of
    it.
    """
    if len(text) <= limit:
        return text
    room = limit - HASH_LENGTH - 2
    head = text[: room + 1].rpartition(BETWEEN_FIELDS)[0] or text[:room]
    return f"{head}{BETWEEN_FIELDS}~{sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"


def flatten(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of nested fields: plain ones first, a named thing's name among them, its
    settings last.
    """
    for key, value in fields.items():
        if not isinstance(value, Mapping):
            yield f"{prefix}{key}", value
        elif "name" in value:
            yield f"{prefix}{key}", value["name"]
    nested = {key: value for key, value in fields.items() if isinstance(value, Mapping)}
    for key in sorted(nested, key=lambda k: "name" in nested[k]):
        inner = {k: v for k, v in nested[key].items() if k != "name"}
        yield from flatten(inner, f"{prefix}{key}.")


def _encode(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "_".join(_encode(v).replace("_", "~5F") for v in value) or "~"
    if isinstance(value, float):
        return (
            repr(int(value))
            if value.is_integer() and abs(value) < 1e15
            else repr(value).replace("+", "")
        )
    if isinstance(value, int):
        return repr(value)
    return (
        re.sub(r"[^A-Za-z0-9._-]", lambda m: "".join(f"~{b:02X}" for b in m[0].encode()), value)
        or "~~"
    )
