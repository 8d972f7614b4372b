"""`mtdis doctor --results` names what is damaged, and `mtdis retry --damaged` has it made anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import finish, of_kind, score, study_in, text

from mtdis import paths
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
    assert capsys.readouterr().out == "nothing is damaged\n"


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
