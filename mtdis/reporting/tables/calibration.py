"""Each score beside what the same codes score with meaningless axes, and with the best ones."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from mtdis.reporting.labels import HEADLINE, row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, in_order, of_runs, variant_fields, variants
from mtdis.reporting.summaries.calibration import calibrated_networks

SHOWS_CALIBRATION = True
CAPTION = (
    "Is a score one of the code's axes, or of its information? The score of the white codes, which"
    " have no scale; then that of random rotations of these same codes, their mean and in brackets"
    " 5 to 95 %, means over the networks: axes that mean nothing. Best rotation: the white codes"
    " turned to agree with the factors as well as any rotation can, found with supervision: the"
    " ceiling of alignment for this code, not of the metric. Alignment is the part of the way from"
    " the rotations' mean to the best rotation, over the networks whose way is longer than two"
    " standard deviations of the rotations, their number in parentheses. p is of the code against"
    " its rotations, the larger of the white and the standardised codes: of how many networks it is"
    " at most .05, which is 1 in 20 by chance. Permuted: the score where images have each other's"
    " factors, its chance level. Effective rank: how many directions the codes fill (participation"
    " ratio of their correlations); compare kinds at the same rank. Mean ± standard deviation over"
    " networks, their number in parentheses. DCI is fitted on fewer rows than elsewhere, as its"
    " heading says: it is another number than that of Table 5. Symmetry is what theory expects of"
    " the run's settings: with O(d) no axis can be preferred and p is even by construction; else it"
    " names what may prefer one."
)
COLUMNS = [
    *[*CELL, "row", "column", "mean", "sd", "n", "diverged", "failed", "text"],
    *["published_mean", "difference", "comparable", "note"],
]
NUMBERS = {
    "white codes": "whitened",
    "rotated": "null_mean",
    "best rotation": "oriented",
    "alignment": "alignment",
    "p ≤ .05": "p",
    "permuted": "permuted_mean",
    "effective rank": "effective_rank",
}
"""Column of the table → the number of each network that it is about."""
SYMMETRY = "symmetry"
LEVEL = 0.05


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, cell, kind and column of NUMBERS, and the symmetry where the long table
    has it; none where nothing is calibrated.
    """
    rows = of_runs(frame)
    fields = variant_fields(rows)
    parts = [_lines(part).assign(**label) for label, part in variants(rows)]
    table = pd.concat(parts) if parts else pd.DataFrame()
    return table.reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def _lines(part: pd.DataFrame) -> pd.DataFrame:
    networks = calibrated_networks(part)
    networks = networks[~networks["key"].str.contains("train|num_active", regex=True)]
    lines = [
        {**dict(zip([*CELL, "row"], names, strict=True)), **line}
        for names, group in networks.groupby([*CELL, "kind"], dropna=False)
        for line in _of_kind(group)
    ]
    headline = {f"{metric} {key}": place for place, (metric, key) in enumerate(HEADLINE)}
    places: dict[str, Mapping[Any, int]] = {
        "score": headline,
        "dataset": {name: place for place, name in enumerate(published.dataset_order(part))},
        "row": {row: row_place(row) for row in networks["kind"].unique()},
        "column": {name: place for place, name in enumerate([*NUMBERS, SYMMETRY])},
    }
    table = pd.DataFrame(lines, columns=COLUMNS)
    scores = table["metric"] + " " + table["key"]
    by = ["score", "metric", "key", "settings", "dataset", "row", "column"]
    return in_order(table.assign(score=scores), by, places).drop(columns="score")


def _of_kind(networks: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The lines of one cell and kind, a column each."""
    lost = {"diverged": int(networks["diverged"].sum()), "failed": int(networks["failed"].sum())}
    for column, number in NUMBERS.items():
        values = networks[number].dropna()
        about = {"column": column, "mean": values.mean(), "sd": values.std(), "n": len(values)}
        text = _text(column, values, networks) if len(values) else ""
        if column == next(iter(NUMBERS)):
            text = ", ".join(filter(None, [text, *(f"{n} {w}" for w, n in lost.items() if n)]))
        if text:
            yield about | lost | {"text": text, "comparable": False, "note": ""}
    if expected := "; ".join(sorted(set(networks[SYMMETRY].dropna()))):
        about = {"column": SYMMETRY, "n": 0, "text": expected}
        yield about | lost | {"comparable": False, "note": ""}


def _text(column: str, values: "pd.Series[float]", networks: pd.DataFrame) -> str:
    if column == "p ≤ .05":
        return f"{int((values <= LEVEL).sum())} of {len(values)}"
    if column == "rotated":
        low, high = networks["null_q05"].mean(), networks["null_q95"].mean()
        return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"
    if column == "white codes":
        spread = f" ± {values.std():.3f}" if len(values) > 1 else ""
        return f"{values.mean():.3f}{spread} ({len(values)})"
    if column == "alignment":
        return f"{values.mean():.2f} ({len(values)})"
    return f"{values.mean():.1f}" if column == "effective rank" else f"{values.mean():.3f}"
