"""What every figure and table looks alike in: labels, order, colours, text sizes. Set here once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib as mpl

KEYS = {
    ("mig", "discrete_mig"): "MIG",
    ("factor_vae", "eval_accuracy"): "FactorVAE score",
    ("sap", "SAP_score"): "SAP",
    ("dci", "disentanglement"): "DCI disentanglement",
    ("dci", "completeness"): "DCI completeness",
    ("dci", "informativeness_test"): "DCI informativeness",
}
"""Labels of the (metric, key) that the paper reports, in our order. All range from 0 to 1, more is
better.
"""
PARTS = ("encoder", "decoder", "discriminator", "heads", "task_network", "network")
LABELS = (
    KEYS
    | {("mse", "test"): "MSE on the test split", ("r2", "test"): "R² on the test split"}
    | {("irs", "IRS"): "IRS", ("beta_vae", "eval_accuracy"): "beta-VAE metric"}
    | {
        ("modularity", "modularity_score"): "modularity",
        ("modularity", "explicitness_score_test"): "explicitness",
    }
    | {("layers", part): part.replace("_", " ").capitalize() for part in PARTS}
    | {
        (
            "reconstruction",
            "mse",
        ): "squared error of reconstructions, mean over pixels and channels (0 to 1)"
    }
    | {
        (
            "reconstruction",
            "bce_sum",
        ): "cross-entropy of reconstructions, summed over an image (nats)"
    }
)
DECIMALS = {
    ("retrieved", "components"): 1,
    ("matched", "components"): 1,
    ("mse", ""): 2,
    ("reconstruction", "bce_sum"): 2,
    ("reconstruction", "mse"): 4,
}
"""Decimals of our numbers in tables, by metric and key (of all keys where it is empty); 3 where
nothing is said.
"""


class Style(NamedTuple):
    """How one row of a table, or one kind of run, is named and coloured."""

    label: str
    colour: str


STYLES = {
    "random": Style("random", "#999999"),
    "single_task": Style("single-task", "#56B4E9"),
    "single_mean": Style("single-task, mean", "#56B4E9"),
    "single_max": Style("single-task, best task", "#56B4E9"),
    "single_min": Style("single-task, worst task", "#56B4E9"),
    "multi_head": Style("multi-head", "#D55E00"),
    "one_head": Style("one-head", "#E69F00"),
    "autoencoder": Style("auto-encoder", "#009E73"),
    "vae": Style("VAE", "#0072B2"),
    "factor_vae": Style("FactorVAE", "#CC79A7"),
    "ground_truth": Style("true factors", "#F0E442"),
    "ground_truth_standardised": Style("true factors, standardised", "#F0E442"),
    "end_to_end": Style("multi-head, trained end to end", "#D55E00"),
    "multi_minus_single": Style("multi-head − single-task", "#D55E00"),
    "one_minus_single": Style("one-head − single-task", "#E69F00"),
}
"""Kinds and rows, in the order of bars. Colours for colour-blind readers, by Okabe and Ito (2008).
"""

BLACK, LOST = "#000000", "#CC0000"
LOST_WORDS = ("diverged", "failed")
OUTLINE = {"linestyle": "none", "markeredgecolor": BLACK, "markeredgewidth": 0.8}
MARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "seed": ("one seed", OUTLINE | {"marker": "o", "color": "white", "markersize": 4}),
    "single_max": (
        "best single task",
        OUTLINE | {"marker": "^", "color": "white", "markersize": 5},
    ),
    "single_min": (
        "worst single task",
        OUTLINE | {"marker": "v", "color": "white", "markersize": 5},
    ),
    "published": ("published", OUTLINE | {"marker": "D", "color": BLACK, "markersize": 4}),
    "unlike": (
        "published, not comparable",
        OUTLINE | {"marker": "D", "color": "white", "markersize": 4},
    ),
    "diverged": (
        "a network diverged",
        {"linestyle": "none", "marker": "x", "color": LOST, "markersize": 5},
    ),
}
"""Every mark but bars and lines: its words in the legend, and how it is drawn."""


def style(row: str) -> Style:
    """The style of a row or kind; of a kind that has none yet, its name in dark grey."""
    if (task := row.removeprefix("task")).isdigit():
        return Style(f"trained on task {task}", STYLES["single_task"].colour)
    return STYLES.get(row, Style(row.replace("_", " "), "#555555"))


def key_label(metric: str, key: str) -> str:
    """The label of a metric's key."""
    return LABELS.get((metric, key), f"{metric} {key.replace('_', ' ')}")


def decimals(metric: str, key: str) -> int:
    """How many decimals our numbers of a metric's key have in tables."""
    return DECIMALS.get((metric, key), DECIMALS.get((metric, ""), 3))


@contextmanager
def settings() -> Iterator[None]:
    """The rc settings to draw and to save under; the ones before return afterwards."""
    import seaborn as sns  # here, because tables read the labels above and need no seaborn

    own: Any = {
        "axes.titlesize": 9,
        "axes.labelsize": 8,
        "xtick.labelsize": 7.5,
        "ytick.labelsize": 7.5,
        "legend.fontsize": 8,
        "figure.dpi": 150,
        "savefig.dpi": 150,
        "pdf.fonttype": 42,  # text stays text
        "svg.fonttype": "none",
        "svg.hashsalt": "mtdis",  # the same figure, the same bytes
    }
    with mpl.rc_context(sns.axes_style("ticks") | sns.plotting_context("paper") | own):
        yield
