"""Every score of the codes: those that the paper reports, and those that it leaves out."""

from typing import Any

import pandas as pd

from mtdis.discover import members
from mtdis.reporting.comparison import beside_published
from mtdis.reporting.labels import HEADLINE, row_place, shown
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import headline_rows, of_runs, variant_fields, variants
from mtdis.reporting.summaries.heads_on_codes import true_factors_apart
from mtdis.reporting.summaries.scores import COLUMNS as COLUMNS

WRITTEN = "_paper"
"""End of the names of metrics that follow Appendix B: the table `formulas` is about them."""
ROWS_OF = ("scaling",)
CAPTION = (
    "Do the scores that the paper leaves out tell the same story? First the six of Tables 5 and 6,"
    " with the published values in brackets, then those that the released code or"
    " disentanglement_lib computes beside them: IRS, the metric of the beta-VAE, modularity and"
    " explicitness, each from 0 to 1 (IRS can fall a little below), more is better; the number of"
    " codes that FactorVAE's score leaves in; three that know nothing of the factors, of which"
    " less is better: Gaussian total correlation and mutual information between codes in nats, and"
    " the Wasserstein distance from independent codes (normalised: over their variance); and the"
    " field's later ones, where the config names them: InfoM, InfoC and InfoE, MIG-sup, DCIMIG and"
    " JEMMIG (in nats less is better), MCC of codes matched to factors one to one, before and after"
    " ICA (cross-fitted: 0 by chance), linear R² both ways, effective rank, and accuracy from few"
    " labels. The metric cards say what each can see. Look at whether"
    " the order of the kinds is the same in every block. IRS rates noise near .35 and not 0; in an"
    " old notebook of the authors it favours single-task networks, and the paper does not report"
    " it. Mean ± standard deviation over seeds, the number of seeds in parentheses; single tasks as"
    " in Table 5. Scores on the rows that fitted a classifier are left to the long table."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, metric, key, settings and row, with the published value where
    there is one.
    """
    metrics = [name for name in members("metrics") if not name.endswith(WRITTEN)]
    rows = of_runs(frame)
    # Not those on the rows that a classifier was fitted to.
    rows = rows[rows["metric"].isin(metrics) & ~rows["key"].str.contains("train")]
    scores = true_factors_apart(rows)
    parts = [_lines(part).assign(**label) for label, part in variants(scores) if len(part)]
    table = pd.concat(parts) if parts else pd.DataFrame()
    fields = variant_fields(scores) if parts else []
    return table.reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def _lines(part: pd.DataFrame) -> pd.DataFrame:
    """The lines of one variant: the paper's keys first, in its order."""
    rows = headline_rows(part)
    # The tasks with the highest and lowest value are the best and worst one of scores alone.
    keys = zip(rows["metric"], rows["key"], strict=True)
    ranked = pd.Series([shown(*key).best == "highest" for key in keys], rows.index, dtype=bool)
    rows = rows[~rows["row"].isin(["single_max", "single_min"]) | ranked]
    lines = beside_published(rows, part, published.numbers("5", "6"))
    headline = {key: place for place, key in enumerate(HEADLINE)}
    datasets = {name: place for place, name in enumerate(published.GENUINE.values())}
    places: dict[str, Any] = {
        "key_place": [
            headline.get(key, len(headline))
            for key in zip(lines["metric"], lines["key"], strict=True)
        ],
        "dataset_place": lines["printed"].map(datasets).fillna(len(datasets)),
        "row_place": lines["row"].map(row_place),
    }
    by = ["key_place", "metric", "key", "settings", "dataset_place", "dataset", "row_place", "row"]
    return lines.assign(**places).sort_values(by, kind="stable")
