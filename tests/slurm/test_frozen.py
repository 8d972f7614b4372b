"""An edit of the checkout, its rules or the config reaches no job that a driver has submitted."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from mtdis.program import FOLDER, MANIFEST

from . import cluster
from .conftest import SlurmStudy, results, until
from .test_faults import process_of_training

pytestmark = pytest.mark.slurm
BROKEN = "raise RuntimeError('an edit of the checkout has reached a job')\n"
EDITED = ("Snakefile", "mtdis/commands/scores.py", "mtdis/training/run.py", "workflow/Snakefile")


@pytest.fixture
def own(study: SlurmStudy, checkout: Path, tmp_path: Path) -> SlurmStudy:
    """The study on a checkout that this test may edit."""
    study.checkout = shutil.copytree(checkout, tmp_path / "checkout")
    return study


def edit(study: SlurmStudy, addition: str, *, beginning: bool = False) -> None:
    """Add a line to files of the checkout."""
    for name in EDITED:
        file = study.checkout / name
        text = file.read_text()
        file.write_text(addition + text if beginning else text + addition)


def programs(study: SlurmStudy, pattern: str = "results/[rs][uc]*/*/*.json") -> list[str]:
    """The programs that made runs and scores."""
    return [
        json.loads(path.read_text())["execution"]["program"] for path in study.path.glob(pattern)
    ]


def copies(study: SlurmStudy) -> list[Path]:
    """The copies of the program, that of the newest start last."""
    found = study.path.glob(f"{FOLDER}/*/{MANIFEST}")
    return [p.parent for p in sorted(found, key=lambda path: path.stat().st_mtime_ns)]


def test_an_edit_while_jobs_wait_in_the_queue(own: SlurmStudy, local: Path) -> None:
    cluster.run("scontrol", "update", "partitionname=main", "state=down")
    try:
        own.start()
        until("two trainings in the queue", lambda: len(own.jobs("rule_train")) == 2)
        assert {state for _, state, _ in own.jobs("rule_train")} == {"PENDING"}
        edit(own, BROKEN, beginning=True)
        config = (own.path / "config.yaml").read_text()
        (own.path / "config.yaml").write_text("name: another\n")
    finally:
        cluster.run("scontrol", "update", "partitionname=main", "state=up")
    assert own.finish() == 0, own.said
    (own.path / "config.yaml").write_text(config)
    (copy,) = copies(own)
    assert set(programs(own)) == {copy.name}
    assert results(own.path) == results(local)


def test_an_edit_while_a_job_runs(own: SlurmStudy, local: Path) -> None:
    own.start()
    own.training()
    edit(own, BROKEN, beginning=True)
    assert own.finish() == 0, own.said
    (copy,) = copies(own)
    assert set(programs(own)) == {copy.name}
    assert results(own.path) == results(local)


def test_a_start_after_an_edit_beside_a_job_of_before(own: SlurmStudy, local: Path) -> None:
    """The job of the killed driver ends with its own program, what comes after with the new."""
    own.start()
    orphan, _ = own.training()
    training = process_of_training(orphan)
    os.kill(training, signal.SIGSTOP)  # it is to live until its successor has come
    own.kill_driver()
    edit(own, "# edited\n")
    own.start("--unlock")
    assert own.finish() == 0, own.said
    own.start()
    try:
        [log] = (own.path / "logs/train").glob("multi_head+*.log")
        until("waiting successor", lambda: f"waiting for SLURM job {orphan} on " in log.read_text())
    finally:
        os.kill(training, signal.SIGCONT)
    assert own.finish() == 0, own.said
    assert f"The program has changed since the last start here: {', '.join(EDITED)}." in own.said
    before, after = copies(own)
    assert programs(own, "results/runs/multi_head+*/run.json") == [before.name]
    assert programs(own, "results/scores/multi_head+*/index.json") == [after.name]
    assert results(own.path) == results(local)
    own.start()
    assert own.finish() == 0, own.said
    assert "Nothing to be done" in own.said
