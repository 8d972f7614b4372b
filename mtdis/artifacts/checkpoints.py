"""The seal of a checkpoint, and the check of one without torch."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from mtdis.errors import ArtifactError

DAMAGES = (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError)
"""What reading a damaged checkpoint may raise."""


def seal_of(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of all that a checkpoint holds: its text but the seal, and its arrays by name."""
    text = {key: value for key, value in about.items() if key != "seal"}
    digest = sha256(json.dumps(text, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype} {arrays[name].shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def check_checkpoint(path: Path) -> bool:
    """True if a checkpoint holds a checksum of itself; ArtifactError if it is damaged."""
    try:
        if not path.is_file():
            raise ValueError("it is no regular file")
        with safe_open(path, "np") as file:
            about = json.loads((file.metadata() or {})["about"])
            arrays = {key: file.get_tensor(key) for key in sorted(file.keys())}
        if "seal" in about and about["seal"] != seal_of(about, arrays):
            raise ValueError("its content is not that of its seal")
    except DAMAGES as error:
        raise ArtifactError(
            f"{path} is damaged: {error}. Delete it: its training begins anew."
        ) from None
    return "seal" in about
