"""Which score jobs share a submission: those of finished runs, and no other."""

from pathlib import Path

from mtdis import paths
from mtdis.study.packs import Packs

RUNS = ["a", "b", "c", "d", "e", "f"]


def study(folder: Path, finished: str, scored: str = "", calibrated: str = "") -> Path:
    made = [*map(paths.run, finished), *map(paths.scores, scored)]
    for name in [*made, *map(paths.calibration, calibrated)]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def packed(folder: Path, size: int, rule: str) -> list[str]:
    """The runs whose jobs of a rule are packed."""
    found = Packs.of_study(RUNS, size, folder)
    assert {found.group(rule, run) for run in RUNS} <= {rule, None}
    return [run for run in RUNS if found.group(rule, run)]


def test_runs_that_are_finished_and_not_scored_are_packed(tmp_path: Path) -> None:
    folder = study(tmp_path, finished="abcdf", scored="b", calibrated="abcd")
    assert packed(folder, 2, "scores") == ["a", "c", "d", "f"]
    assert packed(folder, 2, "calibrate") == ["f"]


def test_packs_of_one_are_none(tmp_path: Path) -> None:
    assert packed(study(tmp_path, finished="abcdef"), 1, "scores") == []


def test_a_job_in_a_pack_asks_for_its_part_of_the_time(tmp_path: Path) -> None:
    found = Packs.of_study(RUNS, 3, study(tmp_path, finished="abcd"))
    assert found.minutes("scores", "a", 240, longest=0) == 80
    assert found.minutes("scores", "a", 240, longest=100) == 34
    assert found.minutes("scores", "e", 240, longest=0) == 240
    assert found.minutes("scores", "e", 240, longest=100) == 100


def test_in_a_job_all_that_it_is_asked_for_is_one_pack(tmp_path: Path) -> None:
    assert Packs.of_job(3).group("scores", "a") == Packs.of_job(3).group("scores", "e") == "scores"
    assert Packs.of_job(1).group("scores", "a") is None
