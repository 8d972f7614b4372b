"""How much of a score is due to the seed of the networks, of the tasks, and of the metric?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mtdis.reporting.labels import HEADLINE, row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, in_order, variant_fields, variants
from mtdis.reporting.statistics.variance import components
from mtdis.reporting.summaries.scores import headline_scores

SEEDS = {
    "model seed": "seed",
    "task seed": "spec.tasks.seed",
    "metric seed": "metric_seed",
    "learned task": "trained_task",
}
"""What may vary a score → its column of the long table."""
CAPTION = (
    "What does the spread of a score come from? The variance of each kind's scores in components,"
    " as shares of their sum: the seed of the networks, that of the tasks, that of the metric's"
    " sample, the task that a single-task network learned, and what they have together; random"
    " effects by moments, estimates below 0 shown as 0; n values in parentheses. A seed that has"
    " one value in the study has no variance that could be known; seeds that always change together"
    " (a zip) have one between them. A spread over metric seeds alone is no spread over trainings."
)
COLUMNS = [
    *[*CELL, "row", "column", "mean", "share", "n", "text", "sd", "diverged", "failed"],
    *["published_mean", "difference", "comparable", "note"],
]


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, cell, kind and component; `mean` is its variance, of which there is one
    or none.
    """
    scores = headline_scores(frame)
    scores = scores[scores["transform"].eq("none")]
    named = {column: name for name, column in SEEDS.items() if column in scores}
    # the seed of the tasks is no variant here, but what is asked about
    given = scores.rename(columns={SEEDS["task seed"]: "task seed"})
    parts = [_lines(part, named).assign(**label) for label, part in variants(given)]
    table = pd.concat(parts) if parts else pd.DataFrame()
    return table.reindex(columns=[*variant_fields(given), *COLUMNS]).reset_index(drop=True)


def _lines(part: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    part = part.rename(columns=named).sort_values(["run", "network", "metric seed"])
    part["seed"] = part["model seed"]
    lines = [
        {**dict(zip([*CELL, "row"], cell, strict=True)), **line}
        for cell, group in part.groupby([*CELL, "kind"])
        for line in _of_kind(group, list(named.values()))
    ]
    places = {
        "key": {key: place for place, (_, key) in enumerate(HEADLINE)},
        "dataset": {name: place for place, name in enumerate(published.dataset_order(part))},
        "row": {row: row_place(row) for row in part["kind"].unique()},
        "column": {name: place for place, name in enumerate(SEEDS)},
    }
    by = ["key", "settings", "dataset", "row", "column"]
    return in_order(pd.DataFrame(lines, columns=COLUMNS), by, places)


def _of_kind(group: pd.DataFrame, factors: list[str]) -> Iterator[dict[str, object]]:
    """The lines of one cell and kind, a column per component."""
    lost = {"diverged": int(group["diverged"].sum()), "failed": int(group["error"].ne("").sum())}
    values = group[group["value"].notna()]
    counts = ", ".join([str(len(values)), *(f"{n} {word}" for word, n in lost.items() if n)])
    read = [name for name in factors if len(values) and values[name].notna().all()]
    found = components(values, read).to_dict("records") if len(values) > 1 else []
    for line in found or [{"component": "model seed", "note": "too few values"}]:
        share, variance = line.get("share", np.nan), line.get("variance", np.nan)
        yield lost | {
            "column": line["component"],
            "mean": variance,
            "share": share,
            "n": int(pd.notna(variance)),
            "text": f"{'–' if pd.isna(share) else f'{share:.0%}'} ({counts})",
            "note": line["note"],
            "comparable": False,
        }
