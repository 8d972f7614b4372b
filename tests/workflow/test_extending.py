"""docs/extending.md: its files, put into a copy of the project, plan, run and turn no test red."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers.places import ROOT

from .conftest import HALF_WRITTEN, StudyFolder

PAGE = (ROOT / "docs/extending.md").read_text()
FILES = dict(re.findall(r"^`(mtdis/[^`]+\.py)`:\n\n```python\n(.*?)^```", PAGE, re.S | re.M))
[PATCH] = re.findall(r"^```diff\n(.*?)^```", PAGE, re.S | re.M)
[CONFIG] = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.S | re.M)
CONTRACTS = re.findall(r"`pytest tests/contract -k (\w+)`", PAGE)
NEW = ["corr_gap", "discs_rendered", "worst_task", "active_codes", "gap_scores", "latent_sizes"]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all extensions of the page, and with what numba has compiled."""
    copy = tmp_path_factory.mktemp("extended") / "checkout"
    others = shutil.ignore_patterns(".*", "results", "logs", "build", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=lambda *found: others(*found) | HALF_WRITTEN(*found))
    for name, text in FILES.items():
        assert not (copy / name).exists()
        (copy / name).write_text(text)
    subprocess.run(["git", "apply", "-"], input=PATCH, cwd=copy, text=True, check=True)
    return copy


def test_the_page_has_all_seven_extensions() -> None:
    assert set(NEW) == {Path(name).stem for name in FILES}
    assert [*NEW, "one_head"] == CONTRACTS
    assert max(text.count("\n") for text in FILES.values()) < 40


def test_a_study_of_all_extensions_runs(extended: Path) -> None:
    folder = StudyFolder(extended / "mine", extended)
    folder.path.mkdir()
    (folder.path / "config.yaml").write_text(CONFIG)
    done = folder.snakemake()
    assert done.returncode == 0, done.stdout
    outputs = folder.path / "results/studies/mine"
    frame = pd.read_parquet(outputs / "tables/mine/long.parquet")
    runs = frame.drop_duplicates("run")
    assert runs["kind"].value_counts().to_dict() == {"one_head": 4, "worst_task": 2}
    errors = runs.loc[runs["kind"] == "one_head", "spec.error"]
    assert sorted(errors) == ["pseudo_huber", "pseudo_huber", "squared", "squared"]
    losses = frame[frame["metric"].eq("mse") & frame["key"].eq("test")].groupby("run")["value"]
    assert losses.mean().nunique() == 6, "a field changes nothing"
    for metric, most in (("corr_gap", 1), ("active_codes", 4)):
        assert frame.loc[frame["metric"] == metric, "value"].between(0, most).sum() == 6
    assert "worst task first" in (outputs / "tables/mine/gap_scores.md").read_text()
    assert (outputs / "figures/mine/latent_sizes.png").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["tests/contract", "-k", " or ".join([*CONTRACTS, "every_spec", "short", "editors"])],
        ["tests/workflow/test_paper.py", "tests/unit/reporting/test_labels.py"],
    ],
    ids=["contracts", "paper"],
)
def test_no_test_turns_red(extended: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = os.environ | {"PYTHONPATH": str(extended)}
    done = subprocess.run(
        command, cwd=extended, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout or "%]" in done.stdout
