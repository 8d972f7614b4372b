"""The p-values of codes against rotations of themselves, beside what is even."""

from collections.abc import Iterator
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.stats import kstwo

from mtdis.reporting.drawing.panels import (
    Layout,
    Panel,
    draw_grid,
    draw_lost,
    lost_words,
    nothing,
    score_label,
)
from mtdis.reporting.drawing.style import BAND, BLACK, LOST_WORDS, row_colour
from mtdis.reporting.labels import HEADLINE, row_label, row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, in_order, of_runs, variant_text, variants
from mtdis.reporting.summaries.calibration import calibrated_networks

SHOWS_CALIBRATION = True
CAPTION = (
    "Are the axes of the codes as good as any other? Each step is a network, at the p-value of its"
    " white codes among rotations of themselves; its height is the share of networks with such a p"
    " or less. Where all axes are alike p is even and the steps keep to the diagonal: the band"
    " holds the whole line for 95 of 100 samples of so many independent networks (Kolmogorov and"
    " Smirnov), that of the kind with the fewest. Steps that rise at the left are networks whose"
    " axes are above chance; steps that stay low, and rise at the right, are networks whose axes"
    " score below rotations of themselves. Networks of a seed share their initial encoder and are"
    " not quite independent. n counts networks."
)
LEVEL = 0.95


def draw(frame: pd.DataFrame) -> Figure:
    """The distribution of p of each kind's networks, a panel per score, dataset and variant."""
    panels = list(_panels(of_runs(frame)))
    if not panels:
        raise nothing("calibrated scores")
    kinds = sorted({kind for panel in panels for kind in panel.table["row"]}, key=row_place)
    return draw_grid(
        panels,
        _draw_panel,
        [
            *(Line2D([], [], color=row_colour(kind), label=row_label(kind)) for kind in kinds),
            Line2D([], [], color=BLACK, linestyle=":", label="even"),
            Patch(color=BAND, label="95 % of even samples"),
        ],
        Layout(2.2, 2.2 + 0.12 * len(kinds)),
    )


def _panels(runs: pd.DataFrame) -> Iterator[Panel]:
    """A panel per variant and cell; its points are networks, its table the kinds that have any."""
    found = [(label, _networks(part)) for label, part in variants(runs)]
    cells = pd.concat([networks[CELL[1:]] for _, networks in found])
    keys = [tuple(map(str, row)) for row in cells.drop_duplicates().itertuples(index=False)]
    for label, networks in found:
        for (dataset, *names), points in networks.groupby(CELL, sort=False):
            key = tuple(map(str, names))
            by_kind = points.groupby("row", sort=False)
            counts = by_kind[list(LOST_WORDS)].sum().join(by_kind["value"].count().rename("n"))
            lines = counts.reset_index().to_dict("records")
            said = "; ".join(", ".join([_count(line), *lost_words(line)]) for line in lines)
            yield Panel(
                key,
                (str(dataset), variant_text(label)),
                score_label(key, keys, reach="share of networks"),
                fill(f"p among rotations, {said}", 34, break_on_hyphens=False),
                counts.reset_index().assign(mean=1.0, sd=0.0),
                points,
            )


def _count(line: dict[Any, Any]) -> str:
    return f"n = {line['n']} {row_label(line['row'])}"


def _networks(part: pd.DataFrame) -> pd.DataFrame:
    """Per network its CELL, its kind as `row`, and the p of its white codes as `value`."""
    networks = calibrated_networks(part).rename(columns={"p_whitened": "value", "kind": "row"})
    scores = pd.MultiIndex.from_frame(networks[["metric", "key"]])
    networks = networks[scores.isin(HEADLINE)]
    places: dict[str, dict[Any, int]] = {
        "dataset": {name: place for place, name in enumerate(published.dataset_order(part))},
        "row": {row: row_place(row) for row in networks["row"].unique()},
        "key": {key: place for place, (_, key) in enumerate(HEADLINE)},
    }
    return in_order(networks, ["key", "metric", "settings", "dataset", "row"], places)


def _draw_panel(axes: Axes, panel: Panel) -> None:
    counts = panel.table.loc[panel.table["n"] > 0, "n"]
    if counts.empty:
        draw_lost(axes, 0.5, {word: int(panel.table[word].sum()) for word in LOST_WORDS})
        return
    width = float(kstwo.ppf(LEVEL, int(counts.min())))
    line = np.array([0.0, 1.0])
    axes.fill_between(line, line - width, line + width, color=BAND, linewidth=0)
    axes.plot(line, line, color=BLACK, linestyle=":", linewidth=0.8)
    for row, points in panel.points.dropna(subset="value").groupby("row", sort=False):
        values = np.sort(points["value"].to_numpy())
        steps = np.arange(1, len(values) + 1) / len(values)
        places = np.concatenate([[0.0], values, [1.0]])
        heights = np.concatenate([[0.0], steps, [1.0]])
        axes.step(places, heights, where="post", color=row_colour(str(row)), linewidth=1.2)
    axes.set_xlim(0, 1)
