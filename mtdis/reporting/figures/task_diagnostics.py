"""Smoothness of the tasks along each factor and their dependence on it, per scaling of inputs."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.sizes import PAGE
from mtdis.reporting.drawing.style import settings
from mtdis.reporting.labels import dataset_label, in_words
from mtdis.reporting.published.diagnostics import MEASURES
from mtdis.reporting.summaries.task_diagnostics import task_points

STAGES = ("task_diagnostics",)
CAPTION = (
    "How smooth are the tasks, and on which factors do they depend? Left, the autocorrelation of"
    " the targets of images one class apart in a factor: near 1 a task is smooth along it; at 0.5"
    " the difference of two neighbours varies as much as the targets themselves; at 0 a neighbour"
    " tells nothing. Right, Sobol's total effect: the share of the variance of a task that is left"
    " when all other factors are known; the shares sum to more than 1 where factors interact."
    " Points are tasks, lines their means. Look in each panel at whether a few factors rule all"
    " tasks, and between colours at what the scale of the inputs changes. The paper (section 3.1)"
    " wants tasks that are non-linear and sufficiently smooth and measures neither. Its generator,"
    " with weights of variance 1 on 300 units, is in the chaotic regime (Poole et al. 2016): the"
    " larger a step of a factor is in the inputs, the less do neighbours share, and of raw values"
    " those with the widest range have the largest effect. Diamonds are means over the paper's ten"
    " tasks that were measured with the released generator on raw values (the paper prints none):"
    " filled where grid and tasks are the same, hollow where they are not and a difference is"
    " expected. A factor of one class has no value."
)
LABELS = {
    "lag_autocorrelation": "lag-1 autocorrelation\nof targets (−1 to 1)",
    "total_effect": "total effect,\nshare of variance (0 to 1)",
}
COLOURS = {"raw": "#000000", "unit": "#CC6677", "standardised": "#44AA99"}
"""By input scaling. Not those of kinds of run; for colour-blind readers, by Tol (2021), muted."""
DIAMOND: dict[str, Any] = {
    "linestyle": "none",
    "marker": "D",
    "markersize": 5,
    "color": "white",
    "zorder": 4,
}
REFERENCES: dict[bool, tuple[str, dict[str, Any]]] = {
    True: ("measured by others", DIAMOND | {"color": "#DDAA33", "markeredgecolor": "#000000"}),
    False: ("measured by others, not comparable", DIAMOND | {"markeredgecolor": "#000000"}),
}
SLOT = 0.26
"""Width that one input scaling takes beside the others, of 1 between factors."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A line of panels per dataset and settings of the tasks, a panel per measure, factors on the x
    axis.
    """
    del frame  # no run is shown
    points = task_points(stages)
    lines = [part for _, part in points.groupby(["dataset", "settings"], sort=False)]
    with settings():
        figure = _figure(points, len(lines))
        for line, part in enumerate(lines):
            dataset = dataset_label(part["dataset"].iloc[0])
            title = [
                dataset,
                in_words(part["settings"].iloc[0]),
                f"n = {part['task'].nunique()} tasks",
            ]
            for column, measure in enumerate(MEASURES):
                axes = figure.add_subplot(len(lines), 2, 2 * line + column + 1)
                _draw_panel(axes, part[part["key"] == measure])
                axes.set_title("\n".join(fill(text, 48) for text in title if text))
                axes.set_ylabel(LABELS[measure])
    return figure


def _figure(points: pd.DataFrame, lines: int) -> Figure:
    """An empty figure with its legend."""
    dot: Any = {"linestyle": "none", "marker": "o", "markersize": 4}
    handles = [
        Line2D([], [], color=colour, label=f"{name} inputs, one task", **dot)
        for name, colour in COLOURS.items()
        if name in set(points["column"])
    ]
    handles.append(Line2D([], [], color="#000000", linewidth=1.6, label="mean over tasks"))
    shown = set(points.loc[points["published_mean"].notna(), "comparable"])
    handles += [
        Line2D([], [], label=words, **mark)
        for known, (words, mark) in REFERENCES.items()
        if known in shown
    ]
    columns = int(PAGE // 2.4)
    height = 0.4 + 0.2 * -(-len(handles) // columns) + 2.6 * lines
    figure = Figure(figsize=(PAGE, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
    return figure


def _draw_panel(axes: Axes, points: pd.DataFrame) -> None:
    scalings = [name for name in COLOURS if name in set(points["column"])]
    for slot, scaling in enumerate(scalings):
        chosen = points[points["column"] == scaling]
        for place, group in chosen.groupby("place"):
            _draw_tasks(axes, float(place) + SLOT * (slot - (len(scalings) - 1) / 2), group)  # type: ignore[arg-type]
    factors = points.drop_duplicates("place").sort_values("place")
    for place in factors.loc[factors["classes"] == 1, "place"]:
        middle: Any = {
            "transform": axes.get_xaxis_transform(),
            "ha": "center",
            "va": "center",
            "fontsize": 7,
        }
        axes.text(place, 0.5, "one class", rotation=90, color="#555555", **middle)
    names = [name.replace("_", "\n") for name in factors["row"]]
    axes.set_xticks(factors["place"], names, rotation=90)
    axes.set_xlim(-0.6, len(factors) - 0.4)
    lowest = points["value"].min()
    axes.set_ylim(lowest - 0.06 if lowest < 0 else 0.0, 1.08)
    axes.set_xlabel("factor")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_tasks(axes: Axes, x: float, points: pd.DataFrame) -> None:
    """The tasks of one scaling for one factor, their mean, and the reference."""
    values = points["value"].dropna().to_numpy()
    if not len(values):
        return
    colour = COLOURS[points["column"].iloc[0]]
    beside = x + 0.4 * SLOT * (np.arange(len(values)) / max(1, len(values) - 1) - 0.5)
    axes.plot(
        beside,
        values,
        "o",
        color=colour,
        markersize=2.5,
        alpha=0.6,
        markeredgewidth=0,
        clip_on=False,
    )
    axes.plot([x - 0.42 * SLOT, x + 0.42 * SLOT], [values.mean()] * 2, color=colour, linewidth=1.6)
    reference, comparable = points[["published_mean", "comparable"]].iloc[0]
    if pd.notna(reference):
        axes.plot(x + 0.45 * SLOT, reference, **REFERENCES[bool(comparable)][1])
