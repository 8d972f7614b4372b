"""What README and docs/record.md say of the record study comes from what is kept of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from helpers.places import ROOT

from docs.generate import outcome, record
from mtdis.study import Study

ARMS = ("kinds", "task_counts", "no_axes", "sparse", "sparse_factors", "true_factors")
MOST_BYTES = 5 * 2**20


@pytest.fixture(scope="module")
def kept() -> outcome.Kept:
    return outcome.kept()


@pytest.mark.slow
def test_pages_are_those_that_the_kept_tables_make(kept: outcome.Kept) -> None:
    for path, text in record.texts(kept).items():
        assert path.read_text() == text, f"{path}: run python -m docs.generate.record"


@pytest.mark.slow
def test_kept_claims_are_tested_anew_to_the_same_verdicts(kept: outcome.Kept) -> None:
    before = pd.read_csv(outcome.KEPT / "claims.csv")
    assert list(before["verdict"]) == list(kept.claims["verdict"])
    for column in ("mean", "low", "high", "p", "adjusted_p"):
        np.testing.assert_allclose(before[column], kept.claims[column], rtol=1e-6, err_msg=column)


def test_what_is_kept_is_small_and_no_weights() -> None:
    files = list(outcome.KEPT.iterdir())
    tables = [path for path in files if path.suffix == ".parquet"]
    assert sum(path.stat().st_size for path in tables) <= MOST_BYTES
    assert {path.suffix for path in files} <= {".parquet", ".json", ".csv", ".png"}


def test_the_kept_study_is_that_of_the_config(kept: outcome.Kept) -> None:
    now = Study.from_files([ROOT / "config.yaml", ROOT / "workflow/configs/record.yaml"])
    then = {run for name in ARMS for run in kept.study.run_ids(name)}
    assert set(now.runs) == set(kept.table["run"]) == then
    config = yaml.safe_load((ROOT / "workflow/configs/record.yaml").read_text())
    assert tuple(config["select"]) == ARMS
    for name in ARMS:
        assert now.experiments[name].claims == kept.study.experiments[name].claims, name


def test_gradient_descent_from_normal_values_prefers_no_axes(kept: outcome.Kept) -> None:
    found = record.even(kept, "no_axes")
    assert found["n"] == "20"
    assert min(float(found["mig"]), float(found["factor_vae"])) > 0.05


def test_what_made_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for run, seconds in (("a", 1800.0), ("b", 5400.0)):
        path = tmp_path / f"results/runs/{run}/run.json"
        path.parent.mkdir(parents=True)
        told = {"seconds": seconds, "commit": run, "processor": "P", "versions": {"torch": "2"}}
        path.write_text(json.dumps({"execution": told, "result": {"networks": [1, 2]}}))
    made = outcome.made_of(["a", "b"])
    assert made["training_hours"] == 2
    assert (made["runs"], made["networks"], made["commit"]) == (2, 4, ["a", "b"])
