"""A finished run as an object: what it stored, and networks that encode again to the same codes."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.small_study import DATASET, FIELDS, spec_of, train

import mtdis
from mtdis import paths
from mtdis.artifacts import datasets, runs
from mtdis.errors import ArtifactError
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify
from mtdis.training.saved_run import SavedRun


def saved(data: Path, spec: dict[str, Any]) -> SavedRun:
    """A run trained by the command, in the folders of a study."""
    record = Path(paths.run("mine"))
    assert train(data, record, spec) == 0
    beside = Path(paths.dataset(identify(Dataset.from_fields(DATASET))))
    beside.parent.mkdir(exist_ok=True)
    for suffix in (".json", ".h5"):
        shutil.copy(data / f"d{suffix}", beside.with_suffix(suffix))
    return mtdis.load_run(record.parent)


SPECS = {
    "single_task": spec_of("single_task"),
    "vae": FIELDS | {"kind": "vae", "latent_size": 4, "epochs": 1, "batch_size": 32},
    "pca": FIELDS | {"kind": "pca", "latent_size": 4},
}


@pytest.mark.parametrize("kind", SPECS)
def test_encoding_the_images_again_gives_the_stored_codes(kind: str, data: Path) -> None:
    run = saved(data, SPECS[kind])
    assert set(run.networks) == set(run.codes) == set(run.spec.networks)
    images = datasets.read_dataset(data / "d.json", "images")
    np.testing.assert_array_equal(run.images, images)
    for network in run.spec.networks:
        stored, _ = runs.read_codes(run.record, network)
        np.testing.assert_array_equal(run.codes[network], stored)
        for rows in (slice(None), slice(5, 8)):
            again = run.encode(images[rows], network)
            np.testing.assert_allclose(again, stored[rows], rtol=1e-5, atol=1e-6)


def test_codes_and_factors_are_of_the_same_images(data: Path) -> None:
    run = saved(data, SPECS["pca"] | {"keep_codes": "test"})
    classes = datasets.read_dataset(data / "d.json", "factors")
    assert len(run.rows) < len(classes)
    np.testing.assert_array_equal(run.factors, classes[run.rows])
    np.testing.assert_allclose(run.encode(run.images), run.codes["pca"], rtol=1e-5, atol=1e-6)
    assert run.factors.shape == (len(run.codes["pca"]), len(run.factor_names))
    assert run.result["networks"][0]["diverged"] is False


def test_what_can_not_be_encoded_is_named(data: Path) -> None:
    run = saved(data, SPECS["single_task"])
    good = run.images[:2]
    for images, found in (
        (good[:, :4], r"\(2, 4, 8, 1\)"),
        (good.astype(np.float32), "float32"),
        (good + 255 - good.max(), "255"),
    ):
        with pytest.raises(ValueError, match=rf"must be \(n, 8, 8, 1\) of uint8 .*{found}"):
            run.encode(images, "task1")
    with pytest.raises(ValueError, match="one of task1, task2, task3; none was named"):
        run.encode(good)
    truth = saved(data, FIELDS | {"kind": "ground_truth"})
    assert truth.networks == {}
    with pytest.raises(ValueError, match="has no network"):
        truth.encode(good)


def test_a_run_that_is_not_there_or_without_its_data_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"nowhere/run\.json is missing"):
        mtdis.load_run("nowhere")
    run = saved(data, SPECS["pca"])
    with pytest.raises(ArtifactError, match="elsewhere"):
        _ = mtdis.load_run(run.record, data=tmp_path / "elsewhere").factors
    assert len(run.factors) == len(run.codes["pca"])


def test_importing_mtdis_is_light_and_a_run_brings_no_torch_before_it_encodes(data: Path) -> None:
    run = saved(data, SPECS["pca"])
    code = (
        "import sys, mtdis\n"
        "assert not {'numpy', 'pydantic', 'torch'} & set(sys.modules)\n"
        "run = mtdis.load_run(sys.argv[1])\n"
        "assert run.codes['pca'].shape[0] == len(run.factors)\n"
        "import mtdis.metrics\n"
        "assert {'mig', 'dci'} <= set(dir(mtdis.metrics))\n"
        "mtdis.metrics.mig.score(run.codes['pca'], run.factors)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, run.record], check=True)
