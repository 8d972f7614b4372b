"""A user's own images and factors, as they lie in own/<label>, if they are still those of the
config.
"""

from collections.abc import Iterator
from pathlib import Path

from mtdis.data.chunks import Chunk
from mtdis.data.own.folder import entry, examine
from mtdis.errors import ConfigError
from mtdis.specs.datasets.own import Own


def chunks(spec: Own, folder: Path) -> Iterator[Chunk]:
    """All rows in the order of the factor table; all files are read and checked before the first.

    ArtifactError if a file is not what it has to be, or changes while it is read; ConfigError, with
    the right entry, if the spec says other things of the files than they do.
    """
    data = examine(folder, spec.label, spec.images, spec.table, spec.factors)
    if data.spec != spec:
        raise ConfigError(_changed(spec, data.spec))
    return data.chunks()


def _changed(wanted: Own, found: Own) -> str:
    there = found.resolved()
    differing = [
        f"{k} is {there[k]!r}, the config has {v!r}"
        for k, v in wanted.resolved().items()
        if there[k] != v
    ]
    return (
        f"own/{wanted.label} is not what the config says: {'; '.join(differing)}. If the files are"
        " right, replace the entry; results of the old one stay, under their own"
        f" ids:\n{entry(found)}"
    )


def source(spec: Own, folder: Path) -> str:
    """The files and the checksum of the images, for the record."""
    return f"own/{spec.label}: {spec.images} and {spec.table}, {spec.checksum}"
