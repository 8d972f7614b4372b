"""Effects of settings: those of the paper's text, those of the released code, and all others."""

import pandas as pd

from mtdis.reporting.comparison import (
    PAIRED_COLUMNS,
    PAIRED_LINE,
    beside_published,
    by_dataset,
    setting_name,
    unlike_text,
)
from mtdis.reporting.labels import HEADLINE, row_places
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    headline_points,
    headline_rows,
    in_order,
    paired_changes,
    summarise,
    variants,
)
from mtdis.reporting.summaries.losses import losses_on_test, own_fits
from mtdis.reporting.summaries.scores import headline_scores

SWEEPS = True
CAPTION = (
    "What each choice of settings does: a column per variant, named by the fields that vary within"
    " this experiment. Only a column headed paper has just the settings of the paper's text, and"
    " one headed released just those of the released code (learning rate 1e-4, its initialisation,"
    " heads of four tanh layers), which made the printed numbers. Scores, and"
    " R² on the test split, where single-task networks count on their own tasks. Mean ± standard"
    " deviation over seeds, the number of seeds in parentheses; Δ is the mean change from the first"
    " column, which is nearest to the paper's text, paired by seed; published values in brackets."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per dataset, key, row and variant, the change from the first and the published
    value.
    """
    labels = [(label, part) for label, part in variants(frame)]
    labels.sort(key=lambda pair: len(unlike_text(pair[0])))
    parts = [(setting_name(label, part), part) for label, part in labels]
    points = pd.concat([_points(part).assign(column=name) for name, part in parts])
    if points.empty:
        return pd.DataFrame(columns=PAIRED_COLUMNS)
    names = [name for name, _ in parts]
    table = summarise(points, PAIRED_LINE).merge(
        paired_changes(points, names[0]), how="left", on=PAIRED_LINE
    )
    networks = [headline_rows(headline_scores(part)).assign(column=name) for name, part in parts]
    spreads = pd.concat(networks)[[*PAIRED_LINE, "sd_networks"]]
    table = table.merge(spreads, how="left", on=PAIRED_LINE)
    unlike = {
        name: pd.concat([headline_scores(part), losses_on_test(part)]) for name, part in parts
    }
    beside = [
        beside_published(lines, unlike[str(name)], published.numbers("5"))
        for name, lines in table.groupby("column", sort=False)
    ]
    places = {
        "key": {key: place for place, (_, key) in enumerate(HEADLINE)},
        "row": row_places(),
        "column": {name: place for place, name in enumerate(names)},
    }
    lines = in_order(pd.concat(beside), ["key", "settings", "row", "column"], places)
    return by_dataset(lines)[PAIRED_COLUMNS].reset_index(drop=True)


def _points(part: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row and seed: the scores of Table 5's means, and R² over the tasks."""
    scores = headline_points(headline_scores(part))
    fits = own_fits(part)
    columns = [*CELL, "row", "seed", "value", "diverged"]
    return pd.concat(
        [scores.loc[~scores["row"].isin(["single_max", "single_min"]), columns], fits[columns]]
    )
