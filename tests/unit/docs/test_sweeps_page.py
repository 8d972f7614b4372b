"""docs/sweeps.md: each sweep, laid over the paper's config, adds the runs that the page says and
arithmetic expects.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.snippets import SCHEMA, snippets

from mtdis.specs.run import TrainedRun
from mtdis.study import Study
from mtdis.study.config_files import read_configs

DATASETS, SEEDS = 3, 3
SWEEP = re.compile(
    r"## (\d+)\. [^\n]+\n\n[^\n]+ Runs: (\d+), new: (\d+), trained: (\d+)\.\n\n```yaml\n(.*?)\n```",
    re.DOTALL,
)
PAGE = {
    int(n): (int(r), int(w), int(t), text)
    for n, r, w, t, text in SWEEP.findall((ROOT / "docs/sweeps.md").read_text())
}
EXPECTED = {
    1: (
        4 * 6 * DATASETS,
        4 * 3 * DATASETS,
        (10 + 1 + 1) * 3 * DATASETS,
    ),  # three of six seeds are new
    2: (
        2 * SEEDS * 3 * 2,
        2 * SEEDS * (3 * 2 - 1),
        2 * SEEDS * (3 * 2 - 1),
    ),  # the paper's rate and batch are there
    3: (
        SEEDS * DATASETS * 3,
        SEEDS * DATASETS * 2,
        SEEDS * DATASETS * 2,
    ),  # the first pair is the paper's
    4: (
        SEEDS * DATASETS * (3 * 4 - 1),
        SEEDS * DATASETS * 7,
        SEEDS * DATASETS * 7,
    ),  # latent size 8 is appendix G
    5: (4 * SEEDS * DATASETS, 3 * SEEDS, (10 + 1 + 1) * SEEDS),  # random networks read no epochs
    6: (4 * SEEDS * DATASETS + 1, 3 * SEEDS * DATASETS + 1, 3 * SEEDS * DATASETS + 1),
    7: (2 * SEEDS * 4, 2 * SEEDS * 3, SEEDS * 3),  # strength 0 is there
    8: (SEEDS * 3, SEEDS * 2, SEEDS * 2),  # so is the shuffle
    9: (4 * SEEDS * DATASETS, 0, 0),
    10: (
        SEEDS * DATASETS * (2 + 2 * 2),
        SEEDS * DATASETS * 6,
        SEEDS * DATASETS * 4,
    ),  # random reads no tasks
}


@pytest.fixture(scope="module")
def paper() -> dict[str, Any]:
    return read_configs([ROOT / "config.yaml"])


@pytest.fixture(scope="module")
def trained_already(paper: dict[str, Any]) -> set[str]:
    return set(Study.from_config(paper).runs)


def test_there_are_ten() -> None:
    assert sorted(PAGE) == sorted(EXPECTED) == list(range(1, 11))
    others = [s for s in snippets(ROOT / "docs/sweeps.md") if s.language == "yaml"][:-10]
    assert len(others) == 1, "a sweep's heading or its numbers are written in another way"
    first = (ROOT / "config.yaml").read_text().partition("\n")[0]
    assert f"```yaml\n{first}\n```" in (ROOT / "docs/sweeps.md").read_text()


@pytest.mark.parametrize("number", EXPECTED)
def test_a_sweep_adds_what_the_page_says(
    number: int, trained_already: set[str], tmp_path: Path
) -> None:
    *said, text = PAGE[number]
    SCHEMA.validate(yaml.safe_load(text))  # as an editor that shows this file alone
    (tmp_path / "mine.yaml").write_text(text)
    study = Study.from_config(read_configs([ROOT / "config.yaml", tmp_path / "mine.yaml"]))
    new = {name: run for name, run in study.runs.items() if name not in trained_already}
    trained = sum(len(run.networks) for run in new.values() if isinstance(run, TrainedRun))
    assert (len(study.runs), len(new), trained) == tuple(said) == EXPECTED[number]
    assert study.name == yaml.safe_load(text)["name"] != "paper"
