"""Small files in the formats of the published datasets, as their authors wrote them, with grids
made small to match.
"""

import gzip
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from mtdis.data.factors import grid_rows
from mtdis.data.genuine import downloads
from mtdis.data.genuine.mirrors import checksums
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import DSPRITES, MPI3D, SHAPES3D, Grid, indices

FEW = (0, 1)
MPI3D_SMALL = MPI3D.part(
    dict.fromkeys(MPI3D.names[:2] + MPI3D.names[5:], FEW) | {"camera_height": (0,)}
)
GRIDS = {
    "dsprites": DSPRITES.part(
        {"scale": (0, 5), "orientation": (0, 1, 2), "posX": FEW, "posY": FEW}
    ),
    "shapes3d": SHAPES3D.part(
        dict.fromkeys(SHAPES3D.names[:3], (0, 3))
        | {
            "scale": (0, 7),
            "shape": FEW,
            "orientation": (0, 7, 14),
        }
    ),
    "mpi3d_toy": MPI3D_SMALL,
    "mpi3d_realistic": MPI3D_SMALL,
    "mpi3d_real": MPI3D_SMALL,
    "cars3d": Grid(("elevation", "azimuth", "object"), (indices(2), indices(3), indices(4))),
    "small_norb": Grid(
        ("category", "instance", "elevation", "azimuth", "lighting"),
        (indices(2), indices(2), indices(3), indices(4), indices(2)),
    ),
}
Arrays = dict[str, NDArray[Any]]
Change = Callable[[Arrays], object]
"""What a test does to the arrays before they are written."""


@dataclass
class Placed:
    """A small genuine dataset at its place: its spec class, and what was written as it should come
    out.
    """

    spec: GenuineGrid
    images: NDArray[np.uint8]
    folder: Path

    def path(self, number: int = 0) -> Path:
        """One of its files."""
        return self.folder / self.spec.files[number].name


def as_it_is(arrays: Arrays) -> None:
    """No change."""


def place(name: str, patch: pytest.MonkeyPatch, change: Change = as_it_is) -> Placed:
    """Write the small files of a dataset below the working folder, and their record.

    The spec class is patched.
    """
    cls: Any = Dataset.member(name)
    patch.setattr(cls, "full_grid", GRIDS[name])
    folder = Path("data/downloads", name)
    folder.mkdir(parents=True)
    writer = WRITERS.get(name, write_mpi3d)
    images = writer(folder, cls, change)
    patch.setattr(
        cls, "files", tuple(GenuineFile(f.name, f.urls, md5(folder / f.name)) for f in cls.files)
    )
    placed = Placed(cls(), images, folder)
    downloads.fetch(Path(placed.spec.sources[0]), placed.spec)
    return placed


def md5(path: Path) -> str:
    return str(checksums(path)["md5"])


def noise(shape: tuple[int, ...], top: int = 256) -> NDArray[np.uint8]:
    """Images that all differ."""
    return np.random.RandomState(1).randint(0, top, shape).astype(np.uint8)


def write_dsprites(folder: Path, cls: type[GenuineGrid], change: Change) -> NDArray[np.uint8]:
    classes, values = grid_rows(cls.full_grid, 0, cls.full_grid.count)
    images = noise((len(values), 64, 64), 2)
    metadata = np.array({"title": "never opened"}, dtype=object)
    arrays: Arrays = {
        "imgs": images,
        "latents_values": values,
        "latents_classes": classes,
        "metadata": metadata,
    }
    change(arrays)
    np.savez_compressed(folder / cls.files[0].name, **arrays)
    return images[..., None]


def write_shapes3d(folder: Path, cls: type[GenuineGrid], change: Change) -> NDArray[np.uint8]:
    _, values = grid_rows(cls.full_grid, 0, cls.full_grid.count)
    images = noise((len(values), 64, 64, 3))
    arrays: Arrays = {"images": images, "labels": values + 1e-9}  # rounded otherwise than ours
    change(arrays)
    with h5py.File(folder / cls.files[0].name, "w") as file:
        for key, array in arrays.items():
            file.create_dataset(
                key, data=array, chunks=True, compression="gzip", compression_opts=1
            )
    return images


def write_mpi3d(folder: Path, cls: type[GenuineGrid], change: Change) -> NDArray[np.uint8]:
    images = noise((cls.full_grid.count, 64, 64, 3))
    arrays: Arrays = {"images": images}
    change(arrays)
    np.savez(folder / cls.files[0].name, **arrays)
    return images


def write_cars3d(folder: Path, cls: type[GenuineGrid], change: Change) -> NDArray[np.uint8]:
    """An archive in no order."""
    elevations, azimuths, cars = cls.full_grid.sizes
    large = noise((elevations, azimuths, cars, 128, 128, 3))
    arrays: Arrays = {
        f"data/cars/car_{car + 1:03d}_mesh.mat": large[:, :, car].transpose(2, 3, 4, 1, 0)
        for car in (2, 0, 3, 1)
    }
    change(arrays)
    with tarfile.open(folder / cls.files[0].name, "w:gz", compresslevel=1) as archive:
        for name, im in {
            "data/readme.mat": np.zeros(1),
            "../cars/car_009_mesh.mat": np.zeros(1),
            **arrays,
        }.items():
            stream = io.BytesIO()
            savemat(stream, {"im": im})
            add(archive, name, stream.getvalue())
    return smaller(large.reshape(-1, 128, 128, 3))


def smaller(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (n, H, W) or (n, H, W, 3) as disentanglement_lib makes them smaller (Cars3D's way)."""
    made = [Image.fromarray(image) for image in images]
    for image in made:
        image.thumbnail((64, 64), Image.Resampling.LANCZOS)
    return np.stack([np.asarray(image) for image in made])


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def write_small_norb(folder: Path, cls: type[GenuineGrid], change: Change) -> NDArray[np.uint8]:
    """Two parts by instance, each shuffled; the second image of each pair is black."""
    classes, _ = grid_rows(cls.full_grid, 0, cls.full_grid.count)
    grey = noise((len(classes), 96, 96))
    for part in range(2):
        rows = np.random.RandomState(part).permutation(np.flatnonzero(classes[:, 1] == part))
        stored = classes[rows] * [1, 1, 1, 2, 1]
        left = grey[rows]
        arrays: Arrays = {
            "dat": np.stack([left, np.zeros_like(left)], axis=1),
            "cat": stored[:, 0].astype("<i4"),
            "info": stored[:, 1:].astype("<i4"),
        }
        if part == 0:
            change(arrays)
        for number, array in enumerate(arrays.values()):
            (folder / cls.files[3 * part + number].name).write_bytes(
                gzip.compress(matrix(array), 1)
            )
    return smaller(grey)[..., None]


MAGIC = {"uint8": 0x1E3D4C55, "int32": 0x1E3D4C54, "float32": 0x1E3D4C51}


def matrix(array: NDArray[Any]) -> bytes:
    """An array in NORB's format."""
    sizes = [*array.shape, *[1] * (3 - array.ndim)]
    header = np.array([MAGIC[array.dtype.name], array.ndim, *sizes], "<u4")
    return header.tobytes() + array.tobytes()


WRITERS = {
    "dsprites": write_dsprites,
    "shapes3d": write_shapes3d,
    "cars3d": write_cars3d,
    "small_norb": write_small_norb,
}
