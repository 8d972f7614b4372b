"""The notes under a table: which spread is which, what made the printed numbers, and what is not
comparable.
"""

import pandas as pd

from mtdis.reporting.labels import dataset_label, kind_of, row_label, shown
from mtdis.specs.cautions import BEGINNINGS

SPREAD = (
    "Ours: mean ± standard deviation with ddof 1 over (n) seeds; published, in brackets: ddof 0,"
    " and Δ, ours minus the published, where the two are comparable. The csv file holds ours with"
    " both spreads, and what else is known."
)
SPREAD_OF_TASKS = (
    "Ours: mean ± standard deviation with ddof 1 over (n) tasks; in brackets what others measured,"
    " and Δ, ours minus that, where the two are comparable. The csv file holds ours with both"
    " spreads, and what else is known."
)
RELEASED = (
    "The settings of the released code, not those of the paper's text, made the printed Tables 5"
    " and 8–10: the off-diagonal losses there fit only tanh heads."
)
NETWORKS = (
    "The printed ± of the single-task mean behaves like the standard deviation over all networks,"
    " tasks and seeds alike; ours is over seeds of their means over tasks. Networks ± is ours as"
    " printed, with ddof 0."
)
NO_LINE = "No line: the experiment has nothing of what this table shows."
DAGGER = "† The published value is not comparable with ours, for the reasons below."
MADE_BY_RELEASED = ("5", "8", "9", "10")


def notes(table: pd.DataFrame) -> list[str]:
    """The notes of a table: which sd is which, what made the printed numbers, what is not
    comparable.
    """
    if table.empty:
        return [NO_LINE]
    if "text" in table.columns:
        return list(dict.fromkeys(filter(None, "\n".join(table["note"]).split("\n"))))
    compared = table[table["published_mean"].notna()]
    spread = (
        SPREAD_OF_TASKS if "over" in table.columns and table["over"].eq("tasks").any() else SPREAD
    )
    if compared.empty:
        return [spread, *_cautions(table)]
    numbers = compared["published_table"].str.rstrip("abcdef")
    released = [RELEASED] if numbers.isin(MADE_BY_RELEASED).any() else []
    dagger = [] if compared["comparable"].all() else [DAGGER]
    both = "sd_networks" in table.columns and compared["sd_networks"].notna().any()
    networks = [NETWORKS] if both else []
    alone = table[~table["dataset"].isin(compared["dataset"])]
    return [spread, *networks, *released, *dagger, *_remarks(compared), *_cautions(alone)]


def _cautions(table: pd.DataFrame) -> list[str]:
    """The cautions on scores that the paper has no value for, each once, with the datasets that it
    is about.
    """
    about: dict[str, dict[str, None]] = {}
    for dataset, note in zip(table["dataset"], table["note"].astype(str), strict=True):
        for remark in note.split("; "):
            if remark.startswith(BEGINNINGS):
                about.setdefault(remark, {})[dataset_label(str(dataset))] = None
    return [f"{', '.join(datasets)}: {remark}." for remark, datasets in about.items()]


def _remarks(compared: pd.DataFrame) -> list[str]:
    """The remarks in the lines' notes, each once, with the datasets, kinds and keys that it is
    about.
    """
    parts = compared.assign(
        remark=compared["note"].str.split("; "),
        kind=[row_label(kind_of(row)) for row in compared["row"]],
        label=[
            shown(*names).label for names in zip(compared["metric"], compared["key"], strict=True)
        ],
    ).explode("remark")
    about: dict[str, list[str]] = {}
    for (dataset, remark), group in parts[parts["remark"] != ""].groupby(
        ["dataset", "remark"], sort=False
    ):
        everything = parts[parts["dataset"] == dataset]
        partial = [c for c in ("kind", "label") if group[c].nunique() < everything[c].nunique()]
        scope = "".join(f" ({', '.join(group[c].unique())})" for c in partial)
        about.setdefault(f"{scope}: {remark}.", []).append(dataset_label(str(dataset)))
    return [", ".join(datasets) + text for text, datasets in about.items()]
