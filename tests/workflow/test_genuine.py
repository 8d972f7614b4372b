"""A genuine dataset through snakemake: downloaded from a server on the loopback, then prepared.

Its grid is small.
"""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.genuine_files import md5

from .conftest import CONFIG, StudyFolder
from .test_reruns import edit

NAME = "mpi3d_toy.npz"
IMAGES = np.random.RandomState(0).randint(0, 256, (96, 64, 64, 3)).astype(np.uint8)
DATASET = {"name": "mpi3d_toy", "classes": {"object_color": [0, 2]}}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Of a server that has the file."""
    (tmp_path / "served").mkdir()
    np.savez(tmp_path / "served" / NAME, images=IMAGES)
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/{NAME}"
        server.shutdown()
        thread.join()


@pytest.fixture
def study(tmp_path: Path, other_checkout: Path, url: str) -> StudyFolder:
    """A study on 96 images, whose grid, URL and checksum stand in a changed checkout."""
    grid = (
        "MPI3D.part({'object_color': (0, 1, 2), 'object_shape': (0, 1), 'object_size': (0, 1),"
        " 'camera_height': (0,), 'background_color': (0, 1), 'horizontal_axis': (0, 1),"
        " 'vertical_axis': (0, 1)})"
    )
    spec = other_checkout / "mtdis/specs/datasets/mpi3d_toy.py"
    edit(spec, "= MPI3D\n", f"= {grid}\n")
    edit(spec, r"urls\(.*?\), md5=\"\w+\"", f'("{url}",), md5="{md5(tmp_path / "served" / NAME)}"')
    folder = StudyFolder(tmp_path / "folder", other_checkout)
    folder.path.mkdir()
    body = CONFIG["experiments"]["one"] | {"dataset": DATASET, "kind": ["random"]}
    folder.write(
        CONFIG
        | {
            "experiments": {
                "one": {k: v for k, v in body.items() if k not in ("tables", "figures")}
            }
        }
    )
    return folder


def test_a_study_downloads_once_then_reads(
    study: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert study.planned()["download"] == 1
    prepared = next(iter(study_outputs(study)))
    done = study.snakemake(prepared)
    assert done.returncode == 0, done.stdout
    with h5py.File((study.path / prepared).with_suffix(".h5")) as file:
        assert np.array_equal(file["images"][()], np.concatenate([IMAGES[:32], IMAGES[64:]]))
        assert md5(study.path / "data/downloads/mpi3d_toy" / NAME) in file.attrs["source"]
    (
        study.path / "data/downloads/mpi3d_toy.json"
    ).touch()  # verified again: what was read stays as it is
    assert "dataset" not in study.planned()
    assert "download" not in study.planned()


def study_outputs(study: StudyFolder) -> Iterator[str]:
    """The records of datasets that a dry-run names."""
    for line in study.snakemake("-n", "--logger-mtdis-jobs").stdout.splitlines():
        name = line.strip().removeprefix("output: ")
        if name.startswith("data/mpi3d_toy") and name.endswith(".json"):
            yield name
