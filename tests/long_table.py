"""A small synthetic long table with the columns of an experiment's own."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

KEYS = {
    "discrete_mig": ("mig", 0.04),
    "eval_accuracy": ("factor_vae", 0.45),
    "SAP_score": ("sap", 0.02),
    "disentanglement": ("dci", 0.08),
    "completeness": ("dci", 0.09),
    "informativeness_test": ("dci", 0.45),
}
LEVEL = {"random": 0.3, "single_task": 0.4, "multi_head": 1.0, "one_head": 0.7}
REPLICAS = {"dsprites_rendered": "dSprites", "shapes3d_rendered": "Shapes3D", "mpi3d_rendered": "MPI3D"}
TYPES = {"task": "Int64", "trained_task": "Int64", "metric_seed": "Int64"}


def make_long_table(
    datasets: Sequence[str] = ("dsprites_rendered",),
    kinds: Sequence[str] = ("random", "single_task", "multi_head", "one_head"),
    seeds: Sequence[int] = (0, 1),
    tasks: int = 4,
    learning_rates: Sequence[float] = (0.001,),
    diverged: Iterable[tuple[str, str, int]] = (),
    failed: Iterable[tuple[str, str]] = (),
    unlike_paper: str = "epochs=12",
    keys: Iterable[str] = tuple(KEYS),
) -> pd.DataFrame:
    """Scores of every run; `diverged` names (kind, network, seed), `failed` (kind, metric)."""
    noise = np.random.default_rng(0)
    rows = [
        _row(dataset, kind, seed, network, key, noise.normal(), unlike_paper, _settings(kind, tasks, rate))
        for dataset in datasets
        for kind in kinds
        for rate in (learning_rates if kind != "random" else [None])
        for seed in seeds
        for network in _networks(kind, tasks)
        for key in keys
    ]
    frame = pd.DataFrame(rows).astype(TYPES)
    for kind, network, seed in diverged:
        lost = (frame["kind"] == kind) & (frame["network"] == network) & (frame["seed"] == seed)
        frame.loc[lost, ["diverged", "value"]] = [True, np.nan]
    for kind, metric in failed:
        lost = (frame["kind"] == kind) & (frame["metric"] == metric)
        frame.loc[lost, ["error", "value"]] = ["ValueError: one class", np.nan]
    return frame


def _networks(kind: str, tasks: int) -> list[str]:
    names = {"random": ["random"], "single_task": [f"task{t}" for t in range(1, tasks + 1)]}
    return names.get(kind, ["shared"])


def _settings(kind, tasks, rate):
    if kind == "random":
        return {"learning_rate": None, "tasks.count": None, "head_layers": None}
    return {"learning_rate": rate, "tasks.count": tasks, "head_layers": "300 300 300"}


def _row(dataset, kind, seed, network, key, noise, unlike_paper, settings):
    metric, level = KEYS[key]
    return {
        "experiment": "sharing",
        "run": f"{kind},dataset={dataset},seed={seed},learning_rate={settings['learning_rate']}",
        "kind": kind,
        "dataset": dataset,
        "seed": seed,
        "network": network,
        "task": None,
        "trained_task": int(network.removeprefix("task")) if kind == "single_task" else None,
        "metric": metric,
        "key": key,
        "settings": metric,
        "metric_seed": 0,
        "transform": "none",
        "draw": 0,
        "value": level * LEVEL[kind] * (1 + 0.15 * noise),
        "diverged": False,
        "error": "",
        "replica_of": REPLICAS.get(dataset, ""),
        "unlike_paper": unlike_paper if kind != "random" else "",
        "spec.seed": seed,
        "spec.latent_size": 8,
        **{f"spec.{field}": value for field, value in settings.items()},
    }
