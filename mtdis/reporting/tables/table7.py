"""Table 7 of the paper: how many factors the codes retrieve, as it counts them, and matched one to
one.
"""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.comparison import beside_published, by_dataset
from mtdis.reporting.labels import row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, variant_fields, variants
from mtdis.reporting.summaries.stage_networks import over_seeds, stage_frame

STAGES = ("retrieved",)
SPREAD = ("mean_correlation", "std_correlation", "min_correlation", "max_correlation")
KEYS = [
    *[("retrieved", key) for key in ("components", *SPREAD)],
    *[("matched", key) for key in ("components", "mean_correlation", "null_mean_correlation")],
    *[("matched", key) for key in ("null_95_percent_correlation", "p_value")],
]
"""(metric, key) in the order of the blocks."""
LEVEL = 0.05
"""Taken for the paper's level of significance."""
COLUMNS = [*CELL, "row", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", *BESIDE]
CAPTION = (
    "How many factors do the codes retrieve? First as in the paper's Table 7, on the test split:"
    " every code goes to the factor of its largest absolute Spearman correlation if that is"
    " significant (p < 0.05 by Student's t unless a title says another level; the paper names"
    " none); the components are the factors that at least one code goes to, and the correlations"
    " are over those codes, their standard deviation with ddof 0. The paper counts 4 to 6 for the"
    " network of all tasks and 4 to 5 for a single-task one. Its spreads can't be those over 4"
    " factors and can over 8 codes; and a smallest correlation of 0.000 is no significant one, so"
    " that it may have taken all codes. With thousands of images nearly every correlation is"
    " significant and the count says little. Then matched: each code stands for one factor at most,"
    " the pairs with the largest sum are chosen on half of the test images and measured on the"
    " other half; the null permutes the images' factors and does the same. Compare the matched mean"
    " with the null's: above its 95 % quantile the codes know more than chance; components are the"
    " pairs above the highest of the null's pairs (5 % family-wise). Rank correlation misses"
    " factors without order (shape) or that turn (orientation). Factors of one class are left out;"
    " where no code goes to a factor there is no correlation. Means ± standard deviation over the"
    " shown seeds, whose number is in parentheses; twice the mean of several p-values is one (Vovk"
    " and Wang 2020)."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per variant, dataset, key, settings of the stage and kind of run, the published
    value beside it.

    A seed's networks of one kind (several single-task ones) are averaged first, then the seeds.
    """
    del frame  # it holds the same values beside those of everything else
    if not stages:
        raise ValueError("nothing to draw: there is no result of the stage retrieved.")
    values = stage_frame(stages, KEYS)
    # Beside the runs' differences the level, which the paper does not name; what else is set is not
    # its matter.
    levels = [f"alpha={alpha:g}" if alpha != LEVEL else "" for alpha in values["stage.alpha"]]
    pairs = zip(values["unlike_paper"], levels, strict=True)
    unlike = [", ".join(filter(None, pair)) for pair in pairs]
    values = values.assign(row=values["kind"], unlike_paper=unlike)
    parts = [_part(part).assign(**label) for label, part in variants(values)]
    return (
        pd.concat(parts).reindex(columns=[*variant_fields(values), *COLUMNS]).reset_index(drop=True)
    )


def _part(part: pd.DataFrame) -> pd.DataFrame:
    """The lines of one variant: by dataset, then by key and settings, then by kind."""
    lines = beside_published(over_seeds(part), part, published.numbers("7"))
    keys = [KEYS.index(key) for key in zip(lines["metric"], lines["key"], strict=True)]
    order = lines.assign(key_place=keys, kind_place=lines["row"].map(row_place)).sort_values(
        ["key_place", "settings", "kind_place", "row"]
    )
    return by_dataset(order)
