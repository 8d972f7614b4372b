"""The loop against a plain one of ordinary PyTorch; paired starts; untouched heads; resume.

Divergence.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import spec_of, train
from helpers.training_runs import kill_at, networks_of, trained, weights

from mtdis import kernels
from mtdis.artifacts import runs
from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training.batches import Images, encode
from mtdis.training.run import load

KINDS = ["single_task", "multi_head", "one_head"]


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


def plain_loss(
    kind: str, predictions: torch.Tensor, targets: torch.Tensor, task: int
) -> torch.Tensor:
    """The losses of the paper written out: the sum of task errors, their mean, and one task's
    error.
    """
    if kind == "multi_head":
        return sum(
            torch.nn.functional.mse_loss(predictions[:, t], targets[:, t])
            for t in range(targets.shape[1])
        )
    if kind == "one_head":
        return torch.nn.functional.mse_loss(predictions, targets)
    return torch.nn.functional.mse_loss(predictions[:, task], targets[:, task])


@pytest.mark.parametrize("kind", KINDS)
def test_the_loop_equals_a_plain_one(kind: str, images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of(kind))
    ours, _ = trained(run, images, tmp_path)
    theirs = networks_of(run, images)
    rows = split_rows(96)["train"]
    pictures = images.pixels.permute(0, 3, 1, 2).contiguous().float()
    for task, model in enumerate(theirs.values()):
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
        for epoch in range(2):
            order = generator(1, "batches", epoch).permutation(rows)
            for batch in (order[i * 16 : i * 16 + 16] for i in range(len(rows) // 16)):
                optimiser.zero_grad()
                prediction = model.heads(model.encoder(pictures[batch]))
                plain_loss(kind, prediction, images.targets[batch], task).backward()
                optimiser.step()
    for name, model in theirs.items():
        for a, b in zip(model.parameters(), ours[name].parameters(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_all_networks_of_a_seed_start_equal(images: Images) -> None:
    starts = [networks_of(Run.from_fields(spec_of(kind)), images) for kind in ["random", *KINDS]]
    encoders = [weights({"e": m.encoder}) for networks in starts for m in networks.values()]
    assert all(e == encoders[0] for e in encoders)
    single, multi = starts[1], starts[2]
    assert all(
        weights({"h": m.heads}) == weights({"h": multi["multi_head"].heads})
        for m in single.values()
    )
    other = networks_of(Run.from_fields(spec_of("random", seed=2)), images)
    assert weights({"e": other["random"].encoder}) != encoders[0]


def test_an_untrained_network_has_the_heads_that_one_of_all_tasks_starts_with(
    data: Path, tmp_path: Path
) -> None:
    """And their errors on the tasks, as predicted head by head."""
    spec = {k: v for k, v in spec_of("untrained").items() if k not in ("epochs", "batch_size")}
    assert train(data, tmp_path / "run.json", spec) == 0
    content = json.loads((tmp_path / "run.json").read_text())["result"]["networks"][0]
    images = load(data / "d.json", data / "t.json", torch.device("cpu"))
    start = networks_of(Run.from_fields(spec_of("multi_head")), images)["multi_head"]
    rows = split_rows(len(images.pixels))["test"]
    pixels, targets = images.examples(torch.from_numpy(rows))
    with torch.no_grad():
        errors = [
            float((start.heads.one(start.codes(pixels), task) - targets[:, task]).square().mean())
            for task in range(3)
        ]
    assert content["losses"]["test"]["mse"] == pytest.approx(errors, rel=1e-4)
    codes, _ = runs.read_codes(tmp_path / "run.json", "untrained")
    assert train(data, tmp_path / "random/run.json", spec_of("random")) == 0
    assert (codes == runs.read_codes(tmp_path / "random/run.json", "random")[0]).all()


def test_heads_that_are_not_in_the_loss_do_not_move(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("single_task"))
    before = networks_of(run, images)
    after, _ = trained(run, images, tmp_path)
    for task, name in enumerate(before):
        for a, b in zip(
            before[name].heads.parameters(), after[name].heads.parameters(), strict=True
        ):
            same = [torch.equal(x, y) for x, y in zip(a, b, strict=True)]
            assert same == [head != task for head in range(3)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop", [1, 4, 5, 8])
@pytest.mark.parametrize("fields", [{}, {"optimiser": "sgd", "momentum": 0.9}])
def test_resuming_gives_the_same_bytes(
    kind: str, stop: int, fields: dict[str, Any], images: Images, tmp_path: Path
) -> None:
    run = Run.from_fields(spec_of(kind, **fields))
    undisturbed, progress = trained(run, images, tmp_path / "a")
    for step in kill_at(stop):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    resumed, again = trained(run, images, tmp_path / "b")
    assert weights(resumed) == weights(undisturbed)
    assert again.history == progress.history


def test_a_checkpoint_of_another_run_is_not_used(images: Images, tmp_path: Path) -> None:
    for step in kill_at(3):
        with pytest.raises(KeyboardInterrupt):
            trained(
                Run.from_fields(spec_of("multi_head", seed=2)),
                images,
                tmp_path,
                checkpoint_seconds=0,
                observe=step,
            )
    fresh, _ = trained(Run.from_fields(spec_of("multi_head")), images, tmp_path / "fresh")
    beside, _ = trained(Run.from_fields(spec_of("multi_head")), images, tmp_path)
    assert weights(beside) == weights(fresh)


def test_a_damaged_checkpoint_is_not_used(images: Images, tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_bytes(b"half a file")
    damaged, _ = trained(Run.from_fields(spec_of("multi_head")), images, tmp_path)
    fresh, _ = trained(Run.from_fields(spec_of("multi_head")), images, tmp_path / "fresh")
    assert weights(damaged) == weights(fresh)


def test_a_diverged_network_harms_no_other(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("single_task"))
    healthy, _ = trained(run, images, tmp_path / "a")
    images.targets[:, 1] *= float("inf")  # the second task alone can't be learned
    broken, progress = trained(run, images, tmp_path / "b")
    assert progress.diverged == ["task2"]
    for name in ("task1", "task3"):
        assert weights({"n": broken[name]}) == weights({"n": healthy[name]})
    assert [r["epoch"] for r in progress.history if r["network"] == "task2"] == [1]


def test_a_split_smaller_than_a_batch_is_refused(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("multi_head")).model_copy(update={"batch_size": 100})
    with pytest.raises(ConfigError, match="72 rows, fewer than one batch of 100; lower batch_size"):
        trained(run, images, tmp_path)


def test_a_resumed_training_tells_what_was_done_before_and_keeps_its_time(
    images: Images, tmp_path: Path
) -> None:
    run = Run.from_fields(spec_of("multi_head"))
    for step in kill_at(6):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path, checkpoint_seconds=0, observe=step)
    seen: list[training.Step] = []
    _, progress = trained(run, images, tmp_path, observe=seen.append)
    assert [(s.images, s.resumed) for s in seen] == [
        (5 * 16, True),
        (16, False),
        (16, False),
        (16, False),
    ]
    assert progress.seconds_before > 0


def test_codes_do_not_depend_on_their_neighbours(images: Images) -> None:
    (model,) = networks_of(Run.from_fields(spec_of("random")), images).values()
    codes = encode(model, images)
    with torch.no_grad():
        alone = model.encoder(images.batch(torch.tensor([40]))).numpy()
    np.testing.assert_allclose(codes[40], alone[0], rtol=1e-4, atol=1e-7)


def test_a_checkpoint_holds_no_pickle(images: Images, tmp_path: Path) -> None:
    for step in kill_at(3):
        with pytest.raises(KeyboardInterrupt):
            trained(
                Run.from_fields(spec_of("multi_head")),
                images,
                tmp_path,
                checkpoint_seconds=0,
                observe=step,
            )
    raw = (tmp_path / "checkpoint").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert json.loads(header["__metadata__"]["about"])["step"] == 2


def test_networks_of_one_seed_can_draw_their_own_batches(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("single_task", batch_order="own"))
    ours, progress = trained(run, images, tmp_path)
    plain = networks_of(run, images)["task2"]
    optimiser = torch.optim.Adam(plain.parameters(), lr=1e-3)
    for epoch in range(2):
        order = torch.from_numpy(
            generator(1, "batches", "task2", epoch).permutation(split_rows(96)["train"])
        )
        for batch in order[:64].split(16):
            optimiser.zero_grad()
            prediction = plain.heads(plain.encoder(images.batch(batch)))[:, 1]
            torch.nn.functional.mse_loss(prediction, images.targets[batch][:, 1]).backward()
            optimiser.step()
    for a, b in zip(plain.parameters(), ours["task2"].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    shared, _ = trained(Run.from_fields(spec_of("single_task")), images, tmp_path / "shared")
    assert weights({"n": shared["task2"]}) != weights({"n": ours["task2"]})
    assert len(progress.history) == 6


def test_a_resumed_training_draws_its_own_batches_again(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("single_task", batch_order="own"))
    undisturbed, _ = trained(run, images, tmp_path / "a")
    for step in kill_at(5):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    resumed, _ = trained(run, images, tmp_path / "b")
    assert weights(resumed) == weights(undisturbed)


def test_training_ends_when_no_network_is_left(images: Images, tmp_path: Path) -> None:
    images.targets.fill_(float("inf"))
    _, progress = trained(Run.from_fields(spec_of("single_task")), images, tmp_path)
    assert progress.diverged == ["task1", "task2", "task3"]
    assert [row["epoch"] for row in progress.history] == [1, 1, 1]


def test_the_record_says_how_a_cpu_trained(images: Images, tmp_path: Path) -> None:
    _, progress = trained(Run.from_fields(spec_of("multi_head")), images, tmp_path)
    assert progress.execution == {"precision": "fp32", "step_mode": "eager"}


def test_resuming_under_other_kernels_is_said_and_recorded(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Once: also if the rest is stopped and resumed again under the same kernels."""
    run = Run.from_fields(spec_of("multi_head"))
    for now in ("ATen AVX512", "ATen AVX2", "ATen AVX2"):
        monkeypatch.setattr(kernels, "in_force", lambda *_, now=now: now)
        for step in kill_at(3):
            with pytest.raises(KeyboardInterrupt):
                trained(run, images, tmp_path, checkpoint_seconds=0, observe=step)
    _, progress = trained(run, images, tmp_path)
    assert progress.execution["resumed_from_other_kernels"] == ["ATen AVX512"]
    said = "resumed under other kernels than it was begun: ATen AVX512; now ATen AVX2."
    assert capsys.readouterr().err.count(said) == 1


def test_resuming_under_the_same_kernels_is_nothing_special(
    images: Images, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run.from_fields(spec_of("multi_head"))
    for step in kill_at(3):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path, checkpoint_seconds=0, observe=step)
    _, progress = trained(run, images, tmp_path)
    assert progress.kernels == [kernels.in_force("cpu")]
    assert "resumed_from_other_kernels" not in progress.execution
    assert "kernels" not in capsys.readouterr().err


def test_a_checkpoint_from_before_kernels_were_noted_is_resumed(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.from_fields(spec_of("multi_head"))
    undisturbed, _ = trained(run, images, tmp_path / "a")
    with monkeypatch.context() as before:
        before.setattr(training, "note_kernels", lambda *_: None)
        for step in kill_at(3):
            with pytest.raises(KeyboardInterrupt):
                trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    resumed, progress = trained(run, images, tmp_path / "b")
    assert weights(resumed) == weights(undisturbed)
    assert "resumed_from_other_kernels" not in progress.execution
