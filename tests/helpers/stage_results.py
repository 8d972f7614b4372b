"""Synthetic results of stages, for the contracts of what shows them: a maker per kind of stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtdis.artifacts.stages import StageResult

MAKERS: dict[str, Callable[[], list[StageResult]]] = {}
"""Stage kind → a function that makes results of it as a study would give them: several seeds, kinds
of parents.
"""


def examples(kind: str) -> list[StageResult]:
    """New synthetic results of a stage kind; LookupError if nobody has written a maker of it."""
    if kind not in MAKERS:
        raise LookupError(
            f"tests/helpers/stage_results.py has no maker of '{kind}' (known:"
            f" {', '.join(MAKERS) or 'none'}); add one, so that what shows this stage is tested."
        )
    return deepcopy(_made(kind))


@cache
def _made(kind: str) -> list[StageResult]:
    """The results of a maker, some of which compute for seconds."""
    return MAKERS[kind]()


def task_diagnostics() -> list[StageResult]:
    """Diagnostics of small tasks on a part of dSprites, one result per scaling of their inputs."""
    from mtdis.artifacts.stages import StageResult
    from mtdis.data.factors import grid_rows
    from mtdis.data.tasks import make_targets
    from mtdis.specs.ids import identify
    from mtdis.specs.targets import Targets
    from mtdis.stages.task_diagnostics import diagnose, long_rows

    dataset = {"name": "dsprites_rendered", "subgrid": {"orientation": 3, "posX": 3, "posY": 3}}
    results = []
    for scaling in ("raw", "unit", "standardised"):
        targets = Targets.parse(
            {"dataset": dataset, "tasks": {"count": 3, "input_scaling": scaling}}
        )
        grid = targets.dataset.grid
        small = targets.tasks.model_copy(update={"hidden_size": 8})
        rows = long_rows(
            diagnose(make_targets(grid_rows(grid, 0, grid.count)[1], small), grid.sizes, grid.names)
        )
        spec = {"stage": "task_diagnostics", "parent": targets.resolved()}
        results.append(StageResult(f"{identify(targets)}+task_diagnostics", spec, rows, {}))
    return results


MAKERS["task_diagnostics"] = task_diagnostics


def architecture() -> list[StageResult]:
    """The layers of several kinds of networks as the stage finds them, and a network that
    diverged.
    """
    from mtdis.artifacts.stages import StageResult

    small = {"name": "dsprites_rendered", "image_size": 16}
    runs = [
        {"kind": "multi_head", "dataset": "dsprites_rendered", "network": "multi_head"},
        {"kind": "random", "dataset": "dsprites_rendered", "network": "random"},
        {"kind": "one_head", "dataset": small, "network": "one_head", "head_activation": "tanh"},
        {
            "kind": "factor_vae",
            "dataset": small,
            "network": "factor_vae",
            "discriminator_layers": [20, 20],
        },
    ]
    lost = _architecture({"kind": "vae", "dataset": small, "network": "vae"})
    return [*map(_architecture, runs), StageResult(lost.id, lost.spec, [], {}, diverged=True)]


def _architecture(fields: dict[str, Any]) -> StageResult:
    """What the stage finds on a run of these fields, of which `network` is the stage's own."""
    from mtdis.artifacts.stages import StageResult
    from mtdis.specs.ids import identify
    from mtdis.specs.stage import Stage
    from mtdis.stages.architecture import compute

    run = {"seed": 1} | {name: value for name, value in fields.items() if name != "network"}
    stage = Stage.from_fields(
        {"stage": "architecture", "parent": run, "network": fields["network"]}
    )
    outcome = compute(stage, None)
    return StageResult(identify(stage), stage.resolved(), outcome.rows, outcome.arrays)


MAKERS["architecture"] = architecture


def umap() -> list[StageResult]:
    """Embeddings of several kinds of networks, seeds and learning rates; a factor of one class.

    One that diverged.
    """
    import numpy as np

    noise = np.random.default_rng(0)
    factors = np.stack([noise.integers(size, size=300) for size in (3, 6, 1, 32, 2)], axis=1)
    names = np.array(["shape", "scale", "orientation", "posX", "posY"], dtype="S")
    arrays = {"factors": factors, "names": names}

    def compute(stage):
        spread = {"random": 3, "single_task": 1.5}.get(stage.run.name(), 0.5)
        embedding = factors[:, :2] + spread * noise.normal(size=(300, 2))
        return [], arrays | {"embedding": embedding.astype(np.float32)}

    return _on_networks("umap", compute)


