"""The scores and calibrations that a plan counts as new are those for which jobs have to compute:
the files that finished jobs leave are taken for what there is.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import CONFIG, calibrate, finish, of_kind, score, study_in

from mtdis import paths
from mtdis.cli import main
from mtdis.study import Study

METRICS, NETWORKS = 4, 2 * (1 + 3 + 1)
"""Of CONFIG: mig, sap, factor_vae and dci; two seeds of random, single_task and multi_head."""
CALIBRATED = CONFIG | {"calibration": {"metrics": ["mig", "dci"], "rotations": 3}}


def counted(capsys: pytest.CaptureFixture[str], config: dict[str, Any]) -> tuple[int, int]:
    """(new scores, new calibrations) of the study of a config in this folder."""
    study_in(Path(), config)
    assert main(["plan", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    for what in ("new_scores", "new_calibrations"):
        assert plan["total"][what] == plan["experiments"]["one"][what]
    return plan["total"]["new_scores"], plan["total"]["new_calibrations"]


def test_they_are_as_many_as_networks_and_metrics_less_those_of_scored_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path, CALIBRATED)
    assert counted(capsys, CALIBRATED) == (METRICS * NETWORKS, 2 * NETWORKS)
    run_id = of_kind(study, "single_task")
    finish(study, run_id)
    assert counted(capsys, CALIBRATED) == (METRICS * NETWORKS, 2 * NETWORKS)
    score(study, run_id)
    assert counted(capsys, CALIBRATED) == (METRICS * (NETWORKS - 3), 2 * NETWORKS)
    calibrate(study, run_id)
    assert counted(capsys, CALIBRATED) == (METRICS * (NETWORKS - 3), 2 * (NETWORKS - 3))
    assert main(["plan"]) == 0
    head = capsys.readouterr().out.splitlines()[0]
    assert "trained  new scores  new calibrations  stages" in head


def test_a_new_metric_or_seed_is_new_for_every_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path, CALIBRATED)
    for run_id in study.runs:
        finish(study, run_id)
        score(study, run_id)
        calibrate(study, run_id)
    assert counted(capsys, CALIBRATED) == (0, 0)
    metrics = CONFIG["metrics"]
    assert counted(capsys, CALIBRATED | {"metrics": metrics | {"irs": {}}}) == (NETWORKS, 0)
    seeds = CALIBRATED | {"metrics": metrics | {"mig": {"seed": [0, 1, 2]}}}
    assert counted(capsys, seeds) == (2 * NETWORKS, 0)  # a seed of each is calibrated
    more = CALIBRATED | {"calibration": {"metrics": ["mig", "dci"], "rotations": 9}}
    assert counted(capsys, more) == (0, 2 * NETWORKS)
    fewer = CALIBRATED | {"metrics": {"mig": {}, "dci": {}}}
    assert counted(capsys, fewer) == (0, 0)


@pytest.mark.parametrize("damaged", ["scores", "calibration"])
def test_an_index_that_can_not_be_read_or_of_other_codes_has_nothing(
    damaged: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path, CALIBRATED)
    run_id = of_kind(study, "random")
    for change in ("index", "codes"):
        finish(study, run_id)
        score(study, run_id)
        calibrate(study, run_id)
        assert counted(capsys, CALIBRATED) == (METRICS * (NETWORKS - 1), 2 * (NETWORKS - 1))
        if change == "index":
            Path(getattr(paths, damaged)(run_id)).write_text("{")
            lost = (METRICS, 0) if damaged == "scores" else (0, 2)
        else:
            Path(paths.run(run_id)).unlink()  # the indexes are of a run that is to be trained
            lost = (METRICS, 2)
        assert counted(capsys, CALIBRATED) == (
            METRICS * (NETWORKS - 1) + lost[0],
            2 * (NETWORKS - 1) + lost[1],
        )


def test_a_study_without_metrics_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = {key: value for key, value in CONFIG["experiments"]["one"].items() if key != "tables"}
    config = {"name": "plain", "experiments": {"one": one}}
    assert counted(capsys, config) == (0, 0)
    assert not Study.from_config(config).metrics
