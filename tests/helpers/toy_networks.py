"""Small networks trained by mtdis, and where their scores stand among those of their rotated codes.

    export PYTHONPATH=$PWD/tests; cd tests/data
    python -m helpers.toy_networks sgd 1 60 mig factor_vae sap dci > toy_networks_sgd.jsonl
    python -m helpers.toy_networks adam 1 60 mig factor_vae sap > toy_networks_adam.jsonl

A line per network; parts can be made side by side and joined. On another kind of processor
trainings end in other bytes, and where a network stands differs; what is claimed of all of them
does not.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from helpers.training_runs import trained
from helpers.unaligned import Standing, right, right_white, standing, wrong
from numpy.typing import NDArray

from mtdis.artifacts import datasets
from mtdis.cli import main
from mtdis.kernels import in_force
from mtdis.metrics import FactorTable, factor_table
from mtdis.scoring import transforms
from mtdis.specs.run import Run
from mtdis.training.batches import Images, encode, predict
from mtdis.training.run import load

DATASET: dict[str, Any] = {
    "name": "dsprites_rendered",
    "image_size": 8,
    "subgrid": {"scale": 3, "orientation": 4, "posX": 4, "posY": 4},
}
TASKS: dict[str, Any] = {"count": 4, "input_scaling": "unit"}
OPTIMISERS: dict[str, dict[str, Any]] = {
    "sgd": {
        "optimiser": "sgd",
        "momentum": 0.9,
        "learning_rate": 3e-4,
        "initialisation": "gaussian",
    },
    "adam": {},
}
"""The exact negative control, and the paper's optimiser and initialisation."""
DEAR, CHEAPEST = {"dci"}, {"mig", "factor_vae"}


def fields(optimiser: str, seed: int) -> dict[str, Any]:
    """The spec of a toy network of four tasks, 432 steps long."""
    return {
        "kind": "multi_head",
        "seed": seed,
        "dataset": DATASET,
        "tasks": TASKS,
        "latent_size": 5,
        "head_layers": [32],
        "epochs": 16,
        "batch_size": 16,
    } | OPTIMISERS[optimiser]


def make_images(folder: Path) -> tuple[Images, FactorTable]:
    """The 576 images with their targets, and their factors; both are written into a folder."""
    dataset, targets = folder / "d.json", folder / "t.json"
    spec = json.dumps({"dataset": DATASET, "tasks": TASKS})
    assert main(["dataset", "--spec", json.dumps(DATASET), "--out", str(dataset)]) == 0
    words = ["--spec", spec, "--dataset", str(dataset), "--out", str(targets)]
    assert main(["targets", *words]) == 0
    factors = factor_table(datasets.read_dataset(dataset, "factors"))
    return load(dataset, targets, torch.device("cpu")), factors


def codes_of(
    optimiser: str, seed: int, images: Images, folder: Path
) -> tuple[NDArray[np.float64], float]:
    """Codes (N, d) of a network that is trained in a folder, and its R² over all images, the mean
    of the tasks.
    """
    network = trained(Run.from_fields(fields(optimiser, seed)), images, folder)[0]["multi_head"]
    codes = encode(network, images)
    assert images.targets is not None
    targets = images.targets.numpy()
    errors = predict(network.heads, codes, torch.device("cpu")).reshape(targets.shape) - targets
    r2 = 1 - (errors**2).mean(axis=0) / targets.var(axis=0)
    return transforms.live(codes), float(r2.mean())


def standings_of(
    codes: NDArray[np.float64], seed: int, factors: FactorTable, metrics: Iterable[str]
) -> dict[str, dict[str, Standing]]:
    """By metric and null where the scores of codes stand: in both right nulls, of DCI in the white
    one alone, and of the cheapest metrics in one that only looks right.
    """
    nulls = {
        name: (right_white if name in DEAR else right)(name, codes, seed, factors)
        for name in metrics
    }
    for name in CHEAPEST.intersection(nulls):
        nulls[name]["covariance kept"] = wrong(name, codes, seed, factors)["covariance kept"]
    return {name: {which: standing(*n) for which, n in of.items()} for name, of in nulls.items()}


def networks(
    optimiser: str, seeds: Iterable[int], metrics: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Of each seed how much its network learned, how its codes spread, and where they stand."""
    with TemporaryDirectory() as folder:
        images, factors = make_images(Path(folder))
        for seed in seeds:
            codes, r2 = codes_of(optimiser, seed, images, Path(folder) / str(seed))
            yield {
                "seed": seed,
                "kernels": in_force(),
                "r2": round(r2, 4),
                "effective_rank": round(transforms.effective_rank(codes), 4),
                "standings": standings_of(codes, seed, factors, metrics),
            }


if __name__ == "__main__":
    chosen, first, last, *names = sys.argv[1:]
    for network in networks(chosen, range(int(first), int(last) + 1), names):
        print(json.dumps(network), flush=True)
