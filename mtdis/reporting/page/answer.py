"""The answer in sentences, computed from the tables of claims."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from mtdis.reporting.claims.verdicts import (
    FAILS,
    HOLDS,
    NOT_ALIGNED,
    NOT_SUPPORTED,
    NOTHING,
    REFUSED,
    SUPPORTED,
    TOO_SMALL,
    p_text,
)
from mtdis.reporting.labels import dataset_label, in_words, shown
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.page.facts import counted
from mtdis.reporting.statistics import variant_text

TONES = {
    SUPPORTED: "yes",
    HOLDS: "yes",
    NOT_ALIGNED: "partly",
    TOO_SMALL: "open",
    REFUSED: "open",
    NOTHING: "open",
    NOT_SUPPORTED: "no",
    FAILS: "no",
}
"""Verdict → how it is marked."""
NO_NULL = "not calibrated: whether axes are above chance is not known"


class Cell(NamedTuple):
    """What a claim comes to for one score on one dataset."""

    effect: str
    interval: str
    n: str
    null: str
    verdict: str
    tone: str
    sentence: str


class Claim(NamedTuple):
    """A claim of an experiment under one choice of settings: a cell per score and dataset."""

    title: str
    variant: str
    summary: str
    datasets: list[str]
    lines: list[tuple[str, list[Cell | None]]]


def answers(table: pd.DataFrame) -> list[Claim]:
    """The claims of a claims table, in its order; none of an empty one."""
    fields = [column for column in table.columns if column.startswith("spec.")]
    groups = table.groupby([*fields, "row"], sort=False, dropna=False)
    return [_claim(key, fields, part) for key, part in groups]


def _claim(key: tuple[Any, ...], fields: list[str], part: pd.DataFrame) -> Claim:
    label = {f: v for f, v in zip(fields, key, strict=False) if not pd.isna(v)}
    datasets = [str(name) for name in part["dataset"].unique()]
    lines: dict[str, dict[str, Cell]] = {}
    for line in part.to_dict("records"):
        lines.setdefault(_score(line), {})[str(line["dataset"])] = _cell(line)
    return Claim(
        title=str(key[-1]),
        variant=variant_text(label),
        summary=summary(part),
        datasets=[dataset_label(name) for name in datasets],
        lines=[(score, [cells.get(d) for d in datasets]) for score, cells in lines.items()],
    )


def _score(line: Mapping[Hashable, Any]) -> str:
    metric = str(line["metric"])
    label, other = shown(metric, str(line["key"])).label, unlike_metric(line["settings"], metric)
    return f"{label} ({in_words(other)})" if other else label


def summary(part: pd.DataFrame) -> str:
    """A sentence on all lines of one claim: on how many scores the difference is in its favour, how
    large it is, and what the verdicts are.
    """
    known = part[part["n"].gt(0) & part["mean"].notna()]
    if known.empty:
        return f"No value to judge it by: {_verdicts(part)}."
    keys = zip(known["metric"], known["key"], strict=True)
    signs = [-1 if shown(*key).best == "lowest" else 1 for key in keys]
    ahead = int(known["mean"].mul(signs).gt(0).sum())
    low, high = known["mean"].min(), known["mean"].max()
    ends = [_signed(value, 3) for value in dict.fromkeys((low, high))]
    count = _range(known["n"].astype(int))
    places = "comparison" if len(part) == 1 else "comparisons"
    return (
        f"In its favour in {ahead} of {len(part)} {places} (score by dataset),"
        f" differences {' to '.join(ends)}, n = {count}: {_verdicts(part)}."
    )


def _verdicts(part: pd.DataFrame) -> str:
    """The verdicts with how many lines have each, the most frequent first."""
    counts = Counter(part["verdict"].astype(str))
    words = []
    for verdict, count in counts.most_common():
        needed = part.loc[part["verdict"].eq(verdict), "needed"].max()
        unit = part.loc[part["verdict"].eq(verdict), "unit"].iloc[0]
        more = f" ({int(needed)} {unit} would do)" if verdict == TOO_SMALL else ""
        words.append(f"{verdict}{more} in {'all' if count == len(part) else count}")
    return ", ".join(words)


def _signed(value: float, places: int) -> str:
    """A difference with its sign, a minus that is as wide as a plus."""
    return f"{value:+.{places}f}".replace("-", "−")


def _range(values: Iterable[int]) -> str:
    each = sorted(set(values))
    return str(each[0]) if len(each) == 1 else f"{each[0]} to {each[-1]}"


def _cell(line: Mapping[Hashable, Any]) -> Cell:
    places = shown(str(line["metric"]), str(line["key"])).decimals
    has = bool(line["n"]) and pd.notna(line["mean"])
    interval = ""
    if has and pd.notna(line["level"]):
        bounds = [_signed(line[end], places) for end in ("low", "high")]
        interval = f"[{', '.join(bounds)}] at {100 * line['level']:.4g}\u00a0%"
    verdict = str(line["verdict"])
    lost = [f"{line[w]} {w}" for w in ("diverged", "failed") if line[w]]
    return Cell(
        effect=f"{_signed(line['mean'], places)}{line['about']}" if has else "no value",
        interval=interval or ("no interval: one value" if has and line["n"] == 1 else ""),
        n=", ".join([f"n = {line['n']}", *lost]),
        null=_null(line, places) if has else "",
        verdict=verdict,
        tone=TONES.get(verdict, "open"),
        sentence=f"{_score(line)}, {dataset_label(str(line['dataset']))}: {line['text']}",
    )


def _null(line: Mapping[Hashable, Any], places: int) -> str:
    """What chance gives: the band of rotations, or whether the axes are above it."""
    if pd.notna(line.get("null_low")):
        band = f"{line['null_low']:.{places}f} to {line['null_high']:.{places}f}"
        return f"rotations of the codes: {band}"
    if pd.notna(line["aligned_p"]):
        return f"axes against rotations: p {p_text(line['aligned_p'])}"
    return ""


def verdict_in_words(claims: Iterable[Claim]) -> str:
    """The sentences above all: how many tested comparisons are supported and what the others are,
    and apart from them how many rules of thumb, which test nothing, hold.
    """
    cells = [cell for claim in claims for _, line in claim.lines for cell in line if cell]
    if not cells:
        return ""
    untested = [cell for cell in cells if cell.verdict in (HOLDS, FAILS)]
    tones = Counter(cell.tone for cell in cells if cell.verdict not in (HOLDS, FAILS))
    words = {
        "yes": "supported",
        "partly": "with a higher score on axes that are not above chance",
        "no": "not supported",
        "open": "undecided, for n is too small or there is no value",
    }
    said = []
    if tones:
        parts = [f"{tones[tone]} {meaning}" for tone, meaning in words.items() if tones[tone]]
        tested = counted(tones.total(), "tested comparison")
        none = "" if tones["yes"] else "No claim is supported. "
        said.append(f"{none}Of {tested}: {'; '.join(parts)}.")
    if untested:
        holding = sum(cell.verdict == HOLDS for cell in untested)
        described = counted(len(untested), "comparison")
        said.append(
            f"Described, not tested: a difference beyond one sd in {holding} of {described}."
        )
    return " ".join(said)
