"""The scores by the formulas of the paper's Appendix B, which are not what was run, beside the
library's.
"""

import pandas as pd

from mtdis.reporting.comparison import PAIRED_COLUMNS, PAIRED_LINE, beside_published, by_dataset
from mtdis.reporting.labels import HEADLINE, row_places
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    headline_points,
    headline_rows,
    in_order,
    of_runs,
    paired_changes,
    variant_fields,
    variants,
)
from mtdis.reporting.summaries.heads_on_codes import true_factors_apart

RUN, WRITTEN = "as run", "as written in Appendix B"
PAIRS = {
    ("mig_paper", "discrete_mig"): ("mig", "discrete_mig"),
    ("sap_paper", "SAP_score"): ("sap", "SAP_score"),
    ("dci_paper", "disentanglement"): ("dci", "disentanglement"),
    ("dci_paper", "completeness"): ("dci", "completeness"),
    ("dci_paper", "normalised_error"): ("dci", "informativeness_test"),
}
"""(metric, key) by a formula of the appendix → that of the library, beside which it stands."""
OPPOSITE = "informativeness_test"
"""The key whose two columns have no difference: an accuracy and an error."""
CAPTION = (
    "What would the paper's wording have given? Its Appendix B describes MIG, SAP and DCI otherwise"
    " than disentanglement_lib computes them, which made its numbers. Left the library's scores,"
    " right those of the appendix's formulas on the same codes, with Δ, the mean over seeds of"
    " right minus left. The appendix divides MIG by the information in all codes and not by the"
    " factor's entropy, so that little but concentrated information scores high; its SAP has"
    " decision trees and balanced accuracy instead of linear machines; its DCI exchanges the bases"
    " of the logarithms, which shifts the zero; and its informativeness is an error, divided by"
    " that of a random mapping: less is better, and there is no Δ. FactorVAE's score was run as it"
    " is written. Look at whether the order of the kinds is the same in both columns. Mean ±"
    " standard deviation over seeds, the number of seeds in parentheses; in brackets the published"
    " value of Tables 5 and 6."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, key of the library, settings, kind and formula (`column`)."""
    scores = _paired_keys(of_runs(frame))
    parts = [_lines(part).assign(**label) for label, part in variants(scores) if len(part)]
    table = pd.concat(parts) if parts else pd.DataFrame()
    fields = variant_fields(scores) if parts else []
    return table.reindex(columns=[*fields, *PAIRED_COLUMNS]).reset_index(drop=True)


def _paired_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """The scores of both formulas, with `column` naming the formula and metric and key those of the
    library.
    """
    keys = list(zip(frame["metric"], frame["key"], strict=True))
    libraries = [PAIRS.get(key, key) for key in keys]
    named = frame.assign(
        metric=[metric for metric, _ in libraries],
        key=[key for _, key in libraries],
        settings=[
            unlike_metric(*names) for names in zip(frame["settings"], frame["metric"], strict=True)
        ],
        column=[WRITTEN if key in PAIRS else RUN for key in keys],
    )
    return true_factors_apart(named[[key in HEADLINE for key in libraries]])


def _lines(part: pd.DataFrame) -> pd.DataFrame:
    """The lines of one variant, the published value beside the library's."""
    formulas = [(str(name), group) for name, group in part.groupby("column")]
    points = pd.concat([headline_points(group).assign(column=name) for name, group in formulas])
    printed = published.numbers("5", "6").drop(columns="task").assign(column=RUN)
    lines = [
        beside_published(headline_rows(group).assign(column=name), group, printed)
        for name, group in formulas
    ]
    changes = paired_changes(points[points["key"] != OPPOSITE], RUN)
    table = pd.concat(lines).merge(changes, how="left", on=PAIRED_LINE)
    table = table[~table["row"].isin(["single_max", "single_min"])]
    places = {
        "key": {key: place for place, (_, key) in enumerate(HEADLINE)},
        "row": row_places(),
        "column": {RUN: 0, WRITTEN: 1},
    }
    return by_dataset(in_order(table, ["key", "settings", "row", "column"], places))
