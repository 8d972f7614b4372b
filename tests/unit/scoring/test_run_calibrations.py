"""Calibrated scores of a run: what is written, what is computed again, what is left as it was."""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.resealed import edited
from helpers.small_study import make_data, score, spec_of, train

from mtdis.artifacts import calibrations, records
from mtdis.cli import main
from mtdis.errors import ArtifactError
from mtdis.scoring.calibration import calibrate, stream
from mtdis.scoring.run_scores import Arrays
from mtdis.specs.calibration import CalibratedMetric, Calibration
from mtdis.specs.ids import identify
from mtdis.specs.metrics.mig import Mig
from mtdis.specs.nulls import SAID, summarise
from mtdis.specs.run import Run

MIG = CalibratedMetric(Mig(num_train=200), Calibration(rotations=9, permutations=2))
SPEC = spec_of("random")


@pytest.fixture(scope="module")
def scored_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with data, a random run and its scores."""
    folder = tmp_path_factory.mktemp("run")
    make_data(folder)
    assert train(folder, folder / "runs/run.json", SPEC) == 0
    metrics = [MIG.metric.elided()]
    assert score(folder, folder / "runs/run.json", folder / "scores/index.json", SPEC, metrics) == 0
    return folder


def calibrated(folder: Path, *wanted: CalibratedMetric, out: str = "scores") -> int:
    words = ["--spec", json.dumps(SPEC), "--run", str(folder / "runs/run.json")]
    words += ["--calibrations", json.dumps([pair.elided() for pair in wanted])]
    words += ["--dataset", str(folder / "d.json")]
    return main(["calibrate", *words, "--out", str(folder / out / "calibration.json")])


def index_of(folder: Path, out: str = "scores") -> dict[str, Any]:
    run_id = identify(Run.from_fields(SPEC))
    return calibrations.read_index(folder / out / "calibration.json", run_id)


def test_what_is_written_is_what_the_function_gives(scored_once: Path) -> None:
    before = {p: p.read_bytes() for p in (scored_once / "scores").rglob("*.json")}
    assert calibrated(scored_once, MIG) == 0
    assert {p: p.read_bytes() for p in before} == before  # the scores stay as they were
    arrays = Arrays(scored_once / "runs/run.json", scored_once / "d.json")
    draws = stream(0, identify(Run.from_fields(SPEC)), "random")
    codes, factors = arrays.codes("random"), arrays.factors
    expected = calibrate(MIG.metric, codes, factors, MIG.calibration, draws).values["discrete_mig"]
    path = calibrations.place(scored_once / "scores", MIG, "random")
    assert path.parent.name == "calibration+rotations=9+permutations=2"
    index = index_of(scored_once)
    held = calibrations.read_calibration(path, "random", MIG, index["codes_sha256"])
    assert held is not None
    assert held["values"]["discrete_mig"] == expected
    rows = {(r["metric"], r["key"], r["transform"]): r["value"] for r in index["rows"]}
    assert rows["mig", "discrete_mig", "oriented"] == expected["oriented"]
    said = summarise(expected)
    assert tuple(said) == SAID
    assert {k: rows["mig_calibrated", f"discrete_mig.{k}", "none"] for k in said} == said
    assert rows["codes", "live", "none"] == held["spectrum"]["live"]


def test_only_what_lacks_is_computed(scored_once: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrated(scored_once, MIG, out="again") == 0
    assert capsys.readouterr().err.count("done") == 1
    assert calibrated(scored_once, MIG, out="again") == 0
    assert "done" not in capsys.readouterr().err
    more = MIG._replace(calibration=Calibration(rotations=9, permutations=2, seed=1))
    path = calibrations.place(scored_once / "again", MIG, "random")
    before = path.read_bytes()
    assert calibrated(scored_once, more, out="again") == 0
    assert capsys.readouterr().err.count("done") == 1
    assert path.read_bytes() == before  # another calibration lies beside it


def test_a_changed_file_is_no_calibration(
    scored_once: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated(scored_once, MIG, out="changed") == 0
    path = calibrations.place(scored_once / "changed", MIG, "random")
    whole = path.read_text()
    path.write_text(whole.replace("0.", "1.", 1))
    sha256 = index_of(scored_once, "changed")["codes_sha256"]
    assert calibrations.read_calibration(path, "random", MIG, sha256) is None
    capsys.readouterr()
    assert calibrated(scored_once, MIG, out="changed") == 0
    assert "done" in capsys.readouterr().err
    assert path.read_text() == whole


def test_an_index_must_hold_what_is_wanted_of_the_codes_that_lie_there(scored_once: Path) -> None:
    assert calibrated(scored_once, MIG, out="index") == 0
    record = records.read_json(scored_once / "runs/run.json", "")
    path = scored_once / "index/calibration.json"
    index = calibrations.read_whole(path, record, [MIG])
    other = MIG._replace(calibration=Calibration(rotations=19))
    with pytest.raises(ArtifactError, match=r"lacks mig.* of network random, by calibration"):
        calibrations.read_whole(path, record, [other])
    for place, row in enumerate(index["rows"]):
        rows = [*index["rows"][:place], *index["rows"][place + 1 :]]
        why = calibrations.lacks(index | {"rows": rows}, record, [MIG])
        assert row["key"] in why
    edited(path, lambda content: content.update(codes_sha256="0" * 64))
    with pytest.raises(ArtifactError, match="of other codes than the run has now"):
        calibrations.read_whole(path, record, [MIG])


def test_a_metric_that_fails_is_said_and_stops_no_other(scored_once: Path) -> None:
    broken = MIG._replace(metric=Mig(num_train=2))  # two rows hold one class of some factor
    assert calibrated(scored_once, broken, MIG, out="failed") == 0
    rows = index_of(scored_once, "failed")["rows"]
    errors = {row["settings"]: row["error"] for row in rows if row["error"]}
    assert list(errors) == ["mig+num_train=2"]
    assert "draw" in errors["mig+num_train=2"]
    assert any(row["settings"] == MIG.metric.settings_id and row["value"] for row in rows)
