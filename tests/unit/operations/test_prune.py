"""`mtdis prune`: lists what no config wants, deletes with --yes only, and leaves alone what is not
its own.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from helpers import small_study
from helpers.resealed import resealed
from helpers.small_results import CONFIG, finish, finish_stage, of_kind, score, study_in, text

from mtdis import paths
from mtdis.artifacts import locks
from mtdis.artifacts.records import READY
from mtdis.cli import main
from mtdis.operations.job_states import FRESH
from mtdis.operations.prune import UNSEEN
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.study import Study


@pytest.fixture
def narrowed(tmp_path: Path) -> tuple[Study, str, str]:
    """A study of two seeds, all multi-head runs finished, narrowed to seed 1.

    Ids of the wanted and the unwanted.
    """
    study = study_in(tmp_path)
    ids = of_kind(study, "multi_head", 1), of_kind(study, "multi_head", 2)
    for run_id in ids:
        finish(study, run_id)
        score(study, run_id)
    narrow = CONFIG | {"experiments": {"one": CONFIG["experiments"]["one"] | {"seed": [1]}}}
    text("wide.yaml", json.dumps(CONFIG))
    return study_in(tmp_path, narrow), *ids


def pruned(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["prune", "--json", *words]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def files() -> list[Path]:
    return sorted(p for p in Path("results").rglob("*") if p.is_file())


def test_it_lists_with_sizes_and_deletes_nothing_by_itself(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, unwanted = narrowed
    before = files()
    told = pruned(capsys)
    folder = Path(paths.run(unwanted)).parent
    sizes = {one["path"]: one["bytes"] for one in told["unwanted"]}
    assert sizes[str(folder)] == sum(p.stat().st_size for p in folder.iterdir())
    assert set(sizes) == {
        str(folder),
        str(Path(paths.scores(unwanted)).parent),
        paths.full_spec(unwanted),
    }
    assert told["bytes"] == sum(sizes.values())
    assert told["deleted"] is False
    assert files() == before


def test_yes_deletes_the_unwanted_and_leaves_the_wanted(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, wanted, unwanted = narrowed
    before = files()
    assert pruned(capsys, "--yes")["deleted"] is True
    assert files() == [p for p in before if unwanted not in str(p)]
    assert Path(paths.run(wanted)).exists()
    assert not Path(paths.run(unwanted)).parent.exists()
    assert pruned(capsys)["unwanted"] == []


def test_other_studies_can_be_protected(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert pruned(capsys, "--protect", "wide.yaml")["unwanted"] == []
    text("more.yaml", json.dumps({"experiments": {"one": {"seed": [2]}}}))
    assert (
        pruned(capsys, "--protect", "config.yaml", "more.yaml")["unwanted"] == []
    )  # laid over one another
    assert len(pruned(capsys, "--protect", "config.yaml")["unwanted"]) == 3


def test_what_an_override_asks_for_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_in(tmp_path)
    over = Study.from_config(CONFIG | {"override": {"latent_size": 4}})
    record = finish(over, of_kind(over, "multi_head"))
    assert pruned(capsys, "--override", "{latent_size: 4}", "--yes")["unwanted"] == []
    assert record.exists()
    assert {one["path"] for one in pruned(capsys)["unwanted"]} >= {str(record.parent)}


def test_what_select_leaves_out_is_still_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = CONFIG["experiments"]["one"] | {"kind": "random", "seed": 5}
    both = CONFIG | {"experiments": CONFIG["experiments"] | {"two": other}}
    study = study_in(tmp_path, both)
    finish(study, of_kind(study, "random", 5))
    study_in(tmp_path, both | {"select": ["one"]})
    assert pruned(capsys)["unwanted"] == []


def test_a_failed_stage_that_nobody_wants_goes_with_its_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = CONFIG["experiments"]["one"] | {
        "kind": "multi_head",
        "seed": [1],
        "stages": {"umap": {"rows": 12}},
    }
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    (stage_id,) = study.stages
    record = finish_stage(study, stage_id)
    lock = locks.LOCK
    record.with_name(lock).touch()
    study_in(tmp_path, CONFIG | {"experiments": {"one": one | {"stages": {}}}})
    with locks.alone_with(record):
        left = pruned(capsys, "--yes")["left_alone"]
    assert {"path": str(record.parent), "reason": "being computed"} in left
    record.with_name(lock).touch()
    assert str(record.parent) in {one["path"] for one in pruned(capsys, "--yes")["unwanted"]}
    assert not record.parent.exists()


def test_results_of_older_versions_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    run_id = of_kind(study, "multi_head")
    record = finish(study, run_id)
    content = json.loads(record.read_text())
    content["id"], content["spec"]["version"] = "older", 1
    resealed(Path("results/runs/older/run.json"), content)
    resealed(
        Path("results/runs/another/run.json"),
        content | {"id": "another", "spec": {"kind": "multi_head"}},
    )
    reasons = {Path(one["path"]).name: one["reason"] for one in pruned(capsys)["unwanted"]}
    assert reasons == {"older": "of an older version", "another": "no config wants it"}


def damage(folder: Path, how: str) -> None:
    """Make of an unwanted run's folder something that must not be touched."""
    record = folder / "run.json"
    if how == "a note":
        (folder / "notes.txt").write_text("mine")
    elif how == "a folder":
        (folder / "plots").mkdir()
        (folder / "plots/a.png").write_text("mine")
    elif how == "a link":
        (folder / "codes.h5").unlink()
        (folder / "codes.h5").symlink_to(folder.parents[2] / "precious")
    elif how == "another format":
        record.write_text(json.dumps(json.loads(record.read_text()) | {"format": 99}))
    elif how == "another name":
        record.write_text(json.dumps(json.loads(record.read_text()) | {"id": "else"}))
    else:
        record.write_text("{")


