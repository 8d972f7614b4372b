"""Held-out combinations of factors' classes: what a spec takes and refuses, and trainings and
stages that follow it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import DATASET, LEARNING, spec_of, train
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdis.artifacts import datasets, runs, stages
from mtdis.cli import main
from mtdis.data.factors import kept_rows, labels
from mtdis.data.split import PARTS, split_of, split_rows
from mtdis.errors import ConfigError
from mtdis.reporting import long_table
from mtdis.reporting.comparison import setting_name
from mtdis.reporting.statistics import variant_text, variants
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study
from mtdis.training.run import load, train_and_encode

PAIR = ["shape", "scale"]
INCOMPLETE = DATASET | {
    "drop": [{"shape": 0, "scale": 0}]
}  # class 0 of scale is kept by the sub-grid


def factors_of(run: Run) -> np.ndarray[Any, np.dtype[np.int64]]:
    return labels(run.dataset, kept_rows(run.dataset))[0]


def random_run(**changes: Any) -> Run:
    return Run.from_fields(spec_of("random", **changes))


def pairs(factors: np.ndarray[Any, Any]) -> set[tuple[int, ...]]:
    """The combinations of shape and scale that occur in rows of classes (n, 6)."""
    return set(map(tuple, factors[:, 1:3].tolist()))


def test_the_default_is_the_papers_shuffle_and_has_the_id_it_had() -> None:
    run = random_run()
    found = split_of(run, 96, lambda: pytest.fail("the factors were read"))
    assert all(np.array_equal(found[part], split_rows(96, 123)[part]) for part in PARTS)
    assert run == random_run(held_out=[])
    assert run.image_counts == (72, 12, 12)


def test_golden_id_in_the_datasets_order() -> None:
    fields = {"dataset": "dsprites_rendered", "seed": 1}
    run = Run.member("random").parse(fields | {"held_out": ["scale", "shape"]})
    assert identify(run) == "random+version=2+dataset=dsprites_rendered+seed=1+held_out=shape_scale"
    assert run == Run.member("random").parse(fields | {"held_out": ["shape", "scale"]})


def test_it_is_a_dimension() -> None:
    def planned(value: Any) -> list[tuple[str, ...]]:
        experiment = {"kind": "multi_head", **LEARNING, "held_out": value}
        study = Study.from_config(
            {"name": "s", "metrics": {"mig": {}}, "experiments": {"one": experiment}}
        )
        return [run.held_out for run in study.runs.values()]

    assert planned([[], PAIR, ["posX", "posY"]]) == [(), ("shape", "scale"), ("posX", "posY")]
    assert planned(PAIR) == [("shape", "scale")]
    assert planned([]) == [()]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["shape", "scal"], r"held_out: unknown factor 'scal'\. Did you mean 'scale'\?"),
        (
            ["shape"],
            (
                r"held_out: combinations need two factors or more, each once; name some of color,"
                r" shape, scale"
            ),
        ),
        (["shape", "shape"], r"held_out: combinations need two factors or more, each once"),
        (
            ["shape", "scale", "shape"],
            r"held_out: combinations need two factors or more, each once",
        ),
        (
            ["shape", "color"],
            r"held_out: color has one class; keep more of them or leave it out here",
        ),
        ("shape", r"held_out: input should be a valid tuple; found 'shape'"),
    ],
)
def test_what_makes_no_combinations_is_refused_before_any_job(value: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Run.member("random").parse({"dataset": DATASET, "seed": 1, "held_out": value})


def test_a_batch_is_compared_with_the_images_of_the_training_combinations() -> None:
    fields = {k: v for k, v in LEARNING.items() if k != "batch_size"} | {"held_out": PAIR}
    assert Run.member("multi_head").parse(fields | {"batch_size": 64}).image_counts == (64, 16, 16)
    with pytest.raises(
        ConfigError, match="the training split has 64 rows, fewer than one batch of 65"
    ):
        Run.member("multi_head").parse(fields | {"batch_size": 65})
    heads = {
        "stage": "heads",
        "parent": spec_of("random", held_out=PAIR),
        "network": "random",
        "batch_size": 65,
    }
    with pytest.raises(
        ConfigError, match="the training split has 64 rows, fewer than one batch of 65"
    ):
        Stage.from_fields(heads)


grids = st.fixed_dictionaries(
    {
        f: st.integers(2, n)
        for f, n in {"shape": 3, "scale": 4, "orientation": 5, "posX": 3, "posY": 3}.items()
    }
)


@settings(deadline=None, max_examples=40)
@given(
    subgrid=grids,
    named=st.sets(st.sampled_from(["shape", "scale", "orientation", "posX", "posY"]), min_size=2),
)
def test_the_plan_knows_how_many_images_of_a_complete_grid_are_in_each_part(
    subgrid: dict[str, int], named: set[str]
) -> None:
    run = random_run(dataset=DATASET | {"subgrid": subgrid}, held_out=sorted(named))
    split = split_of(run, run.dataset.count, lambda: factors_of(run))
    assert run.image_counts == tuple(len(split[part]) for part in PARTS)


def test_of_an_incomplete_grid_only_the_rows_tell() -> None:
    run = random_run(dataset=INCOMPLETE, held_out=PAIR)
    assert run.image_counts is None
    split = split_of(run, 80, lambda: factors_of(run))
    assert [len(split[part]) for part in PARTS] == [48, 16, 16]
    assert split_of(random_run(dataset=INCOMPLETE), 80, list)["train"].size == 60


def test_images_of_unseen_combinations_change_no_weight(data: Path, tmp_path: Path) -> None:
    """Held-out images turned to noise: the same weights and training losses, other losses on the
    held-out parts.
    """
    run = Run.from_fields(spec_of("multi_head", held_out=PAIR))
    images = load(data / "d.json", data / "t.json", torch.device("cpu"))
    split = split_of(run, 96, lambda: factors_of(run))
    seen = train_and_encode(run, images, split, tmp_path / "a", 300)
    hidden = np.concatenate([split["validation"], split["test"]])
    images.pixels[hidden] = torch.from_numpy(
        np.random.default_rng(0).integers(0, 2, (32, 8, 8, 1), np.uint8)
    )
    noisy = train_and_encode(run, images, split, tmp_path / "b", 300)
    assert all(
        torch.equal(seen["weights"][name], noisy["weights"][name]) for name in seen["weights"]
    )
    one, other = (trained["result"]["networks"][0]["losses"] for trained in (seen, noisy))
    assert one["train"] == other["train"]
    assert all(one[part]["mse"] != other[part]["mse"] for part in ("validation", "test"))


def test_a_run_by_the_command_keeps_its_test_combinations(data: Path, tmp_path: Path) -> None:
    record = tmp_path / "run/run.json"
    assert train(data, record, spec_of("multi_head", held_out=PAIR, keep_codes="test")) == 0
    _, rows = runs.read_codes(record, "multi_head")
    factors = datasets.read_dataset(data / "d.json", "factors")
    assert len(rows) == 16
    assert len(pairs(factors[rows])) == 1
    assert not pairs(factors[rows]) & pairs(np.delete(factors, rows, axis=0))
    losses = json.loads(record.read_text())["result"]["networks"][0]["losses"]
    assert all(np.isfinite(losses[part]["mse"]).all() for part in PARTS)


def stage_on(data: Path, folder: Path, parent: dict[str, Any], **fields: Any) -> stages.StageResult:
    """What a stage by the command gives on a run by the command."""
    assert train(data, folder / "run.json", parent) == 0
    spec = json.dumps({"parent": parent, "network": parent["kind"], **fields})
    words = [
        "--spec",
        spec,
        "--parent",
        str(folder / "run.json"),
        "--dataset",
        str(data / "d.json"),
    ]
    targets = ["--targets", str(data / "t.json")] if fields["stage"] == "heads" else []
    assert main(["stage", *words, *targets, "--out", str(folder / "stage.json")]) == 0
    return stages.read_stage(folder / "stage.json")


def test_stages_stand_on_the_same_combinations(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = spec_of("random", held_out=PAIR)
    found = stage_on(data, tmp_path / "retrieved", parent, stage="retrieved", permutations=19)
    assert int(found.arrays["rows"]) == 16
    assert set(found.arrays["constant_factors"].tolist()) == {
        b"color",
        b"shape",
        b"scale",
    }  # one combination
    decoder = {"stage": "decoder", "epochs": 1, "batch_size": 16, "images": 40}
    shown = stage_on(data, tmp_path / "decoder", parent, **decoder).arrays["rows"]
    assert len(shown) == 16
    factors = datasets.read_dataset(data / "d.json", "factors")
    assert len(pairs(factors[shown])) == 1
    monkeypatch.setattr(
        "mtdis.stages.umap.embed", lambda codes, *_: codes[:, :2]
    )  # only its rows are looked at
    embedded = stage_on(data, tmp_path / "umap", parent, stage="umap").arrays["factors"]
    assert sorted(embedded.tolist()) == sorted(factors[shown].tolist())


def make(folder: Path, dataset: dict[str, Any]) -> None:
    assert main(["dataset", "--spec", json.dumps(dataset), "--out", str(folder / "d.json")]) == 0


def test_combinations_that_are_too_few_are_found_at_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = DATASET | {"drop": [{"shape": 0, "scale": 3}, {"shape": 1, "scale": 0}]}
    make(tmp_path, dataset)
    assert (
        train(
            tmp_path, tmp_path / "run/run.json", spec_of("random", dataset=dataset, held_out=PAIR)
        )
        == 2
    )
    expected = (
        "error: held_out shape, scale: these factors have 4 combinations of classes, and 5 are"
        " needed: 3 so that"
    )
    assert expected in capsys.readouterr().err


def test_a_traversal_of_an_image_that_no_split_has_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path, INCOMPLETE)
    parent = spec_of("random", dataset=INCOMPLETE, held_out=PAIR)
    decoder = {"stage": "decoder", "epochs": 1, "batch_size": 16, "images": 40}
    assert len(stage_on(tmp_path, tmp_path, parent, **decoder).arrays["rows"]) == 16
    for image, status in ((16, 0), (17, 2)):
        below = {"parent": parent, "network": "random", **decoder}
        spec = json.dumps({"stage": "traversal", "parent": below, "image": image, "step": 1})
        words = [
            "--spec",
            spec,
            "--parent",
            str(tmp_path / "stage.json"),
            "--dataset",
            str(tmp_path / "d.json"),
        ]
        assert main(["stage", *words, "--out", str(tmp_path / f"{image}/traversal.json")]) == status
    assert (
        "error: traversal: the decoder keeps 16 test images; found image 17."
        in capsys.readouterr().err
    )


def test_heads_learn_from_the_training_combinations(data: Path, tmp_path: Path) -> None:
    """R² of a head is 1 - MSE / variance, so its three losses give the part of the split that they
    are about.
    """
    parent = {"kind": "ground_truth", "dataset": DATASET, "seed": 1, "held_out": PAIR}
    heads = {"tasks": LEARNING["tasks"], "head_layers": [16], "epochs": 1, "batch_size": 16}
    rows = stage_on(data, tmp_path, parent, stage="heads", **heads).rows
    run = Run.from_fields(parent)
    split = split_of(run, 96, lambda: factors_of(run))
    targets = datasets.read_targets(data / "t.json").astype(float)
    for part in PARTS:
        variance = [
            r["value"] for r in rows if (r["metric"], r["key"]) == ("target_variance", part)
        ]
        np.testing.assert_allclose(variance, targets[split[part]].var(axis=0))


def test_tables_show_which_combinations_are_held_out() -> None:
    record = {"result": {"networks": [{"network": "random", "losses": {}, "diverged": False}]}}
    score = {
        "network": "random",
        "metric": "mig",
        "key": "discrete_mig",
        "settings": "mig",
        "metric_seed": 0,
    }
    index = {"rows": [score | {"value": 0.1, "diverged": False}]}
    frame = long_table.make(
        "one", [(random_run(held_out=value), record, index) for value in ([], PAIR)]
    )
    found = list(variants(frame))
    assert [variant_text(label) for label, _ in found] == [
        "held_out=none",
        "held_out=shape scale",
    ]
    assert [setting_name(*pair) for pair in found] == [
        "held_out=none",
        "held_out=shape scale",
    ]
    assert frame["unlike_paper"].str.contains("held_out=shape scale").tolist() == [False, True]
