"""Readers of the genuine files, on small files of the same formats.

The published ones can't be had here.
"""

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO
from unittest.mock import Mock

import h5py
import numpy as np
import pytest
import yaml
from helpers.genuine_files import GRIDS, Arrays, md5, place
from helpers.places import GENUINE, ROOT
from PIL import Image

from mtdis.cli import main
from mtdis.data.factors import grid_rows
from mtdis.data.genuine import downloads
from mtdis.data.genuine import npz as npz_stream
from mtdis.data.genuine.thumbnails import thumbnail
from mtdis.discover import members
from mtdis.errors import ArtifactError, ConfigError
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.ids import identify
from mtdis.study import Study

NAMES = tuple(GRIDS)
every = pytest.mark.parametrize("name", NAMES)


def read(spec: GenuineGrid) -> tuple[np.ndarray, ...]:
    """All images, classes and values of a dataset."""
    chunks = list(import_module(f"mtdis.data.datasets.{spec.name()}").chunks(spec, Path()))
    return tuple(np.concatenate(parts) for parts in zip(*chunks, strict=True))


# ---- what is published


@pytest.mark.parametrize(
    ("name", "count", "sizes", "channels", "white"),
    [
        ("dsprites", 737280, (1, 3, 6, 40, 32, 32), 1, 1),
        ("shapes3d", 480000, (10, 10, 10, 8, 4, 15), 3, 255),
        ("mpi3d_toy", 1036800, (6, 6, 2, 3, 3, 40, 40), 3, 255),
        ("mpi3d_realistic", 1036800, (6, 6, 2, 3, 3, 40, 40), 3, 255),
        ("mpi3d_real", 1036800, (6, 6, 2, 3, 3, 40, 40), 3, 255),
        ("cars3d", 17568, (4, 24, 183), 3, 255),
        ("small_norb", 2 * 24300, (5, 10, 9, 18, 6), 1, 255),
    ],
)
def test_the_published_grids(name, count, sizes, channels, white):
    spec = Dataset.from_fields(name)
    assert (spec.count, spec.sizes, spec.image_shape, spec.white) == (
        count,
        sizes,
        (64, 64, channels),
        white,
    )
    assert spec.complete
    assert spec.licence
    assert spec.citation
    assert all(file.urls for file in spec.files)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if f"{name}_rendered" in members("datasets")]
)
def test_genuine_and_rendered_are_one_word_apart(name):
    ours, theirs = Dataset.member(f"{name}_rendered"), Dataset.member(name)
    assert ours.full_grid == theirs.full_grid
    assert (ours.channels, ours.white, ours.replica_of) == (
        theirs.channels,
        theirs.white,
        theirs.replica_of,
    )


# ---- files as they should be


@every
def test_a_whole_file_comes_out_in_the_order_of_the_grid(name, monkeypatch):
    placed = place(name, monkeypatch)
    images, classes, values = read(placed.spec)
    expected = grid_rows(GRIDS[name], 0, GRIDS[name].count)
    assert images.dtype == np.uint8
    assert np.array_equal(images, placed.images)
    assert np.array_equal(classes, expected[0])
    assert np.array_equal(values, expected[1])


@every
def test_sub_grids_and_holes_pick_their_rows(name, monkeypatch):
    placed = place(name, monkeypatch)
    grid = GRIDS[name]
    first, second, last = grid.names[-3:]
    spec = type(placed.spec)(classes={last: (1,)}, drop=({first: 0, second: 0},))
    images, classes, values = read(spec)
    all_classes, all_values = grid_rows(grid, 0, grid.count)
    kept = (all_classes[:, -1] == 1) & ~((all_classes[:, -3] == 0) & (all_classes[:, -2] == 0))
    assert 0 < kept.sum() < grid.count
    assert len(images) == spec.count == kept.sum()
    assert np.array_equal(images, placed.images[kept])
    assert np.array_equal(values, all_values[kept])
    assert not classes[:, -1].any()


