"""JSON records of data and results, each sealed by a checksum of itself.

Read without numpy or h5py: the user's commands answer at once. What reads and writes the arrays
beside them are the other modules of this room.

A record of format 2 begins with `seal`, the SHA-256 of the text without that line. Records of
format 1, from before, have none: they are read, and said to be unsealed.
"""

import json
import os
import stat
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mtdis.artifacts.shapes import (
    DatasetContent,
    RunContent,
    StageContent,
    TargetsContent,
)
from mtdis.errors import ArtifactError, ConfigError, cut
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.targets import Targets

FORMAT, UNSEALED = 2, 1
MAX_BYTES = 2**28
"""No record is longer; what is would be read for minutes and is none."""
SEALED = ("codes.h5", "weights.safetensors", "history.csv")
"""Siblings of a run's record, which holds their checksums."""
SEALED_BY_STAGE = ("arrays.h5", "weights.safetensors", "history.csv")
"""Siblings of a stage's record; the last two only where the stage trains something."""
CHECKPOINT = "checkpoint.safetensors"
"""Lies beside them until the run or stage is finished."""
PROGRESS = "progress.json"
"""Lies there as long, and says how far a training is."""
READY = "ready.json"
"""Name of a record that waits in a run's folder for the run's own job."""
_BEGINNING = '{\n "seal": "'
_CONTENTS: dict[type[Spec], type] = {
    Dataset: DatasetContent,
    Targets: TargetsContent,
    Run: RunContent,
    Stage: StageContent,
}


def sealed(content: Mapping[str, Any]) -> str:
    """The text of a record: sorted keys, no NaN, numbers as Python prints them, and its seal."""
    body = _text({k: v for k, v in content.items() if k != "seal"} | {"format": FORMAT})
    return f'{_BEGINNING}{_digest(body)}",{body[1:]}'


def read_text(path: Path, made_by: str) -> str:
    """The text of a record whose seal is whole; ArtifactError says what is wrong with it."""
    text = _regular(path, made_by)
    if not _has_its_seal(text):
        content = _parsed(text, path, made_by)
        if content.get("format") != UNSEALED or "seal" in content:
            _check_seal(content, path, made_by)
    return text


def read_json(path: Path, made_by: str, content: Any = None) -> Any:
    """The content of a record, of the shape `content` (a TypedDict) if one is given.

    ArtifactError if it is missing, damaged, or of another shape, with the way to make it again.
    """
    text = _regular(path, made_by)
    found = _parsed(text, path, made_by)
    if found.get("format") not in (FORMAT, UNSEALED):
        raise _damaged(path, f"it is of format {cut(found.get('format'))}, not {FORMAT}", made_by)
    if not _has_its_seal(text) and (found["format"] == FORMAT or "seal" in found):
        _check_seal(found, path, made_by)
    found.pop("seal", None)
    if content is not None:
        check_shape(path, found, made_by, content)
    return found


