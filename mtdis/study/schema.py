"""The JSON schema of config.yaml, generated from the specs: any field of a run may be given a
list.
"""

import json
from collections.abc import Iterable
from typing import Any

from mtdis.discover import members, names
from mtdis.specs.base import Spec
from mtdis.specs.claim import PAPER, Claim
from mtdis.specs.dataset import Dataset
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.settings import SETTINGS
from mtdis.specs.stage import Stage
from mtdis.specs.tasks import Tasks
from mtdis.study.calibrations import Wanted
from mtdis.study.config import SLUG, Config
from mtdis.study.dataset_groups import GROUPS
from mtdis.study.stages import PARENT, SHOW

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}


def as_text() -> str:
    """The schema as editors read it."""
    return json.dumps(config_schema(), indent=1, sort_keys=True) + "\n"


def config_schema() -> Schema:
    """The schema of a config and of what is laid over one (JSON Schema, draft 2020-12).

    No key is needed, for an overlay has only what it changes.
    """
    notes = {name: field.description for name, field in Config.model_fields.items()}
    fields = _run_fields()
    outputs = {
        "tables": _listed(names("mtdis.reporting.tables")),
        "figures": _listed(names("mtdis.reporting.figures")),
    }
    runs = {name: _field_reference(name) for name in fields} | outputs | _on_runs() | _claims()
    definitions = {
        **{f"field_{name}": schema for name, schema in fields.items()},
        "dataset": _dataset(),
        "runs": _mapping(runs),
        "experiment": _mapping(runs | _combinations() | {"when": _when()}),
        "point": _with_dotted({name: _field_reference(name) for name in fields}, {}),
        "zip": _with_dotted(
            {name: _zipped(name) for name in fields}, {"type": "array", "minItems": 1}
        ),
    }
    properties = {
        "name": {"type": "string", "pattern": SLUG},
        "defaults": {"$ref": "#/$defs/runs"},
        "metrics": _mapping({m: _metric(m) for m in members("metrics")}),
        "experiments": {
            "type": "object",
            "additionalProperties": _or_null({"$ref": "#/$defs/experiment"}),
            "minProperties": 1,
        },
        "calibration": _calibration(),
        "override": {"$ref": "#/$defs/point"},
        "limit": {"type": "integer", "minimum": 1},
        "select": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    }
    described = {name: schema | {"description": notes[name]} for name, schema in properties.items()}
    top = _mapping(described)
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, "title": "mtdis study", "$defs": definitions} | top


def _calibration() -> Schema:
    named = {"type": "object", "propertyNames": {"enum": list(members("metrics"))}}
    number = {"type": "integer", "minimum": 0}
    each = {"anyOf": [number, named | {"additionalProperties": number}]}
    schemas = {
        "metrics": _listed(members("metrics")),
        "experiments": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "rotations": each,
        "permutations": each,
        "stop_after": each,
        "seed": number,
        "settings": _mapping({m: _metric(m) for m in members("metrics")}),
    }
    notes = {name: field.description for name, field in Wanted.model_fields.items()}
    return _mapping({name: s | {"description": notes[name]} for name, s in schemas.items()})


def _run_fields() -> dict[str, Schema]:
    fields: dict[str, Schema] = {}
    for kind in members("models"):
        fields |= _fields(Run.member(kind))
    special = {
        "dataset": _one_or_list({"$ref": "#/$defs/dataset"}),
        "kind": _one_or_list({"enum": list(members("models"))}),
        "setting": _one_or_list({"enum": list(SETTINGS)}),
        "tasks": _one_or_list(_mapping(_fields(Tasks))),
    }
    return fields | special


def _field_reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/field_{name}"}


def _combinations() -> dict[str, Schema]:
    notes = {
        "zip": (
            "fields that advance together: lists of one length, crossed with the product; a list is"
            " several zips"
        ),
        "include": "points added, each laid over the experiment's fields that are no lists",
        "exclude": "points taken from the product: those that have all the values given",
    }
    things = {"zip": "zip", "include": "point", "exclude": "point"}
    return {
        key: _one_or_list({"$ref": f"#/$defs/{thing}"}) | {"description": notes[key]}
        for key, thing in things.items()
    }


