"""Code that stands still: what is edited while a study runs reaches none of its jobs."""

import json
import os
from pathlib import Path

from mtdis import program

from .conftest import CONFIG, StudyFolder, job_counts, started

GATE = "gate"
BROKEN = "raise RuntimeError('an edit of the checkout has reached a job')\n"


def programs(folder: Path) -> set[str]:
    """The programs that the records of runs and the indexes of scores name."""
    found = [*folder.glob("results/runs/*/run.json"), *folder.glob("results/scores/*/index.json")]
    return {json.loads(path.read_text())["execution"]["program"] for path in found}


def with_gate(checkout: Path) -> None:
    """The first job waits for the test, and trainings say in their log where they were read."""
    rule = checkout / "workflow/rules/data.smk"
    text = rule.read_text()
    assert text.count('"mtdis dataset ') == 1
    rule.write_text(text.replace('"mtdis dataset ', f'"cat {GATE}; mtdis dataset '))
    training = checkout / "mtdis/training/run.py"
    training.write_text(training.read_text() + "import sys\nprint(__file__, file=sys.stderr)\n")


def test_an_edit_reaches_no_job_of_the_running_study(other_checkout: Path, tmp_path: Path) -> None:
    """The first job is held at a pipe meanwhile; a start after the edit says what has changed."""
    with_gate(other_checkout)
    study = StudyFolder(tmp_path / "study", other_checkout)
    study.path.mkdir()
    study.write(CONFIG)
    study.change(tables=[], figures=[])
    os.mkfifo(study.path / GATE)
    (study.path / ".snakemake/mtdis/0123456789abcdef").mkdir(parents=True)  # half a copy
    running = started("one", checkout=other_checkout, folder=study.path)
    edited = ("mtdis/training/run.py", "mtdis/commands/scores.py", "workflow/rules/train.smk")
    with (study.path / GATE).open("w"):  # waits for the job that reads
        before = {name: (other_checkout / name).read_text() for name in edited}
        for name in edited:
            (other_checkout / name).write_text(BROKEN)
    said, _ = running.communicate()
    assert running.returncode == 0, said
    assert "The program has changed" not in said
    (copy,) = (p.parent for p in study.path.glob(f"{program.FOLDER}/*/{program.MANIFEST}"))
    assert programs(study.path) == {copy.name}
    for log in study.path.glob("logs/train/*.log"):
        assert log.read_text().splitlines()[0] == str(copy / "mtdis/training/run.py")

    for name in edited:  # mended, and another comment than before
        (other_checkout / name).write_text(before[name] + "# edited\n")
    study.change(seed=[1, 2])
    done = study.snakemake("-n", "one")
    assert job_counts(done) == {"train": 2, "scores": 2, "long_table": 1, "one": 1}
    assert "The program has changed" not in done.stdout  # nothing was started
    study.change(seed=[1])
    (study.path / "results/studies/small/tables/one/long.parquet").unlink()
    done = study.snakemake("one", "--logger-mtdis-jobs")
    assert done.returncode == 0, done.stdout
    assert f"The program has changed since the last start here: {', '.join(sorted(edited))}." in (
        done.stdout
    )
    assert "localrule long_table:" in done.stdout
    assert "rule train:" not in done.stdout
    assert programs(study.path) == {copy.name}
    assert len(list(study.path.glob(f"{program.FOLDER}/*/{program.MANIFEST}"))) == 2