def retrieved() -> list[StageResult]:
    """Retrieved factors of codes between noise and the factors; one code constant.

    A network that diverged.
    """
    import numpy as np

    from mtdis.stages.retrieved import outcome

    noise = np.random.default_rng(0)
    levels = {"random": 0.1, "single_task": 0.4, "multi_head": 2.0, "vae": 1.0}

    def compute(stage):
        factors = np.stack([noise.integers(size, size=200) for size in (3, 6, 1, 8, 2)], axis=1)
        codes = noise.normal(size=(200, 6)).astype(np.float32)
        codes[:, :5] += levels[stage.run.name()] * factors
        codes[:, 5] = 1
        found = outcome(stage, codes, factors, ["shape", "scale", "orientation", "posX", "posY"])
        return list(found.rows), dict(found.arrays)

    return _on_networks("retrieved", compute, permutations=19)


def _on_networks(
    kind: str,
    compute: Callable[[Any], tuple[Any, Any]],
    held_out: Sequence[str] = (),
    **fields: Any,
) -> list[StageResult]:
    """Results of a stage on networks of two seeds and two learning rates.

    A single-task one of seed 2 diverged.
    """
    from mtdis.artifacts.stages import StageResult
    from mtdis.specs.ids import identify
    from mtdis.specs.stage import Stage

    networks = [
        ("random", "random"),
        ("single_task", "task1"),
        ("multi_head", "multi_head"),
        ("vae", "vae"),
    ]
    results = []
    for seed, rate, (run, network) in product((1, 2), (0.001, 0.0001), networks):
        parent = {"kind": run, "dataset": "dsprites_rendered", "seed": seed, "learning_rate": rate}
        if run == "random":
            parent.pop("learning_rate")
        if held_out:
            parent["held_out"] = list(held_out)
        stage = Stage.from_fields({"stage": kind, "parent": parent, "network": network, **fields})
        lost = (run, seed) == ("single_task", 2)
        rows, arrays = ([], {}) if lost else compute(stage)
        results.append(StageResult(identify(stage), stage.resolved(), rows, arrays, diverged=lost))
    return list({result.id: result for result in results}.values())


def rotation_dose() -> list[StageResult]:
    """Doses of several kinds of networks: heads' R² flat, trees' falling, MIG falling."""
    import numpy as np

    noise = np.random.default_rng(0)

    def compute(stage):
        sizes, sets, angles = len(stage.train_rows), stage.rotations, np.array(stage.angles)
        falls = {"adam": 0.0, "sgd": 0.0, "trees": 0.05}
        arrays = {
            arm: 0.9
            - falls[arm] * np.sin(np.deg2rad(angles))[:, None]
            + 0.003 * noise.normal(size=(sizes, sets, len(angles), 2))
            for arm in stage.arms
        }
        mig = 0.9 * np.cos(np.deg2rad(angles)) ** 2 + 0.01 * noise.normal(size=(sets, len(angles)))
        return [], arrays | {"mig": mig}

    return _on_networks("rotation_dose", compute)


def seed_consistency() -> list[StageResult]:
    """Codes of two seeds, each compared with two others, and of a network that diverged."""
    import numpy as np

    from mtdis.metrics._similarity import similarities

    noise = np.random.default_rng(0)

    def compute(stage):
        first = noise.normal(size=(60, 3))
        found = similarities(first, first + noise.normal(size=(60, 3)))
        rows = [{"metric": "seed_consistency", "key": k, "value": v} for k, v in found.items()]
        return rows, {"rows": np.array(60)}

    pairs = (_on_networks("seed_consistency", compute, other_seed=other) for other in (8, 9))
    return [result for each in pairs for result in each]


def unseen_combinations() -> list[StageResult]:
    """Accuracies on seen and unseen combinations, of codes that hold the factors better and
    worse.
    """
    import numpy as np

    from mtdis.stages.unseen_combinations import outcome

    noise = np.random.default_rng(0)

    def compute(stage):
        factors = np.indices((3, 6, 4)).reshape(3, -1).T.repeat(4, axis=0)
        codes = factors + noise.normal(size=factors.shape)
        unseen = (factors[:, 0] + factors[:, 1]) % 3 == 0
        parts = ((codes[kept], factors[kept]) for kept in (~unseen, unseen))
        found = outcome(stage, *parts, ["shape", "scale", "posX"])
        return list(found.rows), dict(found.arrays)

    return _on_networks("unseen_combinations", compute, held_out=["shape", "scale"])


MAKERS |= {"umap": umap, "retrieved": retrieved, "rotation_dose": rotation_dose}
MAKERS |= {"seed_consistency": seed_consistency, "unseen_combinations": unseen_combinations}


