"""What a line of the claims table says in words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mtdis.reporting.labels import shown

LEVEL = 0.05
"""The adjusted p up to which a claim is supported."""
SUPPORTED, NOT_SUPPORTED = "supported", "not supported"
TOO_SMALL, NOT_ALIGNED = "n too small", "higher score, axes not above chance"
HOLDS, FAILS, REFUSED, NOTHING = "holds", "does not hold", "refused", "no value"
VERDICTS = (SUPPORTED, NOT_ALIGNED, TOO_SMALL, NOT_SUPPORTED, HOLDS, FAILS, REFUSED, NOTHING)


def verdict(line: Mapping[Any, Any]) -> str:
    """The verdict of a line with its p-value, or with its `ratio` of difference to spread.

    `aligned_p` is the adjusted p of its kind's codes against their rotations, missing if they were
    not calibrated.
    """
    if line["reason"]:
        return REFUSED
    if pd.notna(line["ratio"]):
        return HOLDS if line["ratio"] > 1 else FAILS
    if not line["n"] or pd.isna(line["p"]):
        return NOTHING
    if line["adjusted_p"] <= LEVEL:
        return NOT_ALIGNED if line["aligned_p"] > LEVEL else SUPPORTED
    return TOO_SMALL if line["family"] * line["smallest_p"] > LEVEL else NOT_SUPPORTED


def text(line: Mapping[Any, Any]) -> str:
    """A line as a cell of the table: verdict, difference and interval, n, p-values."""
    lost = [f"{line[word]} {word}" for word in ("diverged", "failed") if line[word]]
    said = str(line["verdict"])
    if said == REFUSED:
        return ", ".join([f"{said}: {line['reason']}", *lost])
    if said == TOO_SMALL:
        said += f" ({line['needed']} {line['unit']} would do)"
    if not line["n"]:
        return ", ".join([said, *lost])
    parts = [f"n = {line['n']}", *lost, *_p(line)]
    return f"{said}: {_difference(line)}; {', '.join(parts)}"


def p_text(p: float) -> str:
    """A p-value as it is printed: `.031`, `< .001`."""
    return "< .001" if p < 0.0005 else f"{p:.3f}".removeprefix("0")


def _difference(line: Mapping[Any, Any]) -> str:
    places = shown(line["metric"], line["key"]).decimals
    mean = f"{line['mean']:+.{places}f}"
    if pd.notna(line["ratio"]):
        mean += f", {line['ratio']:.1f} sd"
    if pd.notna(line["level"]):
        mean += f" [{line['low']:+.{places}f}, {line['high']:+.{places}f}] ({line['level']:.4g})"
    return f"{mean}{line['about']}"


def _p(line: Mapping[Any, Any]) -> list[str]:
    if pd.isna(line["p"]):
        return []
    words = [f"p {p_text(line['p'])}", f"adjusted {p_text(line['adjusted_p'])}"]
    words.append(f"least {p_text(line['smallest_p'])}")
    if pd.notna(line["improvement"]):
        words.append(f"better {line['improvement']:.2f}")
    if pd.notna(line["aligned_p"]):
        words.append(f"axes {p_text(line['aligned_p'])}")
    return words
