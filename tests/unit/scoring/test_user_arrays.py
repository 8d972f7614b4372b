"""Anyone's arrays: each that holds what is needed is taken, and no bytes do harm."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from helpers.places import ROOT

from mtdis.errors import ArtifactError
from mtdis.scoring.user_arrays import read_table

MUTANTS = int(os.environ.get("MTDIS_ARRAY_MUTANTS", "600"))
"""Damaged files that are read; thousands are for a check by hand."""
GRID = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)


def written(path: Path, array: Any, name: str = "codes") -> Path:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez_compressed(path, **{name: array})
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset(name, data=array, chunks=True, compression="gzip")
    return path


@pytest.mark.slow
def test_damaged_files_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    script = ROOT / "tests/helpers/array_mutants.py"
    words = [sys.executable, str(script), str(tmp_path), str(MUTANTS), "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=3600)
    assert done.returncode == 0, done.stderr  # not even libhdf5 ended it
    found = json.loads(done.stdout)
    assert set(found["ends"]) == {"read", "refused"}
    assert sum(found["ends"].values()) == 3 * MUTANTS
    assert found["most_bytes"] < 2**21
    assert found["grown_bytes"] < 2**26


@pytest.mark.parametrize("name", ["c.npy", "c.npz", "c.h5"])
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("?", "f4"),
        ("i1", "f4"),
        ("u2", "f4"),
        (">i2", "f4"),
        ("i4", "f8"),
        (">u8", "f8"),
        ("f2", "f4"),
        (">f2", "f4"),
        (">f4", "f4"),
        (">f8", "f8"),
        ("g", "f8"),
    ],
)
def test_codes_of_every_numeric_type_are_taken(
    name: str, dtype: str, expected: str, tmp_path: Path
) -> None:
    codes = (GRID % 2).astype(dtype)
    found = read_table(written(tmp_path / name, codes), "codes")
    assert found.dtype == np.dtype(expected)
    np.testing.assert_array_equal(found, GRID % 2)


@pytest.mark.parametrize("name", ["f.npy", "f.npz", "f.h5"])
@pytest.mark.parametrize("dtype", ["i1", ">i4", "u8", ">u2", "f2", ">f4", "f8", "g"])
def test_factors_of_every_type_that_holds_whole_numbers_are_taken(
    name: str, dtype: str, tmp_path: Path
) -> None:
    found = read_table(written(tmp_path / name, GRID.astype(dtype), "factors"), "factors")
    assert np.issubdtype(found.dtype, np.integer)
    np.testing.assert_array_equal(found, GRID)


@pytest.mark.parametrize("name", ["c.npy", "c.npz"])
def test_an_array_in_fortran_order_is_read_as_it_is(name: str, tmp_path: Path) -> None:
    codes = np.asfortranarray(np.random.RandomState(0).normal(size=(60, 3)))
    np.testing.assert_array_equal(read_table(written(tmp_path / name, codes), "codes"), codes)


WRONG_FACTORS: dict[str, Any] = {
    "found 1 that are NaN, the first in row 2, column 1": np.nan,
    "found 1 that are infinite, the first in row 2, column 1": np.inf,
    "found 1 that are fractions, the first in row 2, column 1": 0.5,
    "found 1 that are beyond 9,007,199,254,740,992": 2.0**60,
}


@pytest.mark.parametrize("message", WRONG_FACTORS)
def test_what_is_wrong_with_factors_is_said(message: str, tmp_path: Path) -> None:
    factors = GRID.astype(float)
    factors[2, 1] = WRONG_FACTORS[message]
    with pytest.raises(ArtifactError, match=message):
        read_table(written(tmp_path / "f.npy", factors), "factors")


def test_classes_made_by_the_advice_on_fractions_are_taken(tmp_path: Path) -> None:
    few, many = np.tile([0.5, 1.5], 30), np.random.default_rng(0).normal(size=60)
    raw = np.stack([few, many], axis=1)
    with pytest.raises(ArtifactError) as raised:
        read_table(written(tmp_path / "f.npy", raw), "factors")
    numbered, binned = re.findall(r"np\.\w+\(.*?\)(?=\.[ \n]|\.$|\[1\]\.)", str(raised.value))
    classes = np.stack(
        [eval(numbered + "[1]", {"np": np, "x": few}), eval(binned, {"np": np, "x": many})], axis=1
    )
    table = read_table(written(tmp_path / "g.npy", classes), "factors")
    assert [np.bincount(column).tolist() for column in table.T] == [[30, 30], [6] * 10]


@pytest.mark.parametrize(
    "array",
    [
        GRID.astype(complex),
        GRID.astype("S3"),
        GRID.astype("datetime64[s]"),
        np.zeros(60, [("a", "f4"), ("b", "f4")]),
        np.zeros((60, 3, 1)),
        np.zeros(()),
    ],
)
def test_what_is_no_table_of_numbers_is_one_sentence(array: Any, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="codes must be a table of numbers") as raised:
        read_table(written(tmp_path / "c.npy", array), "codes")
    assert "\n" not in str(raised.value)


def header(shape: str, version: bytes = b"\x01\x00") -> bytes:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY" + version + len(text).to_bytes(2 * version[0], "little") + text


@pytest.mark.parametrize(
    "content",
    [
        header("(1000000000, 1000)") + bytes(800),
        header("(0, 99999999999999999999999)"),
        header("(-1, 3)") + bytes(800),
        b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little") + bytes(800),
        header("(" * 3000) + bytes(800),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_claim_is_not_believed(content: bytes, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("c.npz" if packed else "c.npy")
    path.write_bytes(content)
    if packed:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("codes.npy", content)
    with pytest.raises(ArtifactError, match="codes"):
        read_table(path, "codes")


@pytest.mark.slow
def test_zeros_packed_without_end_are_refused(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "c.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("codes.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(header("(5000000, 8)"))
        for _ in range(5):
            stream.write(bytes(64_000_000))
    with pytest.raises(ArtifactError, match=r"codes unpack to 320,000,000 bytes, of a file of"):
        read_table(tmp_path / "c.npz", "codes")


def test_an_h5_of_numbers_that_were_never_written_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file.create_dataset("codes", (10**9, 100), "f8", chunks=(1000, 100))
    with pytest.raises(ArtifactError, match="the file has at most 0 of them"):
        read_table(tmp_path / "c.h5", "codes")


def test_an_h5_of_numbers_elsewhere_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "other.h5", GRID)
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["codes"] = h5py.ExternalLink("other.h5", "codes")
    with pytest.raises(ArtifactError, match="no array 'codes' among none"):
        read_table(tmp_path / "c.h5", "codes")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.npy")
    with pytest.raises(ArtifactError, match=r"can't read codes from .* is no file"):
        read_table(tmp_path / "c.npy", "codes")


def test_npz_of_other_packings_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.save(stream, GRID)
    with zipfile.ZipFile(tmp_path / "c.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("codes.npy", stream.getvalue())
    with pytest.raises(ArtifactError, match=r"packed otherwise than np\.savez_compressed does"):
        read_table(tmp_path / "c.npz", "codes")
