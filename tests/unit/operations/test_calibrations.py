"""Calibrated scores among the results: counted, checked, removed with their runs."""

from pathlib import Path

import pytest
from helpers.small_results import CONFIG, calibrate, finish, of_kind, score, study_in

from mtdis.cli import main
from mtdis.operations.inventory import calibrations, runs
from mtdis.operations.prune import Unwanted, prune
from mtdis.operations.status import study_status
from mtdis.operations.verify import DAMAGED, verify_results
from mtdis.study import Study

CALIBRATED = CONFIG | {"calibration": {"metrics": ["mig", "dci"], "rotations": 3}}


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study with calibrations and one run that is finished, scored and calibrated."""
    monkeypatch.chdir(tmp_path)
    made = study_in(tmp_path, CALIBRATED)
    run_id = of_kind(made, "random")
    finish(made, run_id)
    score(made, run_id)
    calibrate(made, run_id)
    return made


def test_status_counts_the_calibrated_runs(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert study_status(study, Path())["calibrated"] == {"done": 1, "all": 6}
    assert main(["status"]) == 0
    assert "calibrated: 1 of 6 runs" in capsys.readouterr().out
    plain = Study.from_config(CONFIG)
    assert study_status(plain, Path())["calibrated"] == {"done": 0, "all": 0}


def test_an_index_of_other_codes_or_of_other_draws_is_not_finished(study: Study) -> None:
    run_id = of_kind(study, "random")
    found = calibrations(study, Path(), runs(study, Path()))
    assert found == {run_id: ""}
    more = Study.from_config(CALIBRATED | {"calibration": {"rotations": 4}})
    why = calibrations(more, Path(), runs(more, Path()))[run_id]
    assert "lacks mig of network random, by calibration+rotations=4" in why
    (Path("results/runs") / run_id / "codes.h5").unlink()
    finish(study, run_id, seconds=1.0)  # trained again: the codes are the same bytes
    assert calibrations(study, Path(), runs(study, Path())) == {run_id: ""}


def test_one_changed_digit_is_named(study: Study) -> None:
    assert list(verify_results(Path())) == []
    scores = Path("results/scores") / of_kind(study, "random")
    files = [scores / "calibration.json", *scores.glob("*/calibration*/*.json")]
    assert len(files) == 3
    for path in files:
        whole = path.read_bytes()
        place = whole.rindex(b"0.") + 2
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        (problem,) = verify_results(Path())
        assert (problem.path, problem.standing) == (path, DAMAGED)
        path.write_bytes(whole)


def test_a_file_at_another_ones_place_is_named(study: Study) -> None:
    scores = Path("results/scores") / of_kind(study, "random")
    (path,) = scores.glob("dci*/calibration*/random.json")
    path.rename(path.with_name("other.json"))
    (problem,) = verify_results(Path())
    assert "is the calibrated score of random by dci" in problem.why


def test_calibrated_scores_go_with_the_run_that_no_study_wants(study: Study) -> None:
    scores = Path("results/scores") / of_kind(study, "random")
    one = CONFIG["experiments"]["one"] | {"seed": [2]}
    other = Study.from_config(CALIBRATED | {"experiments": {"one": one}})
    found = [
        one for one in prune([other], Path(), with_data=False, delete=True) if one.path == scores
    ]
    assert [type(one) for one in found] == [Unwanted]
    assert not scores.exists()


def test_what_mtdis_did_not_write_keeps_the_folder(study: Study) -> None:
    scores = Path("results/scores") / of_kind(study, "random")
    (folder,) = scores.glob("mig/calibration*")
    (folder / "notes.json").write_text("{}")
    one = CONFIG["experiments"]["one"] | {"seed": [2]}
    other = Study.from_config(CALIBRATED | {"experiments": {"one": one}})
    (kept,) = [
        one for one in prune([other], Path(), with_data=False, delete=True) if one.path == scores
    ]
    assert "notes.json, not written by mtdis" in kept.reason
