"""The claims table: every claim of an experiment with its test and its verdict, a line per cell."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mtdis.reporting.claims import contrasts, fields
from mtdis.reporting.claims.lines import Asked
from mtdis.reporting.claims.verdicts import text, verdict
from mtdis.reporting.labels import HEADLINE
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, Label, in_order, of_runs, variant_fields
from mtdis.specs.claim import PAPER, Claim

TESTS = {
    "higher": contrasts.higher,
    "every_task": contrasts.every_task,
    "beyond_spread": contrasts.beyond_spread,
    "trend": fields.trend,
    "schemes": fields.schemes,
    "codes_help": contrasts.codes_help,
    "above_chance": contrasts.above_chance,
}
BLANK: dict[str, Any] = {
    **dict.fromkeys(("n", "diverged", "failed", "family", "needed"), 0),
    **dict.fromkeys(("mean", "sd", "low", "high", "level", "bca_low", "bca_high"), np.nan),
    **dict.fromkeys(
        ("p", "adjusted_p", "holm_p", "smallest_p", "improvement", "aligned_p", "ratio"), np.nan
    ),
    **dict.fromkeys(("adjustment", "about", "reason", "note"), ""),
    "unit": "pairs",
}
"""What a test need not say of a line."""
COLUMNS = [
    *["claim", "test", "kinds", *CELL, "row", "n", "mean", "sd", "low", "high", "level", "bca_low"],
    *[
        "bca_high",
        "p",
        "adjusted_p",
        "holm_p",
        "adjustment",
        "family",
        "smallest_p",
        "needed",
        "unit",
    ],
    *[
        "improvement",
        "aligned_p",
        "ratio",
        "null_low",
        "null_high",
        "verdict",
        "reason",
        "diverged",
        "failed",
        "about",
    ],
    *["text", "published_mean", "difference", "comparable", "note"],
]
NOT_CALIBRATED = (
    "Nothing was calibrated: a higher score does not say that the axes of the codes are above"
    " chance."
)


def claims_table(
    frame: pd.DataFrame, claims: Mapping[str, Claim], nulls: pd.DataFrame | None
) -> pd.DataFrame:
    """One line per variant, claim and cell of its family; of claims whose kinds or fields the
    experiment lacks, none.

    `claims` empty: those of the paper. `nulls` has the scores of rotated codes in the columns of
    the long table, and is None or empty where nothing was calibrated.
    """
    rotated = frame.head(0) if nulls is None else nulls
    named = claims or PAPER
    found = [
        (label, lines)
        for name, claim in named.items()
        for label, lines in _of_claim(Asked(name, claim, frame, rotated))
    ]
    columns = [*_fields(frame, [label for label, _ in found]), *COLUMNS]
    if not found:
        return pd.DataFrame(columns=columns)
    table = pd.concat([lines.assign(**label) for label, lines in found], ignore_index=True)
    return _sorted(table, frame, list(named)).reindex(columns=columns)


def _of_claim(asked: Asked) -> Iterator[tuple[Label, pd.DataFrame]]:
    """The finished lines of a claim per choice of the variant fields."""
    for label, found in TESTS[asked.claim.test](asked):
        lines = found.reset_index()
        for column, blank in BLANK.items():
            given = lines.get(column, pd.Series(blank, lines.index))
            lines[column] = (given if pd.isna(blank) else given.fillna(blank)).astype(type(blank))
        kinds = f"{asked.claim.kind} {asked.claim.than}".strip()
        lines = lines.assign(claim=asked.name, test=asked.claim.test, kinds=kinds, comparable=False)
        lines = lines.assign(published_mean=np.nan, difference=np.nan)
        if asked.name not in PAPER:
            lines["row"] = f"{asked.name}: " + lines["row"]
        lines["note"] = [_note(asked, line) for line in lines.to_dict("records")]
        lines["verdict"] = [verdict(line) for line in lines.to_dict("records")]
        yield label, lines.assign(text=[text(line) for line in lines.to_dict("records")])


def _note(asked: Asked, line: Mapping[Any, Any]) -> str:
    """The notes of a line, one each text line."""
    notes = [str(line["note"])]
    if asked.nulls.empty and asked.claim.test != "codes_help":
        notes.append(NOT_CALIBRATED)
    if asked.claim.test == "beyond_spread":
        notes.append(_as_printed())
    return "\n".join(filter(None, notes))


def _as_printed() -> str:
    """In how many of the paper's own cells the best single task is beyond one printed sd."""
    printed = published.numbers("5").set_index(["row", "dataset", "key"])
    ours, best = printed.loc["multi_head"], printed.loc["single_max"]
    beyond = (ours["mean"] - best["mean"]) > ours["sd"]
    return (
        f"Beyond one sd: by the numbers printed in Table 5 it holds in {int(beyond.sum())} of"
        f" {len(beyond)} cells."
    )


def _fields(frame: pd.DataFrame, labels: list[Label]) -> list[str]:
    """The variant fields that a line names."""
    return [f for f in variant_fields(of_runs(frame)) if any(f in label for label in labels)]


def _sorted(table: pd.DataFrame, frame: pd.DataFrame, claims: list[str]) -> pd.DataFrame:
    """Sorted by score, claim and dataset, the paper's first; lines of variants keep their order."""
    names = [f"{metric}.{key}" for metric, key in HEADLINE]
    scores = table["metric"] + "." + table["key"]
    names += sorted(set(scores) - set(names))
    places = {
        "score": {name: place for place, name in enumerate(names)},
        "claim": {name: place for place, name in enumerate(claims)},
        "dataset": {name: place for place, name in enumerate(published.dataset_order(frame))},
    }
    by = ["score", "settings", "claim", "dataset"]
    return in_order(table.assign(score=scores), by, places).drop(columns="score")
