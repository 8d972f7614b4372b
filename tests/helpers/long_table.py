"""A small synthetic long table with the columns of an experiment's own."""

from collections.abc import Iterable, Sequence
from itertools import product

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
HEADLINE = ("random", "single_task", "multi_head", "one_head")
AUTOENCODERS = ("autoencoder", "vae", "factor_vae")
EVERY_KIND = (*HEADLINE, *AUTOENCODERS)
LEVEL = {"random": 0.3, "untrained": 0.3, "single_task": 0.4, "multi_head": 1.0, "one_head": 0.7}
LEVEL |= {"autoencoder": 0.8, "vae": 1.1, "factor_vae": 1.3}
REPLICAS = {
    "dsprites_rendered": "dSprites",
    "shapes3d_rendered": "Shapes3D",
    "mpi3d_rendered": "MPI3D",
}
TYPES = {"task": "Int64", "trained_task": "Int64", "metric_seed": "Int64"}
SETTINGS = {
    "paper": {"initialisation": "pytorch", "head_layers": "300 300 300", "head_activation": "relu"},
    "released": {
        "initialisation": "released",
        "head_layers": "300 300 300 300",
        "head_activation": "tanh",
        "learning_rate": 0.0001,
    },
}
READ: dict[str, set[str]] = {
    "random": {"initialisation"},
    "untrained": {"initialisation", "head_layers", "head_activation"}
    | {"tasks.count", "tasks.subsets"},
} | {kind: {"initialisation", "learning_rate"} for kind in AUTOENCODERS}
"""The settings that a kind reads; the others read all."""


def make_long_table(
    datasets: Sequence[str] = ("dsprites_rendered",),
    kinds: Sequence[str] = HEADLINE,
    seeds: Sequence[int] = (0, 1),
    tasks: int | Sequence[int] = 4,
    learning_rates: Sequence[float] = (0.001,),
    subsets: Sequence[str] = ("all",),
    settings: Sequence[str] = ("paper",),
    diverged: Iterable[tuple[str, str, int]] = (),
    failed: Iterable[tuple[str, str]] = (),
    unlike_paper: str = "epochs=12",
    keys: Iterable[str] = tuple(KEYS),
) -> pd.DataFrame:
    """Scores of every run; `diverged` names (kind, network, seed), `failed` (kind, metric)."""
    noise = np.random.default_rng(0)
    counts = [tasks] if isinstance(tasks, int) else tasks
    chosen = list(product(learning_rates, counts, subsets, settings))
    rows = [
        _row(dataset, kind, seed, network, key, noise.normal(), unlike_paper, read)
        for dataset in datasets
        for kind in kinds
        for read in _settings(kind, chosen)
        for seed in seeds
        for network in _networks(kind, read["tasks.count"])
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


def with_losses(frame: pd.DataFrame) -> pd.DataFrame:
    """The table and the losses of its networks that have heads.

    One that diverged has none in its record.
    """
    noise = np.random.default_rng(1)
    networks = frame[~frame["diverged"] & frame["spec.tasks.count"].notna()].drop_duplicates(
        ["run", "network"]
    )
    rows = [row for network in networks.to_dict("records") for row in _losses(network, noise)]
    return (
        pd.concat([frame, pd.DataFrame(rows, columns=frame.columns).astype(TYPES)])
        if rows
        else frame
    )


def with_stages(frame: pd.DataFrame) -> pd.DataFrame:
    """The table and rows of stages on all of its runs, equal in all but the value, some
    diverged.
    """
    stages = frame.assign(stage="heads", stage_id=frame["run"] + "+heads", value=frame["value"] * 7)
    stages["diverged"] |= stages["seed"].eq(stages["seed"].min())
    return pd.concat(
        [frame, stages, stages.head(1).assign(run="", kind=None, stage="task_diagnostics")]
    )


def _losses(network, noise):
    about = network | {"settings": "", "metric_seed": None, "error": ""}
    for part, task in product(
        ("train", "validation", "test"), range(1, int(network["spec.tasks.count"]) + 1)
    ):
        trained = network["trained_task"] in (task, None) or pd.isna(network["trained_task"])
        variance = 150.0 + 20 * task
        mse = (
            variance
            * (0.4 / LEVEL[network["kind"]] if trained else 1.5)
            * (1 + 0.05 * noise.normal())
        )
        for metric, value in {
            "mse": mse,
            "target_variance": variance,
            "r2": 1 - mse / variance,
        }.items():
            yield about | {"metric": metric, "key": part, "task": task, "value": value}


def _networks(kind: str, tasks: int) -> list[str]:
    return (
        [f"task{t}" for t in range(1, tasks + 1)]
        if kind == "single_task"
        else [NETWORK.get(kind, "shared")]
    )


NETWORK = {"random": "random"}


def _settings(kind, chosen):
    """The settings that a kind reads, each combination once; None for those it does not read."""
    every = [
        {"learning_rate": rate, "tasks.count": count, "tasks.subsets": subset} | SETTINGS[setting]
        for rate, count, subset, setting in chosen
    ]
    read = [
        {f: v if kind not in READ or f in READ[kind] else None for f, v in fields.items()}
        for fields in every
    ]
    return [fields for place, fields in enumerate(read) if fields not in read[:place]]


def _row(dataset, kind, seed, network, key, noise, unlike_paper, settings):
    metric, level = KEYS[key]
    return {
        "experiment": "sharing",
        "run": "+".join(
            [kind, f"dataset={dataset}+seed={seed}", *(f"{f}={v}" for f, v in settings.items())]
        ),
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
        "symmetry": "not O(d): adam",
        "stage": "",
        "stage_id": "",
        "spec.seed": seed,
        "spec.latent_size": 8,
        **{f"spec.{field}": value for field, value in settings.items()},
    }
