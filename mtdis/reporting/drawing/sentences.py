"""Figures that say in words why there is no picture."""

from textwrap import fill

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mtdis.reporting.drawing.sizes import PAGE
from mtdis.reporting.drawing.style import settings
from mtdis.reporting.labels import field_label
from mtdis.reporting.statistics import variant_fields

LINE, CHARACTERS = 0.16, 100
"""Inches of a line of words, and its letters at most."""


def sentences(text: str) -> Figure:
    """A figure, as wide as a page, that has these words and nothing else."""
    words = "\n".join(fill(part, CHARACTERS) for part in text.split("\n"))
    with settings():
        height = 0.3 + LINE * (words.count("\n") + 1)
        figure = Figure(figsize=(PAGE, height))
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.axis("off")
        axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=8)
    return figure


def no_second_point(frame: pd.DataFrame, path: str = "") -> Figure:
    """The figure of runs in which a field, or any, has one value only: it would hold one point per
    panel.
    """
    seeds = frame["seed"].nunique()
    varied = [name for field in variant_fields(frame) if (name := field_label(field))]
    what = f"{field_label(path)} has one value here" if path else "no field varies here"
    others = (
        f"What does vary ({', '.join(varied)}) is drawn by the figure along."
        if varied
        else "Give a field a list of values (a sweep), or compare kinds by figure3."
    )
    return sentences(
        f"Nothing to follow: {what} among the runs of a kind on a dataset (n = {seeds} seeds),"
        f" so that this figure would hold one point per panel.\n{others}"
    )
