"""Tables of the fields of specs: name, type in words, default, meaning."""

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

Schema = Mapping[str, Any]
HEAD = ("field", "type", "default", "meaning")
WORDS = {"integer": "whole number", "number": "number", "string": "text"}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
SEED = 2**32
"""The bound that every seed has; as a number it says nothing."""


class Row(NamedTuple):
    """A field as a line of a table."""

    field: str
    type: str
    default: str
    meaning: str


def rows(spec: type[BaseModel], without: Container[str] = ()) -> list[Row]:
    """The fields of a spec in their declared order, those left out that a config can't set."""
    schema = spec.model_json_schema(mode="validation")
    required = schema.get("required", ())
    return [
        Row(
            f"`{name}`",
            type_of(own, schema.get("$defs", {})),
            "needed" if name in required else default_of(spec, name),
            cell(own.get("description", "")),
        )
        for name, own in schema["properties"].items()
        if name not in without
    ]


def type_of(schema: Schema, defs: Mapping[str, Schema]) -> str:
    """A JSON schema in words: `whole number ≥ 1`."""
    if "$ref" in schema:
        return f"[{(name := schema['$ref'].rpartition('/')[2].lower())}]({LINKS[name]})"
    if "enum" in schema:
        return _either([f"`{value}`" for value in schema["enum"]])
    if "anyOf" in schema:
        each = [type_of(one, defs) for one in schema["anyOf"] if one.get("type") != "null"]
        return _either(list(dict.fromkeys(each)))
    if schema.get("type") == "array":
        return f"list ({type_of(schema['items'], defs)})"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return (
            f"mapping (name: {type_of(inner, defs)})" if isinstance(inner, Mapping) else "mapping"
        )
    bounds = " and ".join(
        f"{sign}\N{NO-BREAK SPACE}{schema[key]:g}"
        for key, sign in BOUNDS.items()
        if key in schema and schema[key] != SEED
    )
    return f"{WORDS.get(schema.get('type', ''), 'anything')} {bounds}".strip()


LINKS = {"dataset": "datasets.md", "tasks": "config.md#tasks"}
"""Where the fields of what lies in other specs stand."""


def default_of(spec: type[BaseModel], name: str) -> str:
    """The default of a field as a config has it."""
    value = spec.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False, default=list)
    return f"`{text}`" if not isinstance(value, str) or not value else f"`{value}`"


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(head)
    parts = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return "\n".join([*parts, *(f"| {' | '.join(line)} |" for line in lines)])


def cell(text: str) -> str:
    """A text as a table and Markdown can hold it; what stands between back-ticks stays."""
    parts = " ".join(text.split()).replace("|", r"\|").split("`")
    return "`".join(
        part if place % 2 else part.replace("<", r"\<").replace("*", r"\*")
        for place, part in enumerate(parts)
    )


def _either(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else words[0]
