"""The JSON schema of config.yaml, generated from the specs: any field of a run may be given a list."""

import json
from collections.abc import Iterable
from typing import Any

from mtdis.discover import names
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.family import members
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.settings import SETTINGS
from mtdis.specs.tasks import Tasks
from mtdis.study import SLUG, Config

Schema = dict[str, Any]


def as_text() -> str:
    """The schema as it stands in workflow/config.schema.json."""
    return json.dumps(config_schema(), indent=1, sort_keys=True) + "\n"


def config_schema() -> Schema:
    """The schema of the whole config (JSON Schema, draft 2020-12)."""
    notes = {name: field.description for name, field in Config.model_fields.items()}
    runs = _run_fields()
    outputs = {"tables": _listed(names("mtdis.tables")), "figures": _listed(names("mtdis.figures"))}
    body = _mapping(runs | outputs)
    properties = {
        "name": {"type": "string", "pattern": SLUG},
        "defaults": {"$ref": "#/$defs/runs"},
        "metrics": _mapping({m: _metric(m) for m in members("metrics")}),
        "experiments": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/runs"},
            "minProperties": 1,
        },
        "select": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    }
    described = {name: schema | {"description": notes[name]} for name, schema in properties.items()}
    top = _mapping(described) | {"required": ["name", "experiments"]}
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, "title": "mtdis study", "$defs": {"runs": body}} | top


def _run_fields() -> dict[str, Schema]:
    fields: dict[str, Schema] = {}
    for kind in members("models"):
        fields |= _fields(Run.member(kind))
    special = {
        "dataset": _dataset(),
        "kind": _one_or_list({"enum": list(members("models"))}),
        "setting": _one_or_list({"enum": list(SETTINGS)}),
        "tasks": _one_or_list(_mapping(_fields(Tasks))),
    }
    return fields | special


def _dataset() -> Schema:
    names = list(members("datasets"))
    by_name = {"type": "string", "enum": names}
    mappings = [_mapping({"name": _one_or_list({"enum": names})} | _fields(Dataset.member(name))) for name in names]
    return _one_or_list({"anyOf": [by_name, *mappings]})


def _metric(name: str) -> Schema:
    return {"anyOf": [_mapping(_fields(Metric.member(name))), {"type": "null"}]}


def _fields(spec: type[Spec]) -> dict[str, Schema]:
    """Each field's own schema, or a list of such."""
    properties = spec.model_json_schema(mode="validation")["properties"]
    return {name: _sweep(dict(schema)) for name, schema in properties.items() if "$ref" not in schema}


def _sweep(schema: Schema) -> Schema:
    schema.pop("title", None)
    notes = {k: schema.pop(k) for k in ("description", "default") if k in schema}
    if "additionalProperties" in schema:
        schema["additionalProperties"] = _one_or_list(schema["additionalProperties"])
    if schema.get("type") == "number":
        schema["type"] = ["number", "string"]  # YAML reads 1e-3 as text
    return _one_or_list(schema) | notes


def _one_or_list(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _listed(names: Iterable[str]) -> Schema:
    return {"type": "array", "items": {"enum": list(names)}}


def _mapping(properties: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}
