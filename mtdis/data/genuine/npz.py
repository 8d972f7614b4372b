"""Arrays of a published npz file, which must be as expected."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy.typing import DTypeLike, NDArray

from mtdis.data.genuine.checks import BLOCK, REMEDY, check_array, check_end, reading
from mtdis.data.npy_stream import npz_member, read_blocks, read_header
from mtdis.errors import ArtifactError


def blocks(
    path: Path, name: str, shape: tuple[int, ...], dtype: DTypeLike
) -> Iterator[NDArray[Any]]:
    """The array `name` of an npz file in blocks of rows (n, ...), n = 2048 but for the last.

    ArtifactError if the file is missing, damaged or ends early, or the array has another shape or
    dtype.
    """
    with reading(path, f"{name}.npy"), npz_member(path, name) as stream:
        header = read_header(stream)
        check_array(path, name, (header.shape, header.dtype), (shape, dtype))
        if header.fortran_order:
            raise ArtifactError(
                f"{path}: {name} is stored column by column (Fortran order). {REMEDY}"
            )
        yield from read_blocks(stream, shape, header.dtype, BLOCK)
        check_end(stream)
