"""Where the values of any field stand on an x axis: numbers to scale, words side by side."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, NamedTuple

from mtdis.reporting.statistics import value_text

LONGEST = 10
"""Widths of a tick's label that an axis may have for numbers to stand to scale."""
NAMES = ((math.log10, "log scale"), (float, ""))
"""How numbers are laid to scale, and what the axis says of it."""


class Scale(NamedTuple):
    """Text of a value → its place, in widths of a tick's label; what the axis says; and whether
    the values are numbers, which have an order and distances.
    """

    places: dict[str, float]
    words: str
    numeric: bool


def scale_of(values: Iterable[Any]) -> Scale:
    """The scale of a field's values: of numbers log where they span a decade or each is the same
    multiple of the one before (2, 4, 8), else linear; equal steps where either would lay labels
    over each other; words and lists in equal steps.
    """
    texts = {value_text(value): value for value in sorted(values, key=_rank)}
    equal = {text: float(place) for place, text in enumerate(texts)}
    if not all(_is_number(value) for value in texts.values()):
        return Scale(equal, "", numeric=False)
    numbers = [float(value) for value in texts.values()]
    for function, words in NAMES if _is_for_log(numbers) else NAMES[1:]:
        places = _in_slots([function(number) for number in numbers])
        if places[-1] <= LONGEST:
            return Scale(dict(zip(texts, places, strict=True)), words, numeric=True)
    return Scale(equal, "steps not to scale", numeric=True)


def _is_for_log(numbers: Sequence[float]) -> bool:
    """Return whether ascending numbers span a decade or are three or more equal steps of a log."""
    if numbers[0] <= 0:
        return False
    steps = [b / a for a, b in pairwise(numbers)]
    equal = len(steps) > 1 and all(math.isclose(step, steps[0]) for step in steps)
    return equal or numbers[-1] >= 10 * numbers[0]


def _in_slots(numbers: Sequence[float]) -> list[float]:
    """Ascending numbers from 0, their smallest distance being 1."""
    gaps = [b - a for a, b in pairwise(numbers)]
    return [(number - numbers[0]) / min(gaps, default=1.0) for number in numbers]


def _rank(value: Any) -> tuple[int, int, list[float], str]:
    """Numbers, then lists of numbers from the shortest (which are texts in the long table), then
    words.
    """
    if _is_number(value):
        return 0, 0, [float(value)], ""
    parts = str(value).split()
    try:
        return 1, len(parts), [float(part) for part in parts], ""
    except ValueError:
        return 2, 0, [], str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
