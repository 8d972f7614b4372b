"""Cautions: why a score misleads, in the words that go with it into rows and under tables.

Each begins with one of BEGINNINGS and has neither commas nor semicolons before a blank, which
separate remarks.
"""

import re
from collections.abc import Iterable, Sequence

from mtdis.specs.metric import Metric

INCOMPLETE_GRID = "no full grid in order: metrics draw from its rows"
"""Where some combination of classes is missing, repeated or out of order."""
CONSTANT_CODES = "constant codes: every image has the same"
BEGINNINGS = ("no full grid in order: ", "few rows: ", "single images: ", "constant codes: ")
FEW_ROWS = re.compile(r"few rows: (\w+) draws ([\d,]+) of ([\d,]+)(.*)")
"""The words of `few_rows`: metric, number drawn, rows, and what follows from its tests."""
DRAWN = ("num_train", "num_test", "num_eval", "num_variance_estimate")
"""Settings that say how many rows, or batches of them, a metric draws."""
TESTED = ("num_test", "num_eval")
"""Those of the rows that were not meant to be fitted."""


def few_rows(metric: Metric, rows: int) -> str:
    """The caution on a metric that draws more than the rows there are; empty if it does not."""
    counts = {name: getattr(metric, name) for name in DRAWN if hasattr(metric, name)}
    if not counts or max(counts.values()) <= rows:
        return ""
    again = (
        " and tests on rows that it has fitted" if any(name in counts for name in TESTED) else ""
    )
    return f"few rows: {metric.name()} draws {max(counts.values()):,} of {rows:,}{again}"


def together(found: Iterable[str]) -> list[str]:
    """Cautions as one reads them: each once, those on few rows of the same data in one."""
    few: dict[str, list[tuple[str, str, bool]]] = {}
    said: dict[str, str] = {}
    for caution in dict.fromkeys(found):
        if parts := FEW_ROWS.fullmatch(caution):
            name, count, rows, again = parts.groups()
            few.setdefault(rows, []).append((count, name, bool(again)))
            said.setdefault(rows, caution)
        else:
            said[caution] = caution
    many = {rows: _few_rows_of_all(rows, each) for rows, each in few.items() if each[1:]}
    return list((said | many).values())


def _few_rows_of_all(rows: str, draws: Sequence[tuple[str, str, bool]]) -> str:
    """The caution on metrics (number drawn, name, tests on what it fitted), each number once."""
    parts = []
    for count in dict.fromkeys(count for count, *_ in draws):
        by = []
        for again in (False, True):
            names = [name for number, name, tests in draws if (number, tests) == (count, again)]
            fitted = ", which test on rows that were fitted" if again else ""
            by += [f"by {', '.join(names)}{fitted}"] if names else []
        parts.append(f"{count} are drawn {', and '.join(by)}")
    return f"few rows: of {rows}, {'; '.join(parts)}"


def single_images(factors: Sequence[str]) -> str:
    """The caution on factors most of whose classes have one image; empty without any."""
    names = " and ".join(factors)
    return f"single images: most classes of {names} have only one" if factors else ""


def cautions_in(text: str) -> list[str]:
    """The cautions among remarks that are joined by commas, each once."""
    found = [part for part in text.replace(" or ", ", ").split(", ") if part.startswith(BEGINNINGS)]
    return list(dict.fromkeys(found))
