"""Scores and the fit of tasks where two swept fields cross, as heat maps."""

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.heatmaps import Crossed, draw_heatmaps
from mtdis.reporting.drawing.panels import nothing
from mtdis.reporting.drawing.scales import scale_of
from mtdis.reporting.drawing.sentences import sentences
from mtdis.reporting.labels import HEADLINE, field_label
from mtdis.reporting.statistics import none_said, of_runs, variant_fields
from mtdis.reporting.summaries.grids import R2, Axis, grid_lines, two_fields

SWEEPS = 2
CAPTION = (
    "What do two swept fields do together? The axes are the two fields with the most values, in"
    " equal steps; a panel per score, kind, dataset and choice of the other swept fields, then R²"
    " on the test split (mean over tasks, of single-task networks on their own task). A cell is the"
    " mean over seeds with one standard deviation (ddof 1) where there are several; the number of"
    " seeds stands below the panels. Panels of one score share their colours, bright for high."
    " Hatched cells have no value: no run asked for them, or all of theirs diverged or failed, as"
    " red words say; networks lost beside others are counted in their cell. Look for a gradient"
    " along one axis alone (that field matters, the other does not) and for a bright corner or"
    " diagonal (they depend on each other). Fields that another determines share its axis."
)


def draw(frame: pd.DataFrame) -> Figure:
    """A heat map per key, kind, dataset and choice of the other fields."""
    runs = of_runs(frame)
    if not (shown := _shown(runs)).size:
        raise nothing("scores that the paper reports, and no R² of tasks")
    fields = variant_fields(shown)
    runs = none_said(runs, fields)
    axes = two_fields(_shown(runs))
    lines = grid_lines(runs, *axes) if len(axes) > 1 else runs.head(0)
    if lines.empty:
        return _one_field(runs, fields)
    across, up = (_crossed(runs, axis, lines[name]) for axis, name in zip(axes, "xy", strict=True))
    return draw_heatmaps(lines, across, up)


def _shown(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[pd.MultiIndex.from_frame(runs[["metric", "key"]]).isin([*HEADLINE, R2])]


def _crossed(runs: pd.DataFrame, axis: Axis, texts: "pd.Series[str]") -> Crossed:
    """The field's name, those that change with it, and its values in their order."""
    names = ", and with it ".join(map(field_label, [axis.field, *axis.others][:2]))
    order = scale_of(runs[axis.field].dropna().unique()).places
    return Crossed(names, [text for text in order if text in set(texts)])


def _one_field(runs: pd.DataFrame, fields: list[str]) -> Figure:
    """The figure of a study in which no kind has two fields that vary."""
    varied = ", ".join(map(field_label, fields)) or "none"
    return sentences(
        f"Nothing crosses: a grid takes two fields that vary among the runs of a kind (here:"
        f" {varied}; n = {runs['run'].nunique()} runs).\nOne field is drawn by the figure along."
    )
