"""Datasets that are read from the files their authors published: where these come from, and how
they are recognised.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import Field, field_validator

from mtdis import paths
from mtdis.errors import ConfigError, cut, unknown
from mtdis.specs.dataset import Dataset, GridDataset

MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class GenuineFile:
    """A published file: the official URL first, then mirrors.

    MD5 and, where it is known, the size in bytes.
    """

    name: str
    urls: tuple[str, ...]
    md5: str
    size: int | None = None

    @property
    def key(self) -> str:
        """The file's name up to its first dot: what `accept` calls it, for a dot separates fields
        in an id.
        """
        return self.name.partition(".")[0]


class GenuineGrid(GridDataset):
    """A published dataset: any sub-grid of it, with 64×64 images as the published results have
    them.
    """

    files: ClassVar[tuple[GenuineFile, ...]]
    licence: ClassVar[str]
    citation: ClassVar[str]

    accept: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "file: MD5 of another upload of it (a corrected one) that is taken instead of the"
            " published one"
        ),
    )

    @field_validator("accept")
    @classmethod
    def _sums(cls, value: dict[str, str]) -> dict[str, str]:
        published = {file.key: file.md5 for file in cls.files}
        found = {name.partition(".")[0]: md5.lower() for name, md5 in value.items()}
        for name, md5 in found.items():
            if name not in published:
                raise ValueError(unknown("file", name, published))
            if not MD5.fullmatch(md5):
                raise ValueError(f"an MD5 has 32 hexadecimal digits; found {cut(md5)} for {name}")
        return {
            name: found[name]
            for name in published
            if found.get(name, published[name]) != published[name]
        }

    def md5(self, file: GenuineFile) -> str:
        """The checksum that a file must have."""
        return self.accept.get(file.key, file.md5)

    @property
    def download(self) -> Self:
        """The whole dataset of the same files: what is downloaded, whatever part of it is used."""
        return type(self)(accept=self.accept)

    @property
    def sources(self) -> tuple[str, ...]:
        """The record of the download."""
        return (paths.download(self.name()),)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""
        return 64, 64, self.channels


def downloads_of(datasets: Iterable[Dataset]) -> dict[str, GenuineGrid]:
    """Name → what is downloaded for these datasets.

    ConfigError if two want different files of one name.
    """
    found: dict[str, GenuineGrid] = {}
    for dataset in datasets:
        if isinstance(dataset, GenuineGrid):
            other = found.setdefault(dataset.name(), dataset.download)
            if other != dataset.download:
                raise ConfigError(
                    f"{dataset.name()} is wanted with accept {other.accept} and {dataset.accept};"
                    " its files lie in one place: give all experiments the same."
                )
    return found