@pytest.mark.slow
@every
def test_the_command_records_file_checksum_licence_and_citation(name, monkeypatch, capsys):
    placed = place(name, monkeypatch)
    assert main(["dataset", "--spec", json.dumps({"name": name}), "--out", "data/d.json"]) == 0
    record = json.loads(Path("data/d.json").read_text())
    spec = placed.spec
    shown = capsys.readouterr().err
    for text in (spec.files[0].name, md5(placed.path()), spec.licence, spec.citation):
        assert text in record["source"]
        assert text in shown
    with h5py.File("data/d.h5") as file:
        assert np.array_equal(file["images"][()], placed.images)


def test_headers_that_python_2_wrote_are_read(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (4L, 2L, 3L), }"
    header += b" " * (117 - len(header)) + b"\n"
    with zipfile.ZipFile(tmp_path / "old.npz", "w") as archive:
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little")
        archive.writestr("imgs.npy", start + header + images.tobytes())
    (found,) = npz_stream.blocks(tmp_path / "old.npz", "imgs", (4, 2, 3), "uint8")
    assert np.array_equal(found, images)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(monkeypatch):
    peaks = []
    for cameras in ((0,), (0, 1)):  # 4,608 and 9,216 images: 57 and 113 MB
        grid = Dataset.member("mpi3d_toy").full_grid.part(
            {"camera_height": cameras, "background_color": (0,)}
            | {axis: tuple(range(8)) for axis in ("horizontal_axis", "vertical_axis")}
        )
        with monkeypatch.context() as patch:
            patch.setattr(Dataset.member("mpi3d_toy"), "full_grid", grid)
            path = Path(f"{len(cameras)}.npz")
            np.savez_compressed(path, images=np.zeros((grid.count, 64, 64, 3), np.uint8))
            patch.setattr(downloads, "verified_files", Mock(return_value=(path,)))
            tracemalloc.start()
            rows = sum(
                len(images)
                for images, _, _ in import_module("mtdis.data.datasets.mpi3d_toy").chunks(
                    Dataset.from_fields("mpi3d_toy"), Path()
                )
            )
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert rows == grid.count
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[1] < 150e6


def test_thumbnails_are_those_of_pillow_and_antialiased():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    small = thumbnail(stripes)
    assert small.shape == (64, 64, 3)
    assert np.abs(small[8:-8, 8:-8].astype(int) - 127.5).max() < 2  # finer than the pixels: grey
    whole = Image.fromarray(
        np.random.RandomState(0).randint(0, 256, (128, 128, 3)).astype(np.uint8)
    )
    by_thumbnail = whole.copy()
    by_thumbnail.thumbnail((64, 64), Image.Resampling.LANCZOS)
    assert np.array_equal(thumbnail(np.asarray(whole)), np.asarray(by_thumbnail))


