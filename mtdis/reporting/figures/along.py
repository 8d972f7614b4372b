"""Scores and the fit of tasks along every field that an experiment sweeps."""

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.panels import nothing
from mtdis.reporting.drawing.scales import Scale, scale_of
from mtdis.reporting.drawing.sentences import no_second_point, sentences
from mtdis.reporting.drawing.sweeps import (
    R2,
    Between,
    Lines,
    Sweep,
    draw_sweeps,
    has_several,
    panels_along,
    score_lines,
    slot_of,
)
from mtdis.reporting.labels import HEADLINE, field_label
from mtdis.reporting.statistics import CELL, none_said, of_runs, summarise, swept, variant_fields
from mtdis.reporting.summaries.losses import own_fits

SWEEPS = True
CAPTION = (
    "What does each swept field do? A block of panels per field that varies among the runs of a"
    " kind on a dataset: scores, then R² on the test split (mean over tasks, of single-task"
    " networks on their own task). Follow the marks from left to right. Numbers stand to scale, on"
    " a log scale where the axis says so; where they would lie over each other, in equal steps,"
    " which the axis says, too. Words and lists have no distances, and no line joins them. Fields"
    " that another determines share its axis, which names them all and has its values. Other swept"
    " fields are held at the values in a panel's title; panels in which no kind has two values are"
    " left out. A kind that does not read a field is not in its block. Squares are means over seeds"
    " with one standard deviation (ddof 1), circles single seeds, n counts them; a red cross at the"
    " top, with their number, marks networks (for R², seeds) that diverged and are left out."
    " Scores reach from 0 to 1, R² to 1; the axes do not. Where scores were calibrated, a pale"
    " band shows what 5 to 95 % of the rotations of the white codes score: a small hollow square"
    " inside it is a score that arbitrary axes of these codes have, and the short line is the best"
    " aligned rotation. The band belongs to that square, not to the filled one."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Scores and R² along each swept field, a panel per key, dataset and choice of the other
    fields.
    """
    runs = of_runs(frame)
    if not (shown := _shown(runs)).size:
        raise nothing("scores that the paper reports, and no R² of tasks")
    if not (fields := variant_fields(shown)):
        return no_second_point(runs)
    runs = none_said(runs, fields)
    sweeps = [sweep for group in swept(_shown(runs)) if (sweep := _sweep(runs, group)).panels]
    if not sweeps:
        return sentences(
            f"No panel would have more than one point: {', '.join(map(field_label, fields))} vary,"
            " each value of one only beside other values of the others (n ="
            f" {runs['run'].nunique()} runs).\nCross them, or vary one at a time, or show the table"
            " runs."
        )
    return draw_sweeps(sweeps)


def _shown(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows about the paper's scores and R²."""
    return runs[pd.MultiIndex.from_frame(runs[["metric", "key"]]).isin([*HEADLINE, R2])]


def _sweep(runs: pd.DataFrame, group: list[str]) -> Sweep:
    """The panels of one field, which determines the others of its group, without panels in which no
    kind has two values.
    """
    field, *others = group
    own = runs.drop(columns=others)
    panels, values = panels_along(_shown(own), own, field, "", _lines)
    scale = scale_of(values)
    words = _words(group, scale)
    several = [panel._replace(ticks=words) for panel in panels if has_several(panel)]
    between: Between = "-" if scale.numeric else "none"
    return Sweep(several, scale.places, between, slot_of(scale.places))


def _words(group: list[str], scale: Scale) -> str:
    """The axis' name: the field, those that change with it, and its scale."""
    field, *others = map(field_label, group)
    together = f", and with it {', '.join(others)}" if others else ""
    return fill(f"{field}{together}" + (f" ({scale.words})" if scale.words else ""), 34)


def _lines(part: pd.DataFrame, whole: pd.DataFrame) -> Lines:
    """The lines and seeds of scores, and those of R²."""
    lines, seeds = score_lines(part, whole)
    fits = own_fits(whole)
    rows = summarise(fits, [*CELL, "row"])
    return pd.concat([lines, rows]), pd.concat([seeds, fits])
