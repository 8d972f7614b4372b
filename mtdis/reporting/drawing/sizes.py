"""The widths that figures have in print, and how many panels these hold."""

COLUMN, PAGE = 3.5, 7.2
"""Inches of one column of a journal, and of a page of two."""
EDGE = 0.5
"""Inches of the names at the left of a row of panels."""
LEAST = 0.7
"""Of the width that a panel asks for: what it can do with."""


def width_of(wanted: float) -> float:
    """The narrower of the two widths that holds so many inches, or the page."""
    return COLUMN if wanted <= COLUMN else PAGE


def most_abreast(panel: float) -> int:
    """How many panels, which ask for so many inches each, a page holds side by side."""
    return max(1, int((PAGE - EDGE) / (LEAST * panel)))
