"""The claims of the paper, or of the config, as a forest plot."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.claims.table import claims_table
from mtdis.reporting.drawing.forest import draw_forest
from mtdis.reporting.drawing.panels import nothing
from mtdis.specs.claim import Claim

READS_CLAIMS = True
CAPTION = (
    "Which claims do these runs carry? A row per claim, a panel per score and dataset. The mark is"
    " the mean difference and its shape the verdict: supported, if the p-value adjusted for all"
    " scores and datasets is at most .05; higher score, axes not above chance, if it is so and the"
    " codes score no better than rotations of themselves; n too small, if so few pairs could not"
    " carry a family of this size; else not supported. Lines are intervals that invert the test, at"
    " the level that so few pairs have, which stands beside n. The bands are the scores of"
    " rotations of the same codes, 5 to 95 %, about their mean: a mark within its band says nothing"
    " of axes. Look for marks of one shape in all panels of a claim, and for lines that keep clear"
    " of 0. Beyond one sd is the paper's wording and no test. The table claims has all numbers."
)


def draw(
    frame: pd.DataFrame,
    claims: Mapping[str, Claim] | None = None,
    nulls: pd.DataFrame | None = None,
) -> Figure:
    """A row per claim, a panel per score, dataset and variant; by default the paper's claims."""
    table = claims_table(frame, claims or {}, nulls)
    if table.empty:
        raise nothing("runs that any of its claims compares")
    return draw_forest(table)
