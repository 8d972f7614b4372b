"""Codes of two runs that differ in the seed: which run is read, and what is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.resealed import edited
from helpers.small_study import DATASET, spec_of, train

from mtdis import paths
from mtdis.artifacts import datasets, runs, stages
from mtdis.cli import main
from mtdis.data.split import split_of
from mtdis.errors import ConfigError
from mtdis.metrics._similarity import SIMILARITIES, similarities
from mtdis.operations.verify import verify_results
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study


def study(seed: Any, **fields: Any) -> Study:
    experiment = {"kind": "random", "dataset": DATASET, "seed": seed}
    wanted = {"stages": {"seed_consistency": fields}}
    return Study.from_config({"name": "t", "experiments": {"one": experiment | wanted}})


@pytest.fixture(scope="module")
def records(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    found = [folder / str(seed) / "run.json" for seed in (1, 2)]
    for seed, record in enumerate(found, 1):
        assert train(data, record, spec_of("random", seed=seed)) == 0
    return found


def compare(data: Path, record: Path, out: Path, *other: str) -> int:
    spec = {"stage": "seed_consistency", "parent": spec_of("random"), "network": "random"}
    words = ["--spec", json.dumps(spec), "--parent", str(record), *other]
    return main(["stage", *words, "--dataset", str(data / "d.json"), "--out", str(out)])


def test_the_test_splits_codes_of_both_runs_are_compared(
    data: Path, records: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "stage.json"
    assert compare(data, records[0], out, "--other", str(records[1])) == 0
    run, count = Run.from_fields(spec_of("random")), 96
    test = split_of(run, count, lambda: datasets.read_dataset(data / "d.json", "factors"))["test"]
    first, second = (runs.read_codes(record, "random")[0][np.sort(test)] for record in records)
    found = {row["key"]: row["value"] for row in stages.read_stage(out).rows}
    assert found == pytest.approx(similarities(first, second))
    assert set(found) == set(SIMILARITIES)
    sealed = json.loads(out.read_text())["stood_on"]
    assert sealed["other"] != sealed["parent"]


def test_a_wrong_or_missing_other_run_is_named(
    data: Path, records: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(data, records[0], tmp_path / "stage.json") != 0
    assert "give the record of the second by --other" in capsys.readouterr().err
    assert compare(data, records[0], tmp_path / "stage.json", "--other", str(records[0])) != 0
    assert "seed" in capsys.readouterr().err
    assert not (tmp_path / "stage.json").exists()


def test_a_study_plans_the_other_run() -> None:
    found = study([1, 2, 3], other_seed=[2, 3])
    others = [found.stage_parents(stage_id)["other"] for stage_id in found.stages]
    assert others == [f"results/runs/{run_id}/run.json" for run_id in found.run_ids("one")[1:]]
    (first, _) = found.stages.values()
    assert identify(first).endswith("++seed_consistency+network=random")


def test_a_seed_that_is_not_there_or_the_runs_own_is_refused() -> None:
    with pytest.raises(ConfigError, match="no run of the experiment; add its seed"):
        study([1, 3])
    with pytest.raises(ConfigError, match="other_seed 1 is the run's own"):
        study([1, 2], other_seed=1)


def test_other_stages_read_no_other_run() -> None:
    stage = Stage.from_fields(
        {"stage": "retrieved", "parent": spec_of("random"), "network": "random"}
    )
    assert stage.other is None


def test_another_other_run_than_lies_there_is_found(
    data: Path, records: list[Path], tmp_path: Path
) -> None:
    places = [
        tmp_path / paths.run(identify(Run.from_fields(spec_of("random", seed=seed))))
        for seed in (1, 2)
    ]
    for record, place in zip(records, places, strict=True):
        shutil.copytree(record.parent, place.parent)
    (stage_id,) = study([1, 2]).stages
    out = tmp_path / paths.stage(stage_id)
    assert compare(data, places[0], out, "--other", str(places[1])) == 0
    assert list(verify_results(tmp_path)) == []
    edited(out, lambda stage: stage["stood_on"]["other"].update({"codes.h5": "0" * 64}))
    (problem,) = verify_results(tmp_path)
    assert "computed from another second run" in problem.why
