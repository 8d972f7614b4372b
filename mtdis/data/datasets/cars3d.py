"""Cars3D from its archive: one MATLAB file per car, 4 elevations × 24 azimuths, made smaller to
64×64.

disentanglement_lib numbers the cars in the order in which the file system lists them; here they are
in the order of their names.
"""

import gzip
import re
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from mtdis.data.chunks import Chunk
from mtdis.data.factors import kept_rows
from mtdis.data.genuine import downloads
from mtdis.data.genuine.checks import BLOCK, REMEDY, Pixels, check_array, chunks_of, reading
from mtdis.data.genuine.downloads import source
from mtdis.data.genuine.thumbnails import thumbnail
from mtdis.errors import ArtifactError
from mtdis.progress import progress_bar
from mtdis.specs.datasets.cars3d import Cars3d

__all__ = ["chunks", "source"]

MEMBER = re.compile(r"(?:\./)?data/cars/(car_\d+_mesh\.mat)")
SIDE = 128


def chunks(spec: Cars3d, folder: Path) -> Iterator[Chunk]:
    """The dataset from the archive below `folder`; nothing is unpacked to disk.

    ArtifactError if it is not whole.

    A car's images stand together in the archive and apart in the grid, so that all (216 MB) are
    held at once.
    """
    (path,) = downloads.verified_files(spec, folder)
    cars = _names(path, spec.full_grid.sizes[2])
    images = np.zeros((*spec.full_grid.sizes, *spec.image_shape), np.uint8)
    wanted = set(np.unique(kept_rows(spec) % len(cars)).tolist())
    for name, car in _cars(path, spec.full_grid.sizes[:2], {cars[number] for number in wanted}):
        images[:, :, cars.index(name)] = car
    flat = images.reshape(-1, *spec.image_shape)
    return chunks_of(spec, (flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)))


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The MATLAB files of the archive by their names, read in the order in which they lie."""
    with reading(path, "the archive"), gzip.open(path) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as archive:
            for member in archive:
                found = MEMBER.fullmatch(member.name)
                content = archive.extractfile(member) if found and member.isfile() else None
                if found and content:
                    yield found[1], content
        while packed.read(tarfile.RECORDSIZE):
            pass  # to the end, where gzip checks its checksum


def _names(path: Path, expected: int) -> list[str]:
    names = [name for name, _ in _members(path)]
    if len(set(names)) != expected or len(names) != expected:
        raise ArtifactError(
            f"{path}: {expected} different files data/cars/car_…_mesh.mat are needed; "
            f"found {len(names)}, {len(set(names))} of them different. {REMEDY}"
        )
    return sorted(names)


def _cars(path: Path, views: tuple[int, ...], wanted: set[str]) -> Iterator[tuple[str, Pixels]]:
    with progress_bar(len(wanted), "reading cars", "cars") as bar:
        for name, content in _members(path):
            if name in wanted:
                yield name, _views(path, name, content, views)
                bar.update(1)


def _views(path: Path, name: str, content: IO[bytes], views: tuple[int, ...]) -> Pixels:
    """A car's images (elevations, azimuths, 64, 64, 3)."""
    with reading(path, name):
        file: Any = BytesIO(content.read())
        stored: NDArray[np.uint8] = loadmat(file, variable_names=["im"])["im"]
    elevations, azimuths = views
    check_array(
        path,
        f"im of {name}",
        (stored.shape, stored.dtype),
        ((SIDE, SIDE, 3, azimuths, elevations), "uint8"),
    )
    each = np.ascontiguousarray(stored.transpose(4, 3, 0, 1, 2)).reshape(-1, SIDE, SIDE, 3)
    return np.stack([thumbnail(image) for image in each]).reshape(elevations, azimuths, 64, 64, 3)
