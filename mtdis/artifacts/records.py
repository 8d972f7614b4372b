"""Reads the JSON records of data and results without numpy or h5py: the user's commands answer at
once.

`artifacts.runs`, `stages` and `datasets` write them and read the arrays beside them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdis.errors import ArtifactError, ConfigError
from mtdis.specs.base import Spec

FORMAT = 1
SEALED = ("codes.h5", "weights.safetensors", "history.csv")
"""Siblings of a run's record, which holds their checksums."""
SEALED_BY_STAGE = ("arrays.h5", "weights.safetensors", "history.csv")
"""Siblings of a stage's record; the last two only where the stage trains something."""
CHECKPOINT = "checkpoint.safetensors"
"""Lies beside them until the run or stage is finished."""
READY = "ready.json"
"""Name of a record that waits in a run's folder for the run's own job."""


def read_json(path: Path, made_by: str) -> dict[str, Any]:
    """The content of a JSON file.

    ArtifactError if it is missing or damaged, with the way to make it again.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing; {made_by} makes it.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(
            f"{path} is damaged ({error}); delete it, then {made_by} makes it again."
        ) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ArtifactError(
            f"{path}: expected a mapping of format {FORMAT}; delete it, then {made_by} makes it"
            " again."
        )
    return content


def read_record(path: Path, expected: Spec, made_by: str) -> dict[str, Any]:
    """The record of a dataset, targets or run.

    ArtifactError naming the differences if it is not of that spec.

    Fields that were added since the record was written count as having had their defaults.
    """
    content = read_json(path, made_by)
    wanted, spec = expected.resolved(), content.get("spec")
    if spec == wanted:
        return content
    if not isinstance(spec, dict):
        raise ArtifactError(f"{path} holds no spec; delete it, then {made_by} makes it again.")
    stored = {k: v for k, v in spec.items() if k != expected.named}
    name = spec.get(expected.named, expected.name())
    found = _as_stored(expected, stored) if name == expected.name() else spec
    differing = [k for k in wanted | found if wanted.get(k) != found.get(k)]
    if differing:
        pairs = "; ".join(f"{k} is {found.get(k)!r}, expected {wanted.get(k)!r}" for k in differing)
        raise ArtifactError(
            f"{path} is of another spec: {pairs}. Delete it, then {made_by} makes the expected one."
        )
    return content


def _as_stored(expected: Spec, fields: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return type(expected).parse(fields).resolved()
    except ConfigError:  # of another version: the differences are named as they stand
        return dict(fields)