def check_shape(path: Path, found: Any, made_by: str, content: Any) -> None:
    """ArtifactError unless what a record holds is of the shape `content`, a TypedDict."""
    try:
        _adapter(content).validate_python(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        why = f"{place}: {first['msg'].lower()}, found {cut(first['input'])}"
        raise _damaged(path, why, made_by) from None


def checksums_of(record: Path) -> dict[str, str]:
    """The checksums that a record holds: of the arrays of data, or of the files of a result."""
    content = read_json(record, "snakemake")
    held = content.get("sha256") or {n: f["sha256"] for n, f in content.get("files", {}).items()}
    return dict(held)


@lru_cache(maxsize=4096)
def _checksums_once(record: Path) -> dict[str, str]:
    """Of a dataset that thousands of runs stand on, the record is read once."""
    return checksums_of(record)


def stood_on(**sources: Path | None) -> dict[str, dict[str, str]]:
    """The checksums of what a result is computed from: `dataset`, `targets`, `parent`, `other`."""
    return {name: checksums_of(path) for name, path in sources.items() if path is not None}


def check_stood_on(
    path: Path, content: Mapping[str, Any], made_by: str, **sources: Path | None
) -> None:
    """ArtifactError if a result was computed from other data or results than lie there now.

    Records of format 1 do not say from which; data that has been removed can't be compared.
    """
    for name, was in content.get("stood_on", {}).items():
        source = sources.get(name)
        if source is not None and source.exists() and _checksums_once(source) != was:
            what = "second run" if name == "other" else name
            raise ArtifactError(
                f"{path} was computed from another {what} than {source} seals now. Delete it, then"
                f" {made_by} makes it again."
            )


def read_record(path: Path, expected: Spec, made_by: str) -> dict[str, Any]:
    """The record of a dataset, targets, run or stage.

    ArtifactError naming the differences if it is not of that spec, or says something else of its
    dataset than the spec does.

    Fields that were added since the record was written count as having had their defaults.
    """
    shape = next(shape for cls, shape in _CONTENTS.items() if isinstance(expected, cls))
    content: dict[str, Any] = read_json(path, made_by, shape)
    _check_spec(path, content["spec"], expected, made_by)
    facts = {"id": identify(expected)} | (
        facts_of(expected) if isinstance(expected, Dataset) else {}
    )
    for key, value in facts.items():
        if content[key] != value:
            raise _damaged(
                path, f"its {key} is {cut(content[key])}, expected {cut(value)}", made_by
            )
    return content


def facts_of(spec: Dataset) -> dict[str, Any]:
    """The part of a dataset's record that its spec decides: all but the checksums."""
    factors = [spec.count, len(spec.names)]
    return {
        "white": spec.white,
        "names": list(spec.names),
        "sizes": list(spec.sizes),
        "complete": spec.complete,
        "shapes": {"images": [spec.count, *spec.image_shape], "factors": factors},
    }


def _check_spec(path: Path, spec: Mapping[str, Any], expected: Spec, made_by: str) -> None:
    wanted = expected.resolved()
    if spec == wanted:
        return
    stored = {k: v for k, v in spec.items() if k != expected.named}
    name = spec.get(str(expected.named), expected.name())
    try:
        found = type(expected).parse(stored).resolved() if name == expected.name() else spec
    except ConfigError:  # of another version: the differences are named as they stand
        found = stored
    differing = [k for k in wanted | dict(found) if wanted.get(k) != found.get(k)]
    if differing:
        pairs = "; ".join(
            f"{k} is {cut(found.get(k))}, expected {cut(wanted.get(k))}" for k in differing
        )
        raise ArtifactError(
            f"{path} is of another spec: {pairs}. Delete it, then {made_by} makes the expected one."
        )


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _has_its_seal(text: str) -> bool:
    """True if the text is as it was written, byte for byte: most records, told without parsing."""
    start = len(_BEGINNING)
    seal, body = text[start : start + 64], "{" + text[start + 66 :]
    return (
        text.startswith(_BEGINNING)
        and text[start + 64 : start + 66] == '",'
        and (_digest(body) == seal)
    )


def _check_seal(content: Mapping[str, Any], path: Path, made_by: str) -> None:
    """Of a text that was laid out anew, the content counts."""
    body = {k: v for k, v in content.items() if k != "seal"}
    if _digest(_text(body)) != content.get("seal"):
        raise _damaged(path, "its content is not that of its seal", made_by)


def _regular(path: Path, made_by: str) -> str:
    """The text of a regular file: a pipe would be waited for, a folder has none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise _damaged(path, "it is no regular file", made_by)
            if about.st_size > MAX_BYTES:
                raise _damaged(path, f"it has {about.st_size:,} bytes", made_by)
            return stream.read().decode("utf-8")
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing; {made_by} makes it.") from None
    except UnicodeDecodeError as error:
        raise _damaged(path, str(error), made_by) from None
    except OSError as error:
        raise ArtifactError(
            f"can't read {path}: {error.strerror}. See that it is a file and that you may read it;"
            f" or delete it, then {made_by} makes it again."
        ) from None


def _parsed(text: str, path: Path, made_by: str) -> dict[str, Any]:
    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is no value")

    try:
        found = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else cut(error)
        raise _damaged(path, why, made_by) from None
    if not isinstance(found, dict):
        raise _damaged(path, f"a mapping is expected, found {cut(found)}", made_by)
    return found


def _damaged(path: Path, why: str, made_by: str) -> ArtifactError:
    return ArtifactError(f"{path} is damaged: {why}. Delete it, then {made_by} makes it again.")


@cache
def _adapter(content: Any) -> TypeAdapter[Any]:
    return TypeAdapter(content)


def entry_of(text: str, name: str) -> Any:
    """An entry of a record as it is laid out when written, read without the others; {} if there is
    none. A line of a record that begins so is no other's: deeper ones are indented further, and
    text holds no line breaks.
    """
    start = text.find(before := f'\n "{name}": ')
    return json.JSONDecoder().raw_decode(text, start + len(before))[0] if start >= 0 else {}
