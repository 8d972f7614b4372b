"""Decoders on frozen codes and traversals through them: against plain PyTorch, the paper's two
readings, any scale.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import DATASET, FIELDS, spec_of, train

from mtdis.artifacts import datasets, runs
from mtdis.artifacts import stages as stage_files
from mtdis.artifacts.stages import StageResult
from mtdis.cli import main
from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.reporting import long_table
from mtdis.specs.ids import full_id, identify
from mtdis.specs.stage import Stage
from mtdis.specs.stages.traversal import Traversal
from mtdis.stages import decoder as decoder_stage
from mtdis.stages._decoding import READINGS, decode, pictures, reconstruction_errors
from mtdis.stages.traversal import traverse
from mtdis.study import Study
from mtdis.training.batches import CodedImages, Images
from mtdis.training.checkpoints import Progress
from mtdis.training.networks import initialise, make_decoder

RUN: dict[str, Any] = {"kind": "random", **FIELDS, "latent_size": 3}
DECODER: dict[str, Any] = {
    "stage": "decoder",
    "parent": RUN,
    "network": "random",
    "epochs": 3,
    "halve_every": 2,
    "batch_size": 16,
    "images": 4,
}


def commanded(data: Path, spec: dict[str, Any], parent: Path, out: Path, *options: str) -> int:
    words = [
        "--spec",
        json.dumps(spec),
        "--parent",
        str(parent),
        "--dataset",
        str(data / "d.json"),
        "--out",
        str(out),
    ]
    return main(["stage", *words, *options])


def decoded(data: Path, folder: Path, *options: str, **changes: Any) -> StageResult:
    """The result of a decoder on the codes of an untrained encoder."""
    if not (folder / "run.json").exists():
        assert train(data, folder / "run.json", RUN) == 0
    out = folder / "decoder/stage.json"
    assert commanded(data, DECODER | changes, folder / "run.json", out, *options) == 0
    return stage_files.read_stage(out)


def weights_of(record: Path) -> dict[str, torch.Tensor]:
    return runs.read_weights(record, "decoder")


def images_of(data: Path) -> torch.Tensor:
    return (
        torch.from_numpy(datasets.read_dataset(data / "d.json", "images"))
        .permute(0, 3, 1, 2)
        .float()
    )


@pytest.mark.slow
@pytest.mark.parametrize(("loss", "weight_decay"), [("mse", 0), ("bce", 0), ("mse", 50)])
def test_a_decoder_is_trained_as_by_a_plain_loop(
    loss: str, weight_decay: float, data: Path, tmp_path: Path
) -> None:
    result = decoded(data, tmp_path, loss=loss, weight_decay=weight_decay)
    codes = torch.from_numpy(runs.read_codes(tmp_path / "run.json", "random")[0])
    images, split = images_of(data), split_rows(96)
    plain = make_decoder(1, 8, 3)
    initialise(plain, "pytorch", 1, "decoder")
    optimiser = torch.optim.AdamW(plain.parameters(), lr=2e-4, weight_decay=weight_decay)
    halving = torch.optim.lr_scheduler.StepLR(optimiser, step_size=2, gamma=0.5)
    for epoch in range(3):
        order = generator(1, "batches", epoch).permutation(split["train"])
        for batch in (order[i * 16 : i * 16 + 16] for i in range(len(order) // 16)):
            optimiser.zero_grad()
            outputs = plain(codes[batch])
            squared = (outputs - images[batch]).square().mean()
            entropy = (
                torch.nn.functional.binary_cross_entropy(
                    outputs.sigmoid(), images[batch], reduction="sum"
                )
                / 16
            )
            (squared if loss == "mse" else entropy).backward()
            optimiser.step()
        halving.step()
    for name, value in weights_of(tmp_path / "decoder/stage.json").items():
        torch.testing.assert_close(value, plain.state_dict()[name], rtol=1e-3, atol=1e-6)
    values = {row["key"]: row["value"] for row in result.rows}
    for part, suffix in (("test", ""), ("train", "_train")):
        outputs, wanted = plain(codes[split[part]]).detach().double(), images[split[part]].double()
        found = outputs if loss == "mse" else outputs.sigmoid()
        likelihood = torch.distributions.Bernoulli(found.clamp(1e-6, 1 - 1e-6)).log_prob(wanted)
        assert values[f"mse{suffix}"] == pytest.approx(
            float((found - wanted).square().mean()), rel=1e-4
        )
        assert values[f"bce_sum{suffix}"] == pytest.approx(
            -float(likelihood.sum((1, 2, 3)).mean()), rel=1e-4
        )
    assert {row["metric"] for row in result.rows} == {"reconstruction"}


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_the_errors_of_a_mean_image_are_those_of_its_variance_and_entropy(loss: str) -> None:
    """A decoder that gives each pixel its mean over the images: errors in closed form, over several
    chunks.
    """
    draw = np.random.default_rng(1)
    pixels = (draw.random((700, 8, 8, 3)) < draw.random((8, 8, 3))).astype(np.uint8)
    mean = pixels.mean(axis=0)

    class Constant(torch.nn.Module):
        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            outputs = mean if loss == "mse" else np.log(mean / (1 - mean))
            return torch.from_numpy(outputs).permute(2, 0, 1).float().expand(len(codes), -1, -1, -1)

    data = CodedImages(torch.zeros(700, 2), Images(torch.from_numpy(pixels), 1, None))
    found = reconstruction_errors(Constant(), READINGS[loss], data, np.arange(700))
    assert found["mse"] == pytest.approx((mean * (1 - mean)).mean(), rel=1e-5)
    entropy = -(mean * np.log(mean) + (1 - mean) * np.log(1 - mean)).sum()
    assert found["bce_sum"] == pytest.approx(entropy, rel=1e-5)


def test_pictures_of_images_have_white_at_255() -> None:
    images = torch.tensor([0.0, 0.5, 1.0, float("nan"), -0.2, 1.3]).reshape(1, 1, 2, 3)
    assert pictures(images).ravel().tolist() == [0, 128, 255, 0, 0, 255]


def test_what_is_kept_of_a_decoder(data: Path, tmp_path: Path) -> None:
    arrays = decoded(data, tmp_path).arrays
    codes, _ = runs.read_codes(tmp_path / "run.json", "random")
    test = split_rows(96)["test"]
    assert set(arrays["rows"]) <= set(test)
    assert len(set(arrays["rows"])) == 4
    stored = datasets.read_dataset(data / "d.json", "images")[arrays["rows"]]
    np.testing.assert_array_equal(arrays["inputs"], 255 * stored)
    np.testing.assert_array_equal(arrays["codes"], codes[arrays["rows"]])
    np.testing.assert_allclose(
        arrays["code_mean"], codes[test].mean(axis=0, dtype=float), rtol=1e-6
    )
    np.testing.assert_allclose(arrays["code_sd"], codes[test].std(axis=0, dtype=float), rtol=1e-6)
    assert (arrays["reconstructions"].shape, arrays["reconstructions"].dtype) == (
        (4, 8, 8, 1),
        np.uint8,
    )


@pytest.mark.slow
def test_all_networks_on_a_dataset_show_the_same_images(data: Path, tmp_path: Path) -> None:
    first = decoded(data, tmp_path / "a").arrays
    other = RUN | {"seed": 2, "latent_size": 5}
    assert train(data, tmp_path / "b/run.json", other) == 0
    second = decoded(data, tmp_path / "b", parent=other).arrays
    np.testing.assert_array_equal(first["rows"], second["rows"])
    assert second["codes"].shape == (4, 5)
    redrawn = decoded(data, tmp_path / "a", seed=2).arrays
    assert redrawn["rows"].tolist() != first["rows"].tolist()


def test_a_test_split_smaller_than_what_is_shown_is_shown_whole(data: Path, tmp_path: Path) -> None:
    arrays = decoded(data, tmp_path, images=40).arrays
    assert sorted(arrays["rows"]) == sorted(split_rows(96)["test"])
    assert Stage.from_fields(DECODER | {"images": 40}).kept_images == 12


class Killed(BaseException):
    """As by SIGKILL: nothing that could save or say anything is told."""


@pytest.mark.slow
@pytest.mark.parametrize("stop", [2, 4, 7])
def test_a_killed_decoder_is_resumed_to_the_same_bytes(
    stop: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decoded(data, tmp_path / "a")
    assert train(data, tmp_path / "b/run.json", RUN) == 0
    step, made = decoder_stage.Learner.step, []

    def killed(self: Any, *args: Any) -> torch.Tensor:
        made.append(1)
        if len(made) > stop:
            raise Killed
        return step(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(decoder_stage.Learner, "step", killed)
        with pytest.raises(Killed):
            decoded(data, tmp_path / "b", "--checkpoint-seconds", "0")
    assert (tmp_path / "b/decoder/checkpoint.safetensors").exists()
    again = decoded(data, tmp_path / "b")
    assert again.rows == whole.rows
    first, second = (weights_of(tmp_path / name / "decoder/stage.json") for name in "ab")
    assert all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.slow
def test_the_scale_of_codes_may_be_tiny(data: Path, tmp_path: Path) -> None:
    """Those of an untrained encoder hardly differ.

    The decoder is given them as they are and learns all the same.
    """
    longer = {"epochs": 25, "learning_rate": 1e-3, "halve_every": 0}
    first, later = decoded(data, tmp_path, epochs=1), decoded(data, tmp_path, **longer)
    assert first.arrays["code_sd"].max() < 0.05
    errors = [
        {row["key"]: row["value"] for row in result.rows}["mse_train"] for result in (first, later)
    ]
    mean_image = images_of(data)[split_rows(96)["train"]].var(0, unbiased=False).mean()
    assert errors[1] < 1.05 * float(mean_image) < errors[0]


def test_a_decoder_that_diverges_has_no_values(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverging(*args: Any) -> Progress:
        return Progress(
            epoch=1,
            diverged=["random"],
            history=[{"network": "random", "epoch": 1, "train_loss": None}],
        )

    monkeypatch.setattr(decoder_stage, "fit", diverging)
    result = decoded(data, tmp_path)
    assert result.diverged
    assert not result.rows
    assert not result.arrays
    out = tmp_path / "traversal.json"
    assert commanded(data, traversal_of(), tmp_path / "decoder/stage.json", out) == 0
    assert stage_files.read_stage(out).diverged


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_a_step_too_large_is_a_diverged_decoder_and_no_error(
    loss: str, data: Path, tmp_path: Path
) -> None:
    result = decoded(data, tmp_path, loss=loss, learning_rate=1e30)
    assert result.diverged
    assert not result.rows


def traversal_of(**changes: Any) -> dict[str, Any]:
    return {"stage": "traversal", "parent": DECODER} | changes


@pytest.mark.parametrize(
    ("unit", "loss", "move"),
    [("raw", "mse", "add"), ("sd", "bce", "add"), ("raw", "bce", "set"), ("sd", "mse", "set")],
)
def test_frames_are_the_decoders_images_of_moved_codes(
    unit: str, loss: str, move: str, data: Path, tmp_path: Path
) -> None:
    kept = decoded(data, tmp_path, loss=loss).arrays
    out, record = tmp_path / "traversal/stage.json", tmp_path / "decoder/stage.json"
    assert (
        commanded(
            data,
            traversal_of(unit=unit, move=move, image=3, parent=DECODER | {"loss": loss}),
            record,
            out,
        )
        == 0
    )
    found = stage_files.read_stage(out).arrays
    np.testing.assert_allclose(found["offsets"], np.linspace(-1, 1, 21), atol=1e-12)
    np.testing.assert_array_equal(found["input"], kept["inputs"][2])
    assert found["frames"].shape == (3, 21, 8, 8, 1)
    plain = make_decoder(1, 8, 3)
    plain.load_state_dict(weights_of(record))
    size = kept["code_sd"] if unit == "sd" else np.ones(3)
    for dimension, place in ((0, 0), (1, 13), (2, 20)):
        code = torch.from_numpy(kept["codes"][2]).clone()
        if move == "set":
            code[dimension] = float(kept["code_mean"][dimension]) if unit == "sd" else 0.0
        code[dimension] += float(found["offsets"][place] * size[dimension])
        outputs = plain(code[None]).detach()[0].permute(1, 2, 0)
        expected = 255 * (outputs.sigmoid() if loss == "bce" else outputs.clip(0, 1)).numpy()
        np.testing.assert_allclose(found["frames"][dimension, place], expected, atol=0.51)
    still = np.abs(found["frames"][:, 10].astype(int) - found["reconstruction"])
    assert move == "set" or still.max() <= 1  # no offset: nothing has moved
    assert np.abs(found["reconstruction"].astype(int) - kept["reconstructions"][2]).max() <= 1


def test_one_code_moves_and_the_others_stay() -> None:
    code, sizes, offsets = (
        np.array([1, 2, 3], "f4"),
        np.array([1, 10, 100.0]),
        np.array([-0.5, 0, 2]),
    )
    moved = traverse(code, code.astype(float), sizes, offsets)
    assert moved[:, 1].tolist() == [[1, 2, 3]] * 3
    assert moved[:, 0].tolist() == [[0.5, 2, 3], [1, -3, 3], [1, 2, -47]]
    assert moved[:, 2].tolist() == [[3, 2, 3], [1, 22, 3], [1, 2, 203]]


def test_a_set_code_takes_the_value_and_the_others_stay() -> None:
    moved = traverse(np.array([1, 2], "f4"), np.zeros(2), np.ones(2), np.array([-1, 0, 1.0]))
    assert moved.tolist() == [[[-1, 2], [0, 2], [1, 2]], [[1, -1], [1, 0], [1, 1]]]


def test_standardised_codes_have_mean_0_and_sd_1_on_the_training_rows() -> None:
    draw = np.random.default_rng(1)
    codes = torch.from_numpy((draw.normal(size=(40, 3)) * [1e-4, 5, 0] + 3).astype(np.float32))
    rows = torch.arange(0, 40, 2)
    found = decoder_stage.standardised(codes, rows)
    np.testing.assert_allclose(found[rows].mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(found[rows].std(0, correction=0), [1, 1, 0], rtol=1e-4)
    torch.testing.assert_close(
        found[:, 0] * codes[rows, 0].std(correction=0),
        codes[:, 0] - codes[rows, 0].mean(),
        atol=1e-6,
        rtol=1e-2,
    )


def test_a_decoder_of_standardised_codes_is_one_of_codes_of_any_scale(
    data: Path, tmp_path: Path
) -> None:
    """Codes of the untrained network spread over thousandths; scaled, the kept ones have a
    spread near 1 on the test split.
    """
    raw = decoded(data, tmp_path)
    scaled = decoded(data, tmp_path, scaling="standardised")
    assert raw.arrays["code_sd"].max() < 0.1
    assert (scaled.arrays["code_sd"] > 0.3).all()
    assert {row["key"]: row["value"] for row in raw.rows} != {
        row["key"]: row["value"] for row in scaled.rows
    }


def test_many_codes_are_decoded_in_chunks_as_one_by_one() -> None:
    decoder = make_decoder(3, 8, 2)
    initialise(decoder, "pytorch", 1, "decoder")
    codes = np.random.default_rng(1).standard_normal((600, 2)).astype(np.float32) * 50
    whole = decode(decoder, READINGS["bce"], codes, torch.device("cpu"))
    assert whole.shape == (600, 8, 8, 3)
    for place in (0, 255, 256, 599):
        alone = decode(decoder, READINGS["bce"], codes[place : place + 1], torch.device("cpu"))[0]
        assert np.abs(whole[place].astype(int) - alone).max() <= 1
    assert len(np.unique(whole)) > 5


@pytest.mark.parametrize(
    ("low", "high", "step", "count"),
    [(-1, 1, 0.1, 21), (-2, 2, 0.5, 9), (0, 1, 0.3, 4), (1, 1, 1, 1), (-3, 3, 0.1, 61)],
)
def test_offsets_reach_from_low_to_high(low: float, high: float, step: float, count: int) -> None:
    assert Stage.from_fields(traversal_of(low=low, high=high, step=step)).steps == count


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"low": 2}, "offsets go from low up to high; found low 2 and high 1"),
        ({"step": 1e-4}, "at most 1,001 steps can be drawn, these are 20,001; take a larger step"),
        ({"image": 5}, "the decoder keeps 4 test images; found image 5"),
        ({"unit": "variance"}, "'raw' or 'sd'"),
    ],
)
def test_what_is_wrong_with_a_traversal_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Stage.from_fields(traversal_of(**changes))


def test_a_decoder_needs_all_codes_and_a_known_loss() -> None:
    with pytest.raises(ConfigError, match="set keep_codes: all"):
        Stage.from_fields(DECODER | {"parent": RUN | {"keep_codes": "test"}})
    with pytest.raises(ConfigError, match="'mse' or 'bce'"):
        Stage.from_fields(DECODER | {"loss": "l1"})


def test_the_defaults_are_the_papers() -> None:
    """Section C.2: 500 epochs, batches of 64, 0.0002 halved every 100, squared error.

    Figure 7: -1 to 1 by 0.1.
    """
    stage = Stage.from_fields({"stage": "decoder", "parent": RUN, "network": "random"})
    assert (stage.epochs, stage.batch_size, stage.learning_rate, stage.halve_every) == (
        500,
        64,
        2e-4,
        100,
    )
    assert (stage.loss, stage.seed) == ("mse", 1)
    walk = Stage.from_fields({"stage": "traversal", "parent": stage})
    assert (walk.low, walk.high, walk.step, walk.unit) == (-1, 1, 0.1, "raw")


def test_traversals_stand_on_every_decoder_of_an_experiment() -> None:
    stages = {
        "traversal": {"unit": ["raw", "sd"]},
        "decoder": {"loss": ["mse", "bce"], "batch_size": 16},
    }
    body = {
        "kind": ["random", "vae"],
        "dataset": DATASET,
        "seed": 1,
        "batch_size": 16,
        "stages": stages,
    }
    study = Study.from_config(
        {"name": "small", "metrics": {"mig": {}}, "experiments": {"one": body}}
    )
    kinds = [stage.name() for stage in study.stages.values()]
    assert (kinds.count("decoder"), kinds.count("traversal")) == (4, 8)
    for stage_id, stage in study.stages.items():
        if isinstance(stage, Traversal):
            assert full_id(stage) == f"{full_id(stage.parent)}++traversal" + (
                "+unit=sd" if stage.unit == "sd" else ""
            )
            assert (
                study.stage_parents(stage_id)["parent"]
                == f"results/stages/{identify(stage.parent)}/stage.json"
            )
            assert Stage.from_fields(json.loads(study.spec(stage_id))) == stage
    alone = {"one": body | {"stages": {"traversal": {}}}}
    with pytest.raises(ConfigError, match="has no decoder that it could stand on"):
        Study.from_config({"name": "small", "metrics": {"mig": {}}, "experiments": alone})


def test_an_autoencoders_own_codes_are_decoded(data: Path, tmp_path: Path) -> None:
    run = spec_of("vae", latent_size=2)
    run = {key: value for key, value in run.items() if key not in ("tasks", "head_layers")}
    assert train(data, tmp_path / "run.json", run) == 0
    out = tmp_path / "stage.json"
    assert (
        commanded(data, DECODER | {"parent": run, "network": "vae"}, tmp_path / "run.json", out)
        == 0
    )
    assert stage_files.read_stage(out).arrays["codes"].shape == (4, 2)


def test_the_rows_of_a_traversal_name_the_network_that_its_decoder_stands_on() -> None:
    below = DECODER | {"parent": spec_of("single_task"), "network": "task2"}
    stage = Stage.from_fields(traversal_of(parent=below))
    record = {
        "id": identify(stage),
        "spec": stage.resolved(),
        "result": {"rows": [], "diverged": False},
    }
    [row] = long_table.stage_rows("one", stage, record)
    assert (row["kind"], row["network"], row["trained_task"]) == ("single_task", "task2", 2)
    assert (row["stage"], row["stage.unit"]) == ("traversal", "raw")