def test_genuine_images_pass_through_unchanged(monkeypatch):
    path = GENUINE / "mpi3d_toy1.gif"
    if not path.exists():
        pytest.skip(f"the genuine frames are not beside the project: {path} is missing")
    with Image.open(path) as gif:
        frame = np.asarray(gif.convert("RGB"))
    tiles = frame[: frame.shape[0] // 64 * 64, : frame.shape[1] // 64 * 64]
    tiles = tiles.reshape(-1, 64, tiles.shape[1] // 64, 64, 3).swapaxes(1, 2).reshape(-1, 64, 64, 3)
    wanted = np.resize(tiles, (GRIDS["mpi3d_toy"].count, 64, 64, 3))
    placed = place("mpi3d_toy", monkeypatch, lambda arrays: arrays.update(images=wanted))
    assert np.array_equal(read(placed.spec)[0], wanted)


# ---- files as they should not be


def drop_array(key: str) -> Callable[[Arrays], object]:
    return lambda arrays: arrays.pop(key)


def replace(key: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[Arrays], object]:
    return lambda arrays: arrays.update({key: make(arrays[key])})


def swapped(table: np.ndarray) -> np.ndarray:
    """The table with rows 7 and 8 exchanged."""
    return table[[*range(7), 8, 7, *range(9, len(table))]]


CAR = "data/cars/car_002_mesh.mat"
WRONG = [
    ("dsprites", drop_array("imgs"), "can't read imgs.npy"),
    (
        "dsprites",
        replace("imgs", lambda a: a[:-1]),
        r"must have shape \(72, 64, 64\) of uint8; found \(71, 64, 64\)",
    ),
    ("dsprites", replace("imgs", lambda a: a.astype(float)), "found .* of float64"),
    ("dsprites", replace("imgs", lambda a: a.astype(object)), "found .* of object"),
    ("dsprites", replace("imgs", lambda a: a[:0]), r"found \(0, 64, 64\)"),
    ("dsprites", replace("imgs", np.asfortranarray), "Fortran order"),
    ("dsprites", replace("imgs", lambda a: a * 255), "must be 0 or 1; found 255"),
    (
        "dsprites",
        replace("latents_values", swapped),
        "of row 7 are .*posX 0, posY 0; expected .*posX 0.03",
    ),
    (
        "dsprites",
        replace("latents_classes", swapped),
        "latents_classes of row 7 are .*orientation 2",
    ),
    ("shapes3d", drop_array("labels"), "can't read labels"),
    ("shapes3d", replace("images", lambda a: a[..., :1]), r"found \(96, 64, 64, 1\) of uint8"),
    (
        "shapes3d",
        replace("labels", lambda a: np.full_like(a, np.nan)),
        "labels of row 0 are floor_hue nan",
    ),
    ("shapes3d", replace("labels", lambda a: a.astype("float32")), "found .* of float32"),
    ("mpi3d_real", replace("images", lambda a: a[:5]), r"must have shape \(96, 64, 64, 3\)"),
    ("mpi3d_real", drop_array("images"), "can't read images.npy"),
    ("cars3d", drop_array(CAR), "4 different files .* are needed; found 3"),
    (
        "cars3d",
        replace(CAR, lambda a: a[:64]),
        r"im of car_002_mesh.mat must have shape \(128, 128, 3, 3, 2\)",
    ),
    ("cars3d", replace(CAR, lambda a: a.astype(float)), "found .* of float64"),
    (
        "small_norb",
        replace("dat", lambda a: a[:, :1]),
        r"the matrix must have shape \(48, 2, 96, 96\) of uint8",
    ),
    ("small_norb", replace("dat", lambda a: a.astype("float32")), "it begins with 0x1e3d4c51"),
    (
        "small_norb",
        replace("cat", lambda a: a + 1),
        "labelled category 2, .* which the grid has not",
    ),
    (
        "small_norb",
        replace("info", lambda a: a + np.array([0, 0, 1, 0], "i4")),
        "azimuth [1357], .* the grid has not",
    ),
    (
        "small_norb",
        replace("info", lambda a: a * np.array([1, 0, 1, 1], "i4")),
        "is there 3 times; expected once",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change", "message"), WRONG)
def test_wrong_arrays_are_named(name, change, message, monkeypatch):
    placed = place(name, monkeypatch, change)
    with pytest.raises(ArtifactError, match=message) as caught:
        read(placed.spec)
    assert str(placed.folder) in str(caught.value)
    assert "fetch it again with mtdis download" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda b: b[: len(b) // 2],
        lambda b: b[:0],
        lambda b: b[:9] + b"<html>not found",
        lambda b: b[:-30] + b"x" * 30,
    ],
    ids=["truncated", "empty", "another file", "damaged end"],
)
@pytest.mark.parametrize(
    ("name", "number"),
    [(name, n) for name in NAMES for n in range(len(Dataset.member(name).files[:3]))],
)
def test_damaged_files_are_named(name, number, make, monkeypatch):
    placed = place(name, monkeypatch)
    files = list(placed.spec.files)
    placed.path(number).write_bytes(make(placed.path(number).read_bytes()))
    files[number] = GenuineFile(files[number].name, files[number].urls, md5(placed.path(number)))
    monkeypatch.setattr(type(placed.spec), "files", tuple(files))
    downloads.fetch(Path(placed.spec.sources[0]), placed.spec)
    with pytest.raises(ArtifactError, match="can't read") as caught:
        read(placed.spec)
    assert files[number].name in str(caught.value)


def write_nothing(stream: IO[bytes], content: object) -> None:
    stream.write(b"MATLAB 5.0 MAT-file" + b" " * 200)


def test_a_damaged_car_is_named(monkeypatch):
    monkeypatch.setattr("helpers.genuine_files.savemat", write_nothing)
    placed = place("cars3d", monkeypatch)
    with pytest.raises(ArtifactError, match=r"can't read car_003_mesh\.mat"):
        read(placed.spec)


# ---- checksums and what is accepted instead


@every
def test_a_changed_file_is_refused(name, monkeypatch):
    placed = place(name, monkeypatch)
    with placed.path().open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtifactError, match="its record says"):
        read(placed.spec)
    placed.path().unlink()
    with pytest.raises(ArtifactError, match=r"is missing.*Put the file back"):
        read(placed.spec)


def test_a_record_of_another_upload_is_refused_both_ways(monkeypatch, capsys):
    placed = place("shapes3d", monkeypatch)
    other = {"name": "shapes3d", "accept": {"3dshapes.h5": "0" * 32}}
    with pytest.raises(
        ArtifactError, match=f"has MD5 {md5(placed.path())}, the dataset is of {'0' * 32}"
    ):
        read(Dataset.from_fields(other))
    assert main(["download", "--spec", json.dumps(other)]) == 2
    message = capsys.readouterr().err
    assert md5(placed.path()) in message
    assert f"accept: {{3dshapes: {md5(placed.path())}}}" in message


def test_no_record_says_what_makes_it():
    with pytest.raises(
        ArtifactError, match=r"data/downloads/cars3d.json is missing; mtdis download"
    ):
        read(Dataset.from_fields("cars3d"))


def test_accepting_changes_the_id():
    spec = Dataset.from_fields({"name": "mpi3d_real", "accept": {"mpi3d_real.npz": "A" * 32}})
    text = identify(spec)
    assert text[len("mpi3d_real") + 1 :] == f"accept.mpi3d_real={'a' * 32}"
    published = spec.files[0].md5
    assert (
        identify(Dataset.from_fields({"name": "mpi3d_real", "accept": {"mpi3d_real": published}}))
        == "mpi3d_real"
    )


@pytest.mark.parametrize(
    ("accept", "message"),
    [
        ({"mpi3d_toy.npz": "0" * 32}, "unknown file 'mpi3d_toy'. Did you mean 'mpi3d_real'"),
        ({"mpi3d_real.npz": "0" * 31}, "an MD5 has 32 hexadecimal digits"),
    ],
)
def test_what_can_be_accepted_is_checked(accept, message):
    with pytest.raises(ConfigError, match=message):
        Dataset.from_fields({"name": "mpi3d_real", "accept": accept})


# ---- the study


def study_of(*datasets: object) -> Study:
    body = {"kind": "random", "seed": 1}
    experiments = {f"e{n}": body | {"dataset": dataset} for n, dataset in enumerate(datasets)}
    return Study.from_config({"name": "s", "experiments": experiments})


def test_a_study_downloads_each_dataset_once_whatever_part_of_it():
    part = {"name": "shapes3d", "subgrid": {"scale": 2}}
    study = study_of("shapes3d", part, "dsprites_rendered")
    assert list(study.downloads) == ["shapes3d"]
    assert study.download("shapes3d") == '{"name":"shapes3d"}'
    assert study.dataset_sources(identify(Dataset.from_fields(part))) == [
        "data/downloads/shapes3d.json"
    ]
    assert study.dataset_sources("dsprites_rendered") == []


def test_two_uploads_of_one_file_in_a_study_are_an_error():
    with pytest.raises(ConfigError, match="its files lie in one place"):
        study_of("shapes3d", {"name": "shapes3d", "accept": {"3dshapes": "0" * 32}})


def test_a_rendered_dataset_has_nothing_to_download(capsys):
    assert main(["download", "--spec", '{"name": "dsprites_rendered"}']) == 2
    assert "dsprites_rendered has no files to download" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["dsprites", "shapes3d", "mpi3d_real"])
def test_one_word_makes_the_papers_study_one_of_genuine_files(name):
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    rendered, genuine = (
        Study.from_config(config | {"defaults": config["defaults"] | {"dataset": word}})
        for word in (f"{name}_rendered", name)
    )
    assert list(genuine.downloads) == [name]
    assert not rendered.downloads
    assert len(genuine.runs) == len(rendered.runs)
    assert all(genuine.dataset_sources(dataset) for dataset in genuine.datasets)