def _when() -> Schema:
    point = {"$ref": "#/$defs/point"}
    rule = _mapping({"if": point, "then": point}) | {"required": ["if", "then"]}
    note = (
        "fields that other values take where a point of the product has all the values given, rule"
        " after rule"
    )
    return _one_or_list(rule) | {"description": note}


def _on_runs() -> dict[str, Schema]:
    number = _one_or_list({"type": "integer"})
    stages = _mapping({name: _stage(name) for name in members("stages")})
    return {
        "stages": stages | {"description": "stage: its settings; a list sweeps"},
        "show": (
            _mapping(dict.fromkeys(SHOW, number))
            | {"description": "whose networks stages are computed on"}
        ),
    }


def _claims() -> dict[str, Schema]:
    own = {
        name: {k: v for k, v in schema.items() if k != "title"}
        for name, schema in Claim.model_json_schema(mode="validation")["properties"].items()
    }
    fields = _or_null(_mapping(own))
    note = (
        "claim: its fields, laid over the paper's claim of that name"
        f" ({', '.join(PAPER)}); what the table and the figure `claims` test"
    )
    return {
        "claims": {
            "type": "object",
            "additionalProperties": fields,
            "minProperties": 1,
            "description": note,
        }
    }


def _stage(name: str) -> Schema:
    fields = {k: v for k, v in _fields(Stage.member(name)).items() if k not in PARENT}
    if "tasks" in Stage.member(name).model_fields:
        fields["tasks"] = _one_or_list(_mapping(_fields(Tasks)))
    return _mapping(fields)


def _zipped(name: str) -> Schema:
    """The lists of a field that a zip advances; in a field of fields, the lists of these."""
    several = {"type": "array", "items": _field_reference(name), "minItems": 1}
    inner = _inner_fields().get(name)
    if inner is None:
        return several
    return {"anyOf": [several, {"type": "object", "propertyNames": {"enum": inner}}]}


def _inner_fields() -> dict[str, list[str]]:
    of_datasets = {
        field for name in members("datasets") for field in Dataset.member(name).model_fields
    }
    return {"dataset": sorted({"name", *of_datasets}), "tasks": list(Tasks.model_fields)}


def _with_dotted(properties: dict[str, Schema], dotted: Schema) -> Schema:
    """A mapping of these fields, or of dotted paths to what their mappings hold."""
    paths = [rf"^{name}\.({'|'.join(inner)})(\.|$)" for name, inner in _inner_fields().items()]
    return _mapping(properties) | {
        "patternProperties": dict.fromkeys(paths, dotted),
        "minProperties": 1,
    }


def _dataset() -> Schema:
    names = [*members("datasets"), *GROUPS]
    by_name = {"type": "string", "enum": names}
    every = [_fields(Dataset.member(name)) for name in members("datasets")]
    different = {json.dumps(fields): fields for fields in every}.values()
    mappings = [_mapping({"name": _one_or_list({"enum": names})} | fields) for fields in different]
    return {"anyOf": [by_name, *mappings]}


def _metric(name: str) -> Schema:
    return _mapping(_fields(Metric.member(name)))


def _fields(spec: type[Spec]) -> dict[str, Schema]:
    """Each field's own schema, or a list of such."""
    properties = spec.model_json_schema(mode="validation")["properties"]
    return {
        name: _sweep(dict(schema)) for name, schema in properties.items() if "$ref" not in schema
    }


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
    each = {name: _or_null(schema) for name, schema in properties.items()}
    return {"type": "object", "properties": each, "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    """The schema, or null: in a config laid over another it takes the key away."""
    notes = {key: schema[key] for key in ("description", "default") if key in schema}
    own = {key: value for key, value in schema.items() if key not in notes}
    return {"anyOf": [*own["anyOf"], NULL] if [*own] == ["anyOf"] else [own, NULL]} | notes
