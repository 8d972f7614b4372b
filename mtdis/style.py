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
"""Labels of the (metric, key) that the paper reports, in our order. All range from 0 to 1, more is better."""


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
}
"""Kinds and rows, in the order of bars. Colours for colour-blind readers, by Okabe and Ito (2008)."""


def style(row: str) -> Style:
    """The style of a row or kind; of a kind that has none yet, its name in green."""
    return STYLES.get(row, Style(row.replace("_", " "), "#009E73"))


def key_label(metric: str, key: str) -> str:
    """The label of a metric's key."""
    return KEYS.get((metric, key), f"{metric} {key.replace('_', ' ')}")


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
