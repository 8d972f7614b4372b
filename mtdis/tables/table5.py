"""Table 5 of the paper: six scores of random, single-task, multi-head and one-head encoders."""

from typing import Any

import pandas as pd

from mtdis import published
from mtdis.statistics import CELL, ROWS, headline_rows, kind_of, variant_fields, variants
from mtdis.style import KEYS

CAPTION = (
    "Disentanglement of encoders that learned no task (random), one task (single-task), or all tasks "
    "with a head each (multi-head) or with one head for all (one-head), after the paper's Table 5. Mean "
    "± standard deviation over seeds, the number of seeds in parentheses, the published value in "
    "brackets. For single tasks the mean is first taken over the tasks of a seed; best and worst are "
    "the tasks with the highest and the lowest mean over seeds."
)
COLUMNS = [
    *[*CELL, "row", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", "task"],
    *["published_mean", "published_sd", "published_sd_ddof", "difference", "comparable", "note"],
]


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, key, settings and row of Table 5, the published value beside it.

    `difference` is ours minus the published, where the two are comparable; else `note` says why they are not.
    """
    scores = headline_scores(frame)
    fields = variant_fields(scores)
    parts = [_variant(part).assign(**label) for label, part in variants(scores)]
    return pd.concat(parts).reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def headline_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """The long table's rows about the keys of Table 5."""
    return frame[pd.MultiIndex.from_frame(frame[["metric", "key"]]).isin(list(KEYS))]


def _variant(scores: pd.DataFrame) -> pd.DataFrame:
    rows = headline_rows(scores)
    rows["kind"] = rows["row"].map(kind_of)
    rows = rows.merge(_settings_unlike(scores), how="left", on=[*CELL, "kind"])
    names = zip(rows["dataset"], rows["replica_of"], strict=True)
    rows["printed"] = [published.printed_name(dataset, replica) for dataset, replica in names]
    rows = rows.merge(_printed(), how="left", on=["printed", "metric", "key", "row"])
    rows["comparable"] = (
        rows["published_mean"].notna() & rows["dataset"].isin(published.GENUINE) & rows["unlike_paper"].eq("")
    )
    rows["difference"] = (rows["mean"] - rows["published_mean"]).where(rows["comparable"])
    rows["note"] = [_note(row) for row in rows.to_dict("records")]
    return _sorted(rows)


def _settings_unlike(scores: pd.DataFrame) -> pd.DataFrame:
    """Per cell and kind: the dataset it stands for, and how its runs and scores differ from the paper's."""

    def joined(texts: "pd.Series[str]") -> str:
        return " or ".join(sorted({text for text in texts.fillna("") if text}))

    groups = scores.groupby([*CELL, "kind"], dropna=False)
    return groups.agg(replica_of=("replica_of", joined), unlike_paper=("unlike_paper", joined)).reset_index()


def _printed() -> pd.DataFrame:
    names = {name: f"published_{name}" for name in ("mean", "sd", "sd_ddof")}
    columns = ["dataset", "metric", "key", "row", "reading", *names]
    return published.numbers("5")[columns].rename(columns={"dataset": "printed", **names})


def _note(row: dict[Any, Any]) -> str:
    if pd.isna(row["published_mean"]):
        return "no published value"
    replica = f"stands for {row['printed']}" if row["dataset"] not in published.GENUINE else ""
    unlike = f"unlike the paper: {row['unlike_paper']}" if row["unlike_paper"] else ""
    return "; ".join(filter(None, [replica, unlike, row["reading"]]))


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    places = {
        "key": {key: place for place, (_, key) in enumerate(KEYS)},
        "printed": {name: place for place, name in enumerate(published.GENUINE.values())},
        "row": {row: place for place, row in enumerate(ROWS)},
    }
    by = ["key", "settings", "printed", "dataset", "row"]
    return rows.sort_values(
        by, key=lambda c: c.map(places[str(c.name)]).fillna(99) if c.name in places else c, kind="stable"
    )