@pytest.mark.parametrize(
    "how", ["a note", "a folder", "a link", "another format", "another name", "damaged"]
)
def test_what_mtdis_did_not_write_is_left_alone_and_named(
    how: str, narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    text("precious", "mine")
    folder = Path(paths.run(narrowed[2])).parent
    damage(folder, how)
    before = sorted(folder.rglob("*"))
    told = pruned(capsys, "--yes")
    assert [one["path"] for one in told["left_alone"]] == [str(folder)]
    assert sorted(folder.rglob("*")) == before
    assert Path("precious").read_text() == "mine"
    assert Path(paths.full_spec(narrowed[2])).exists()  # what is left can still be resolved


@pytest.mark.parametrize("inside", [True, False])
def test_links_are_not_followed(
    inside: bool,
    narrowed: tuple[Study, str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither a run's folder that is a link, nor a folder of runs that is one."""
    folder = Path(paths.run(narrowed[2])).parent
    moved = folder if inside else folder.parent
    outside = tmp_path / "elsewhere"
    moved.rename(outside)
    moved.symlink_to(outside, target_is_directory=True)
    before = sorted(outside.rglob("*"))
    pruned(capsys, "--yes")
    assert sorted(outside.rglob("*")) == before
    assert moved.is_symlink()


@pytest.mark.parametrize("link", ["results", "results/runs", "results/ids"])
def test_nothing_behind_a_link_goes(
    link: str, narrowed: tuple[Study, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor the index file that resolves the id of a run behind it."""
    Path(link).rename(tmp_path / "scratch")
    Path(link).symlink_to(tmp_path / "scratch", target_is_directory=True)
    before = sorted((tmp_path / "scratch").rglob("*"))
    told = pruned(capsys, "--yes")
    assert {"path": link, "reason": UNSEEN} in told["left_alone"]
    assert sorted((tmp_path / "scratch").rglob("*")) == before
    assert Path(paths.full_spec(narrowed[2])).exists()
    assert main(["prune"]) == 0
    said = capsys.readouterr().out
    assert f"left alone: {link}: a link; nothing that lies behind it was looked at" in said
    assert "every result is wanted" not in said


def test_a_link_to_data_is_named_only_with_data(
    narrowed: tuple[Study, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = text("scratch/old.json", json.dumps({"format": 1, "id": "old", "spec": {}}))
    Path("data").symlink_to(tmp_path / "scratch", target_is_directory=True)
    assert pruned(capsys)["left_alone"] == []
    assert pruned(capsys, "--data", "--yes")["left_alone"] == [{"path": "data", "reason": UNSEEN}]
    assert old.exists()


SCORE = {
    "format": 1,
    "network": "multi_head",
    "metric": {"name": "sap", "version": 1},
    "codes_sha256": "",
    "values": {},
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.json", SCORE),
        ("sap+seed=1/deeper/multi_head.json", SCORE),
        ("sap+seed=1/multi_head.json", {}),
        ("sap+seed=1/multi_head.json", SCORE | {"format": 99}),
        ("sap+seed=1/other.json", SCORE),
        ("mig/multi_head.json", SCORE),
        ("sap/multi_head.txt", SCORE),
        ("sap/multi_head.json", {key: value for key, value in SCORE.items() if key != "values"}),
    ],
)
def test_only_scores_go_with_scores(
    name: str,
    content: dict[str, Any],
    narrowed: tuple[Study, str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path(paths.scores(narrowed[2])).parent
    text(str(folder / "sap+seed=1/multi_head.json"), json.dumps(SCORE))
    text(str(folder / "sap/.multi_head.json.12.tmp"), "{")
    assert str(folder) in {one["path"] for one in pruned(capsys)["unwanted"]}
    mine = text(str(folder / name), json.dumps(content))
    told = pruned(capsys, "--yes")
    assert {"path": str(folder), "reason": f"holds {name}, not written by mtdis"} in told[
        "left_alone"
    ]
    assert json.loads(mine.read_text()) == content


def test_the_scores_of_a_run_are_known_as_such(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written by the commands themselves, and gone with their folder."""
    study_in(tmp_path)
    spec = small_study.spec_of("random", seed=9)
    record, index = (
        tmp_path / "elsewhere/run.json",
        Path(paths.scores(identify(Run.from_fields(spec)))),
    )
    assert small_study.train(data, record, spec) == 0
    assert small_study.score(data, record, index, spec, [{"name": "mig", "num_train": 50}]) == 0
    assert len(list(index.parent.rglob("*.json"))) == 2
    told = pruned(capsys, "--yes")
    assert told["left_alone"] == []
    assert not index.parent.exists()


def test_a_checkpoint_goes_only_when_nobody_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_in(tmp_path)
    checkpoint = text("results/runs/gone/checkpoint.safetensors", "x")
    left = text("results/runs/gone/.codes.h5.123.tmp", "x")
    told = pruned(capsys)
    assert [(one["path"], one["reason"]) for one in told["left_alone"]] == [
        ("results/runs/gone", "changed in the last 15 minutes")
    ]
    then = time.time() - FRESH - 1
    for path in (checkpoint, left, checkpoint.parent):
        os.utime(path, (then, then))
    told = pruned(capsys, "--yes")
    assert [one["reason"] for one in told["unwanted"]] == ["begun and never finished"]
    assert not checkpoint.parent.exists()


def test_what_is_being_trained_is_left_alone(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    record = Path(paths.run(narrowed[2]))
    record.unlink()
    with locks.alone_with(record):
        told = pruned(capsys, "--yes")
        assert {"path": str(record.parent), "reason": "being computed"} in told["left_alone"]
        assert record.with_name("codes.h5").exists()


def test_what_a_shared_training_left_ready_is_known(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(paths.run(narrowed[2])).parent
    (folder / READY).write_text("{}")
    pruned(capsys, "--yes")
    assert not folder.exists()


def test_nothing_is_deleted_while_snakemake_works(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    text(".snakemake/locks/0.output.lock", "")
    before = files()
    assert main(["prune", "--yes"]) == 2
    assert "snakemake --unlock" in capsys.readouterr().err
    assert files() == before
    assert main(["prune"]) == 0


def test_data_goes_only_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study_in(tmp_path)
    for place in ("data", "data/targets"):
        text(f"{place}/old.json", json.dumps({"format": 1, "id": "old", "spec": {}}))
        text(f"{place}/old.h5", "arrays")
        text(f"{place}/mine.json", "{}")
        text(f"{place}/mine.h5", "arrays")
    assert pruned(capsys)["unwanted"] == []
    told = pruned(capsys, "--data", "--yes")
    assert {one["path"] for one in told["unwanted"]} == {"data/old.json", "data/targets/old.json"}
    assert sorted(str(p) for p in Path("data").rglob("*.*")) == [
        "data/mine.h5",
        "data/mine.json",
        "data/targets/mine.h5",
        "data/targets/mine.json",
    ]


def test_text_says_how_to_delete(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prune"]) == 0
    assert (
        capsys.readouterr()
        .out.splitlines()[-1]
        .endswith("to be deleted; mtdis prune --yes deletes them")
    )
    assert main(["prune", "--yes"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(" deleted")
    assert main(["prune"]) == 0
    assert capsys.readouterr().out == "nothing to prune: every result is wanted by a config\n"


def test_a_damaged_config_deletes_nothing(
    narrowed: tuple[Study, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = files()
    text("config.yaml", "name: [")
    assert main(["prune", "--yes"]) == 2
    assert files() == before
