"""Files: written whole or not at all, refused when they are not what their record says."""

import json
import os
import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from helpers.resealed import resealed
from numpy.typing import NDArray

from mtdis.artifacts import datasets, files, records, runs
from mtdis.errors import ArtifactError
from mtdis.specs.dataset import Dataset
from mtdis.specs.run import Run


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    files.write_text(target, "old")
    with pytest.raises(KeyError):
        _fail_halfway(target)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a.json"]


def _fail_halfway(target: Path) -> None:
    with files.atomic(target) as temporary:
        temporary.write_text("half")
        raise KeyError


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_json_refuses_nan_and_is_the_same_text_for_the_same_content(tmp_path: Path) -> None:
    files.write_record(tmp_path / "a.json", {"b": 1, "a": [0.1]})
    files.write_record(tmp_path / "b.json", {"a": [0.1], "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    with pytest.raises(ValueError, match=r"not JSON compliant|[Oo]ut of range"):
        files.write_record(tmp_path / "c.json", {"a": float("nan")})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is missing; mtdis train makes it"),
        ("{", "is damaged"),
        ("[]", "a mapping is expected"),
    ],
)
def test_a_missing_or_damaged_record_is_named(
    tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(ArtifactError, match=rf"run\.json.*{message}|{message}"):
        records.read_json(tmp_path / "run.json", "mtdis train")


def test_verify_tells_a_truncated_file_from_a_changed_one(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1234")
    seal = files.seal(path)
    files.verify(path, seal, "Do it again.")
    path.write_bytes(b"12")
    with pytest.raises(ArtifactError, match=r"x has 2 bytes, its record says 4\. Do it again\."):
        files.verify(path, seal, "Do it again.")
    path.write_bytes(b"1235")
    with pytest.raises(ArtifactError, match="x has SHA-256"):
        files.verify(path, seal, "")
    path.unlink()
    with pytest.raises(ArtifactError, match="x is missing"):
        files.verify(path, seal, "")
    path.mkdir()
    with pytest.raises(ArtifactError, match=r"x is no regular file\. Do it again\."):
        files.verify(path, seal | {"bytes": path.stat().st_size}, "Do it again.")


def test_a_dataset_reads_back_without_mtdis_and_a_changed_one_is_refused(
    data: Path, tmp_path: Path
) -> None:
    for name in ("d.json", "d.h5"):
        (tmp_path / name).write_bytes((data / name).read_bytes())
    with h5py.File(tmp_path / "d.h5") as file:
        assert file["images"].shape == (96, 8, 8, 1)
        assert list(file.attrs["names"]) == [
            "color",
            "shape",
            "scale",
            "orientation",
            "posX",
            "posY",
        ]
        assert list(file.attrs["sizes"]) == [1, 3, 2, 4, 2, 2]
    np.testing.assert_array_equal(
        datasets.read_dataset(tmp_path / "d.json", "factors")[:3, 4:], [[0, 0], [0, 1], [1, 0]]
    )
    with h5py.File(tmp_path / "d.h5", "r+") as file:
        file["images"][5, 3, 3] ^= 1
    with pytest.raises(ArtifactError, match=r"d\.h5: 'images' has SHA-256 .* Delete .*d\.json"):
        datasets.read_dataset(tmp_path / "d.json", "images")


NAMES = {"uint8": "images", "int64": "factors", "float64": "values"}


def store(folder: Path, images: NDArray[Any], **options: Any) -> Path:
    """A record of an array that h5py stored with these options, with the checksum of its bytes."""
    with h5py.File(folder / "s.h5", "w") as file:
        file.create_dataset(NAMES[str(images.dtype)], data=images, **options)
    spec = Dataset.from_fields("dsprites_rendered")
    shapes = {"images": list(images.shape), "factors": list(images.shape)}
    about = {
        "id": "s",
        "spec": spec.resolved(),
        "source": "",
        "bytes": (folder / "s.h5").stat().st_size,
        "sha256": {NAMES[str(images.dtype)]: sha256(images.tobytes()).hexdigest()},
    }
    return resealed(folder / "s.json", records.facts_of(spec) | about | {"shapes": shapes})


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((0, 4), {}),  # no rows
        ((3, 0), {}),  # rows without bytes
        ((3, 4), {}),  # less than a block
        ((32, 4), {}),  # whole blocks
        ((37, 4), {}),  # and a rest
        ((5, 100), {}),  # rows larger than a block
        ((50,), {}),
        ((37, 4), {"chunks": (5, 3)}),
        ((37, 2, 2), {"chunks": True, "compression": "gzip"}),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64"])
def test_an_array_read_in_blocks_is_what_was_stored(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[int, ...],
    options: dict[str, Any],
    dtype: str,
) -> None:
    monkeypatch.setattr(files, "BLOCK", 64)
    images = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    found = datasets.read_dataset(store(tmp_path, images, **options), NAMES[dtype])
    np.testing.assert_array_equal(found, images, strict=True)


@pytest.mark.parametrize("options", [{}, {"chunks": (7, 5)}])
def test_a_flipped_bit_in_any_block_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(files, "BLOCK", 64)
    images = np.random.default_rng(0).integers(
        0, 256, (37, 16), np.uint8
    )  # ten blocks, the last of one row
    record = store(tmp_path, images, **options)
    for row in (*range(0, 37, 4), 35):
        changed = images.copy()
        changed[row, row % 16] ^= 1
        with h5py.File(tmp_path / "s.h5", "r+") as file:
            file["images"][...] = changed
        with pytest.raises(ArtifactError, match=r"s\.h5: 'images' has SHA-256"):
            datasets.read_dataset(record, "images")


def test_swapped_blocks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BLOCK", 64)
    images = np.arange(128, dtype=np.uint8).reshape(32, 4)
    record = store(tmp_path, images)
    with h5py.File(tmp_path / "s.h5", "r+") as file:
        file["images"][...] = np.roll(images, 16, axis=0)
    with pytest.raises(ArtifactError, match="has SHA-256"):
        datasets.read_dataset(record, "images")


def test_the_same_bytes_of_another_type_are_refused(tmp_path: Path) -> None:
    images = np.arange(128, dtype=np.uint8).reshape(32, 4)
    record = store(tmp_path, images)
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["images"] = images.view(np.int8)
    with pytest.raises(ArtifactError, match=r"type int8, expected \(32, 4\) and uint8"):
        datasets.read_dataset(record, "images")


def test_loading_takes_the_memory_of_the_array_once(tmp_path: Path) -> None:
    record = store(tmp_path, np.ones((2**14, 64, 64), np.uint8))  # four blocks
    tracemalloc.start()
    try:
        found = datasets.read_dataset(record, "images")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.nbytes <= peak <= 1.1 * found.nbytes


def test_a_truncated_dataset_is_an_error_with_the_fix(data: Path, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes((data / "d.json").read_bytes())
    (tmp_path / "d.h5").write_bytes((data / "d.h5").read_bytes()[:3000])
    with pytest.raises(ArtifactError, match=r"can't read 'images' of .*d\.h5.*Delete .*d\.json"):
        datasets.read_dataset(tmp_path / "d.json", "images")


def test_a_full_disk_is_named_and_what_was_there_stays(full_disk: Path) -> None:
    files.write_text(full_disk / "old", "kept")
    with pytest.raises(
        ArtifactError,
        match=r"can't write .*new: the disk is full, .* bytes are free in .*Free some space",
    ):
        files.write_text(full_disk / "new", "x" * 2**20)
    codes = {"network": np.zeros((100_000, 8), np.float32)}
    with pytest.raises(ArtifactError, match=r"codes\.h5: the disk is full"):
        runs.write_codes(full_disk / "codes.h5", codes, np.arange(100_000))
    assert names(full_disk) == ["old"]
    assert (full_disk / "old").read_text() == "kept"


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ArtifactError, match=r"can't write .*taken/x"):
        files.write_text(tmp_path / "taken" / "x", "")


def test_leftovers_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".codes.h5.123.tmp").write_text("half")
    (tmp_path / "codes.h5").write_text("whole")
    (tmp_path / ".codes.h5.json.7.tmp").write_text("another file's")
    files.remove_leftovers(tmp_path / "codes.h5")
    assert names(tmp_path) == [".codes.h5.json.7.tmp", "codes.h5"]


def test_a_shortened_id_is_resolved_and_a_collision_is_an_error(tmp_path: Path) -> None:
    fields = {
        "name": "dsprites_rendered",
        "image_size": 32,
        "subgrid": {"scale": 3, "orientation": 10, "posX": 12, "posY": 12},
    }
    run = Run.member("multi_head").parse({"dataset": fields, "seed": 1, "epochs": 10})
    files.record_id(run)
    files.record_id(run)
    (index,) = (tmp_path / "results/ids").iterdir()
    assert json.loads(index.read_text())["spec"] == run.elided()
    other = index.read_text().replace("epochs=10", "epochs=11")
    resealed(index, json.loads(other))
    with pytest.raises(ArtifactError, match=r"already belongs to .*epochs=11"):
        files.record_id(run)


def test_short_ids_need_no_index(tmp_path: Path) -> None:
    files.record_id(Dataset.from_fields("dsprites_rendered"))
    assert names(tmp_path) == []


def test_checksums_that_lost_the_line_of_the_csv_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    path.with_suffix(".csv").write_text("a\n1\n")
    files.write_frame(path, pd.DataFrame({"a": [1]}))
    assert files.verify_table(path)
    beside = tmp_path / "long.parquet.sha256"
    parquet, csv = beside.read_text().splitlines(keepends=True)
    assert csv.endswith("  long.csv\n")
    beside.write_text(parquet)
    with pytest.raises(ArtifactError, match=r"is damaged: it has none of long\.csv"):
        files.verify_table(path)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_weights_follow_the_umask_as_their_siblings_do(
    umask: int, mode: int, tmp_path: Path
) -> None:
    before = os.umask(umask)
    try:
        files.write_weights(tmp_path / "weights.safetensors", {"w": torch.zeros(2)})
        files.write_text(tmp_path / "run.json", "{}")
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {mode}
