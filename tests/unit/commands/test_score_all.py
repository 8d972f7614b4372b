"""`mtdis score --metric all`: each metric's own values, and what one that refuses costs the
others.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from mtdis.cli import main
from mtdis.discover import members

SMALL = {"num_train": 60, "num_test": 60, "num_eval": 60}


def score(folder: Path, metric: str, codes: np.ndarray, **settings: int) -> int:
    """The status of scoring codes of a grid of 3 × 4 × 5."""
    np.save(folder / "codes.npy", codes)
    np.save(folder / "factors.npy", np.indices((3, 4, 5)).reshape(3, -1).T)
    words = ["--codes", str(folder / "codes.npy"), "--factors", str(folder / "factors.npy")]
    chosen = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    return main(["score", "--metric", metric, *words, "--seed", "3", *chosen])


def test_values_are_those_of_each_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = np.random.RandomState(0).standard_normal((60, 3))
    assert score(tmp_path, "all", codes, **SMALL) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == list(members("metrics"))
    assert score(tmp_path, "mig", codes, num_train=60) == 0
    assert json.loads(capsys.readouterr().out) == found["mig"]
    assert score(tmp_path, "factor_vae", codes, num_train=60, num_eval=60) == 0
    assert json.loads(capsys.readouterr().out) == found["factor_vae"]


def test_where_a_metric_refuses_the_others_go_on_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(tmp_path, "all", np.arange(60.0)[:, None], **SMALL) == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    refused = {name for name, values in found.items() if "error" in values}
    assert {"mig", "dci", "sap"} <= refused
    assert not {"irs", "mig_sup", "factor_vae"} & refused
    message = "mig: this metric compares codes: at least 2 are needed, got 1"
    assert found["mig"] == {"error": message}
    assert f"mtdis: error: {message}\n" in err
    assert len(err.splitlines()) == len(refused)


def test_a_calibration_that_too_few_codes_are_left_to_says_how_to_go_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = np.column_stack([np.arange(60.0), np.ones((60, 2))])
    assert score(tmp_path, "mig", codes) == 0
    words = ["--codes", str(tmp_path / "codes.npy"), "--factors", str(tmp_path / "factors.npy")]
    assert main(["score", "--metric", "mig", "--calibrate", *words]) == 2
    message = "which leaves out constant codes: this metric compares codes: at least 2 are needed"
    error = capsys.readouterr().err
    assert message in error
    assert "leave --calibrate out for the score alone" in error


def test_a_setting_that_no_metric_has_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(tmp_path, "all", np.ones((60, 2)), num_trian=5) == 2
    assert "unknown setting 'num_trian'. Did you mean 'num_train'?" in capsys.readouterr().err
