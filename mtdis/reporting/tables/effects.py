"""What each swept field changes: every other value of it beside the first one, paired by seed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mtdis.randomness import generator
from mtdis.reporting.labels import HEADLINE, field_label, in_words, row_label, row_places
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    Label,
    along,
    headline_points,
    in_order,
    none_said,
    of_runs,
    summarise,
    swept,
    value_text,
    variant_fields,
    variant_text,
)
from mtdis.reporting.statistics.intervals import inverted_sign_flip
from mtdis.reporting.summaries.losses import own_fits
from mtdis.reporting.summaries.scores import headline_scores

SWEEPS = True
LINE = [*CELL, "row"]
COLUMNS = [
    *[*LINE, "mean", "sd", "sd_ddof0", "n", "low", "high", "level", "diverged", "failed", "text"],
    *["published_mean", "difference", "comparable", "note"],
]
CAPTION = (
    "What does each swept field change? A line per kind and value: the mean difference from the"
    " first value of the field, which is the smallest or the first by name, over seeds that both"
    " have; in brackets the interval that inverts the sign-flip test and in parentheses its level,"
    " which of three pairs is .75 and of five .9375; n counts pairs. Scores, and R² on the test"
    " split, where single-task networks count on their own task. Other swept fields are held at the"
    " values in parentheses; a field that another determines changes with it and is named beside"
    " it. No p-value: a field that was swept to see what happens is no claim made beforehand."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per cell, kind, value of a swept field but its first, and choice of the others."""
    runs = of_runs(frame)
    runs = none_said(runs, variant_fields(runs))
    lines = [found for group in swept(runs) for found in _effects(runs, group) if len(found)]
    if not lines:
        return pd.DataFrame(columns=COLUMNS)
    table = pd.concat(lines, ignore_index=True)
    datasets = {name: place for place, name in enumerate(published.dataset_order(runs))}
    keys = {key: place for place, (_, key) in enumerate(HEADLINE)}
    ordered = in_order(table, ["dataset", "key", "settings"], {"dataset": datasets, "key": keys})
    return ordered[COLUMNS].reset_index(drop=True)


def _effects(runs: pd.DataFrame, group: list[str]) -> Iterator[pd.DataFrame]:
    """The lines of a field, others changing with it: per choice of the remaining fields."""
    field, *others = group
    parts: dict[str, tuple[Label, dict[str, pd.DataFrame]]] = {}
    for label, value, part in along(runs.drop(columns=others), field):
        parts.setdefault(str(label), (label, {}))[1][value_text(value)] = _points(part)
    for label, points in parts.values():
        first, *rest = points
        for value in rest:
            names = " and ".join(map(field_label, group))
            held = f" ({in_words(variant_text(label))})" if label else ""
            yield _differences(points[value], points[first], f"{names}: {first} → {value}{held}")


def _points(part: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row of Table 5 and seed the scores, and R² over the tasks."""
    columns = [*LINE, "seed", "value", "diverged"]
    scores = headline_points(headline_scores(part))
    scores = scores[~scores["row"].isin(["single_max", "single_min"])]
    return pd.concat([scores[columns], own_fits(part)[columns]])


def _differences(points: pd.DataFrame, first: pd.DataFrame, words: str) -> pd.DataFrame:
    """Per cell and row the differences of points, over the seeds that both have."""
    pairs = points.merge(first, on=[*LINE, "seed"], suffixes=("", "_first"))
    pairs["value"] -= pairs.pop("value_first")
    pairs["diverged"] |= pairs.pop("diverged_first")
    table = summarise(pairs, LINE)
    bounds = [_interval(pairs, line, words) for line in table.to_dict("records")]
    table = table.assign(**pd.DataFrame(bounds, index=table.index))
    places = row_places()
    table = table.sort_values("row", key=lambda rows: rows.map(places), kind="stable")
    texts = [_text(line) for line in table.to_dict("records")]
    rows = [f"{row_label(row)}, {words}" for row in table["row"]]
    return table.assign(row=rows, text=texts, published_mean=np.nan, difference=np.nan,
                        comparable=False, note="")  # fmt: skip


def _interval(pairs: pd.DataFrame, line: dict[Any, Any], words: str) -> dict[str, float]:
    own = pairs[(pairs[LINE] == pd.Series({name: line[name] for name in LINE})).all(axis=1)]
    sound = own.loc[~own["diverged"].astype(bool), "value"].dropna().to_numpy(dtype=np.float64)
    return inverted_sign_flip(sound, generator(0, "effects", words))._asdict()


def _text(line: dict[Any, Any]) -> str:
    """`+0.021 [-0.004, +0.050] (0.75); n = 3, 1 diverged`."""
    lost = [f"{line[word]} {word}" for word in ("diverged", "failed") if line[word]]
    if not line["n"]:
        return ", ".join(lost)
    bounds = (
        ""
        if pd.isna(line["level"])
        else f" [{line['low']:+.3f}, {line['high']:+.3f}] ({line['level']:.2g})"
    )
    return f"{line['mean']:+.3f}{bounds}; " + ", ".join([f"n = {line['n']}", *lost])
