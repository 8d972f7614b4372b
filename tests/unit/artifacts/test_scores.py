"""Score files and the index of a run: what is read back, and what the index's summary tells."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtdis.artifacts import records, scores
from mtdis.errors import ArtifactError
from mtdis.specs.metric import Metric

MIG = Metric.from_fields({"name": "mig", "num_train": 200, "seed": 3})
CODES, OTHER_CODES = "ab" * 32, "cd" * 32
EXECUTION = {"kernels": "BLAS Haswell, 1 thread", "seconds": 1.5}
KEY = scores.Key("task1", MIG, CODES)


def row(network: str, settings: str, seed: int = 0, **changes: Any) -> dict[str, Any]:
    about = {"network": network, "settings": settings, "metric_seed": seed}
    about |= {"metric": settings, "key": "k", "transform": "none", "draw": 0}
    return about | {"value": 0.5, "error": "", "diverged": False} | changes


ROWS = [
    row("task2", "sap"),
    row("task2", "mig", error='ValueError: {\n "summary": '),
    row("task2", "mig", seed=1, error="ValueError: no"),
    row("task1", "sap", diverged=True, value=None),
    row("task1", "mig", diverged=True, value=None),
    row("task1", "mig", seed=1, diverged=True, value=None),
]


def test_settings_are_the_id_without_the_seed() -> None:
    assert MIG.settings_id == "mig+num_train=200"
    assert MIG.seed == 3


def test_a_score_is_read_back_only_as_what_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mig/task1.json"
    scores.write_score(path, KEY, {"discrete_mig": 0.25})
    assert scores.read_score(path, KEY) == {"discrete_mig": 0.25}
    other = Metric.from_fields({"name": "mig", "num_train": 201, "seed": 3})
    for wrong in (("task2", MIG, CODES), ("task1", other, CODES), ("task1", MIG, OTHER_CODES)):
        assert scores.read_score(path, scores.Key(*wrong)) is None
    path.write_text(path.read_text()[:-9])
    assert scores.read_score(path, KEY) is None
    assert scores.read_score(tmp_path / "none.json", KEY) is None


def test_an_index_ends_with_what_its_rows_say(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    scores.write_index(path, "a_run", CODES, ["color"], ROWS, EXECUTION)
    content = json.loads(path.read_text())
    assert list(content)[-1] == "summary"
    assert content["summary"] == {
        "codes_sha256": CODES,
        "networks": ["task2", "task1"],
        "diverged": ["task1"],
        "metrics": [["mig", 0], ["mig", 1], ["sap", 0]],
        "failed": {"mig": 2},
        "rows": 6,
    }
    assert scores.read_index(path, "a_run")["rows"] == ROWS
    assert scores.read_index(path, "a_run")["execution"] == EXECUTION
    expected = replace(scores.summarise(ROWS, CODES), execution=EXECUTION)
    assert scores.read_summary(path) == expected
    path.write_text(json.dumps(content))  # laid out anew, it says the same
    assert scores.read_summary(path) == expected


def test_an_index_that_does_not_say_what_made_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    scores.write_index(path, "a_run", CODES, [], ROWS, EXECUTION)
    content = json.loads(path.read_text())
    del content["execution"]
    path.write_text(records.sealed(content))
    assert "execution" not in scores.read_index(path, "a_run")
    assert scores.read_summary(path) == scores.summarise(ROWS, CODES)


def test_an_index_from_before_summaries_has_the_same_one(tmp_path: Path) -> None:
    path = tmp_path / "index.json"
    old = {"dropped_factors": [], "format": 1, "rows": ROWS, "run": "a_run"}
    path.write_text(json.dumps(old, indent=1))
    assert scores.read_summary(path) == scores.summarise(ROWS, "")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{\n "summary": {"rows"', '{\n "summary": {}}', "[1]x"]
)
def test_a_missing_or_damaged_index_has_no_summary(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    for path in ("index.json", "none/index.json", "index.json/below"):
        with pytest.raises(ArtifactError, match=r"index\.json.*mtdis scores makes it"):
            scores.read_summary(tmp_path / path)


def test_the_index_of_another_run_is_refused(tmp_path: Path) -> None:
    scores.write_index(tmp_path / "index.json", "a_run", CODES, [], ROWS, {})
    with pytest.raises(ArtifactError, match=r"is of run a_run, expected b_run\. Delete it"):
        scores.read_index(tmp_path / "index.json", "b_run")
