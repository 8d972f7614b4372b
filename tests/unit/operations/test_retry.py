"""`mtdis doctor --results` names what is damaged; `mtdis retry` has that made anew, what failed,
what diverged, and what is named.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import (
    CONFIG,
    calibrate,
    finish,
    finish_stage,
    of_kind,
    score,
    study_in,
    text,
)

from mtdis import paths
from mtdis.artifacts.calibrations import read_index, write_index
from mtdis.cli import main
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of which two runs are finished and scored."""
    study = study_in(tmp_path)
    for seed in (1, 2):
        run_id = of_kind(study, "multi_head", seed)
        finish(study, run_id)
        score(study, run_id)
    return study


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """The exit status of a command, and the JSON that it prints."""
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_whole_results_are_well_and_nothing_is_to_be_retried(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (found,) = told(capsys, "doctor", "--results")
    assert (status, found["standing"]) == (0, "ok")
    assert main(["retry", "--damaged", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to retry\n"


def test_the_record_of_damaged_codes_goes_and_nothing_else(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Path(paths.run(of_kind(study, "multi_head")))
    codes = record.with_name("codes.h5")
    content = bytearray(codes.read_bytes())
    content[-1] ^= 1
    codes.write_bytes(bytes(content))
    before = {path for path in Path().rglob("*") if path.is_file()}
    status, (found,) = told(capsys, "doctor", "--results")
    assert (status, found["thing"], found["standing"]) == (1, str(record), "BAD")
    assert "codes.h5 has SHA-256" in found["found"]
    assert found["fix"] == "mtdis retry --damaged, then snakemake"
    assert told(capsys, "retry", "--damaged")[1]["deleted"] is False
    assert record.exists()
    status, listing = told(capsys, "retry", "--damaged", "--yes")
    assert (status, [one["path"] for one in listing["files"]]) == (0, [str(record)])
    assert before - {path for path in Path().rglob("*") if path.is_file()} == {record}


def test_an_index_beside_other_codes_goes(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (Path(paths.scores(of_kind(study, "multi_head", seed))) for seed in (1, 2))
    one.write_bytes(other.read_bytes())
    status, (found,) = told(capsys, "doctor", "--results")
    assert (status, found["thing"]) == (1, str(one))
    assert "is of run" in found["found"]
    assert main(["retry", "--damaged", "--yes"]) == 0
    assert (one.exists(), other.exists()) == (False, True)


@pytest.mark.parametrize("how", ["snakemake", "a folder with files", "a link on the way"])
def test_what_must_not_go_is_left_and_named(
    how: str, study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = Path(paths.scores(of_kind(study, "multi_head")))
    index.write_text("{")
    if how == "snakemake":
        text(".snakemake/locks/0.output.lock", "")
        assert main(["retry", "--damaged", "--yes"]) == 2
        assert "Nothing was deleted" in capsys.readouterr().err
    else:
        if how == "a folder with files":
            index.unlink()
            text(f"{index}/mine.txt", "mine")
        else:
            index.parent.rename(tmp_path / "elsewhere")
            index.parent.symlink_to(tmp_path / "elsewhere")
        ((one,), _) = told(capsys, "retry", "--damaged", "--yes")[1].values()
        assert one["left"]
    assert index.exists()


def test_retry_asks_what_to_retry(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["retry"])
    assert "--damaged" in capsys.readouterr().err


def retried(capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    """The files that a command names, none of which it has touched; without, when it is told to."""
    before = {path for path in Path().rglob("*") if path.is_file()}
    listed = {one["path"] for one in told(capsys, "retry", *words)[1]["files"]}
    assert {path for path in Path().rglob("*") if path.is_file()} == before
    told(capsys, "retry", *words, "--yes")
    assert before - {path for path in Path().rglob("*") if path.is_file()} == set(map(Path, listed))
    return listed


STAGED = CONFIG | {
    "experiments": {
        "one": CONFIG["experiments"]["one"] | {"stages": {"decoder": {"epochs": 1}}},
        "two": CONFIG["experiments"]["one"] | {"seed": 2, "kind": "multi_head"},
    },
    "calibration": {"metrics": ["mig"], "rotations": 2, "permutations": 2},
}


@pytest.fixture
def staged(tmp_path: Path) -> Study:
    """A study with all of its runs, scores, calibrations and stages."""
    study = study_in(tmp_path, STAGED)
    for run_id in study.runs:
        finish(study, run_id)
        score(study, run_id)
        calibrate(study, run_id)
    for stage_id in study.stages:
        finish_stage(study, stage_id)
    return study


def of_run(study: Study, run_id: str) -> set[str]:
    """All that says that a run, or what stands on it, is there."""
    stages = {
        paths.stage(i) for i, stage in study.stages.items() if stage.run == study.runs[run_id]
    }
    return {paths.run(run_id), paths.scores(run_id), paths.calibration(run_id), *stages}


def test_of_failed_metrics_the_index_goes(
    staged: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(staged, "single_task")
    index = score(staged, run_id, error="ValueError: too few codes")
    assert retried(capsys, "--failed") == {str(index)}
    calibration = Path(paths.calibration(run_id))
    content = read_index(calibration, run_id)
    content["rows"][0] |= {"error": "ValueError: no", "value": None}
    write_index(calibration, run_id, content["codes_sha256"], {}, content["rows"])
    assert retried(capsys, "--failed") == {str(calibration)}


def test_a_diverged_run_goes_with_what_stands_on_it(
    staged: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(staged, "multi_head")
    assert retried(capsys, "--diverged") == set()
    finish(staged, run_id, diverged=staged.runs[run_id].networks)
    assert retried(capsys, "--diverged") == of_run(staged, run_id)
    assert len(of_run(staged, run_id)) > 3


def test_a_run_a_stage_and_an_experiment_are_named(
    staged: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    stage_id = next(iter(staged.stages))
    assert retried(capsys, "--run", stage_id) == {paths.stage(stage_id)}
    run_id = of_kind(staged, "multi_head", 2)
    assert retried(capsys, "--experiment", "two") == of_run(staged, run_id) - {
        paths.stage(stage_id)
    }
    other = of_kind(staged, "single_task")
    assert retried(capsys, "--run", other) == of_run(staged, other) - {paths.stage(stage_id)}
    assert main(["retry", "--experiment", "tow"]) == 2
    assert "Did you mean 'two'?" in capsys.readouterr().err