def heads() -> list[StageResult]:
    """Heads on the codes of auto-encoders and on the true factors, three seeds each, of which one
    diverged.
    """
    from mtdis.artifacts.stages import StageResult
    from mtdis.specs.ids import identify
    from mtdis.specs.stage import Stage

    codes = {
        "autoencoder": 80.0,
        "vae": 63.0,
        "factor_vae": 92.0,
        "ground_truth": 150.0,
        "standardised": 40.0,
    }
    found = []
    for place, (name, mse) in enumerate(codes.items()):
        scaling = {"scaling": name} if name == "standardised" else {}
        kind = "ground_truth" if scaling else name
        run = {"kind": kind, "dataset": "dsprites_rendered", "seed": 1} | scaling
        for seed in (1, 2, 3):
            stage = Stage.from_fields(
                {
                    "stage": "heads",
                    "parent": run,
                    "network": kind,
                    "seed": seed,
                    "tasks": {"count": 2},
                }
            )
            lost = (name, seed) == ("vae", 3)
            rows = (
                []
                if lost
                else [
                    row for part in ("train", "test") for row in _losses(part, mse + seed + place)
                ]
            )
            found.append(StageResult(identify(stage), stage.resolved(), rows, {}, lost))
    return found


def _losses(part: str, mse: float) -> list[dict[str, Any]]:
    """Errors on two tasks, whose mean on the test split is `mse`, and half of it on the training
    split.
    """
    values = [mse * share * (1.0 if part == "test" else 0.5) for share in (0.9, 1.1)]
    rows = [{"mse": value, "r2": 1 - value / 200, "target_variance": 200.0} for value in values]
    return [
        {"metric": metric, "key": part, "task": task, "value": value}
        for task, row in enumerate(rows, start=1)
        for metric, value in row.items()
    ]


MAKERS["heads"] = heads


DECODED = [
    {"kind": "random", "dataset": "dsprites_rendered", "network": "random"},
    {"kind": "single_task", "dataset": "dsprites_rendered", "network": "task1"},
    {"kind": "single_task", "dataset": "dsprites_rendered", "network": "task2"},
    {"kind": "multi_head", "dataset": "dsprites_rendered", "network": "multi_head"},
    {"kind": "multi_head", "dataset": "dsprites_rendered", "network": "multi_head", "seed": 2},
    {"kind": "vae", "dataset": "dsprites_rendered", "network": "vae"},
]
"""Networks of two seeds whose codes are decoded; the last one's decoder diverged."""


def decoder() -> list[StageResult]:
    """Decoders of several networks, one with other settings, one that diverged.

    Images by chance.
    """
    found = [_decoder(fields) for fields in DECODED]
    lost = found[-1]
    return [
        *found[:-1],
        _decoder(DECODED[0], loss="bce"),
        type(lost)(lost.id, lost.spec, [], {}, diverged=True),
    ]


def _decoder(fields: dict[str, Any], **changes: Any) -> StageResult:
    """A result as of a decoder on a run of these fields, of which `network` is the stage's own."""
    import numpy as np

    from mtdis.artifacts.stages import StageResult
    from mtdis.specs.ids import identify
    from mtdis.specs.stage import Stage

    run = {"seed": 1} | {name: value for name, value in fields.items() if name != "network"}
    stage = Stage.from_fields(
        {"stage": "decoder", "parent": run, "network": fields["network"]} | changes
    )
    draw = np.random.default_rng(stage.parent.seed)
    errors = {
        "mse": 0.02 * draw.random(),
        "bce_sum": 300 * draw.random(),
        "mse_train": 0.01,
        "bce_sum_train": 100.0,
    }
    images = draw.integers(0, 256, (2, 6, 8, 8, 1), dtype=np.uint8)
    return StageResult(
        identify(stage),
        stage.resolved(),
        [{"metric": "reconstruction", "key": key, "value": value} for key, value in errors.items()],
        {
            "inputs": images[0],
            "reconstructions": images[1],
            "code_mean": draw.random(8),
            "code_sd": draw.random(8),
        },
    )


MAKERS["decoder"] = decoder


def traversal() -> list[StageResult]:
    """Traversals in both units through the decoders of several networks, in grey and in colour.

    One diverged.
    """
    found = [_traversal(fields, unit, 1) for fields in DECODED[:4] for unit in ("raw", "sd")]
    lost = _traversal(DECODED[-1], "raw", 1)
    return [
        *found,
        _traversal(DECODED[4], "sd", 3),
        type(lost)(lost.id, lost.spec, [], {}, diverged=True),
    ]


def _traversal(fields: dict[str, Any], unit: str, channels: int) -> StageResult:
    """A result as of a traversal through the decoder of `_decoder`, with frames by chance."""
    import numpy as np

    from mtdis.artifacts.stages import StageResult
    from mtdis.specs.ids import identify
    from mtdis.specs.stage import Stage

    below = _decoder(fields).spec
    stage = Stage.from_fields({"stage": "traversal", "parent": below, "unit": unit})
    draw = np.random.default_rng(stage.run.seed)
    frames = draw.integers(0, 256, (8, stage.steps, 8, 8, channels), dtype=np.uint8)
    offsets = np.linspace(stage.low, stage.high, stage.steps)
    image = frames[0, 10]
    arrays = {"input": image, "reconstruction": image, "frames": frames, "offsets": offsets}
    arrays["unit_size"] = np.ones(8)
    return StageResult(identify(stage), stage.resolved(), [], arrays)


MAKERS["traversal"] = traversal
