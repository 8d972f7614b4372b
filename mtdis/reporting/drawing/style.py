"""The look that all figures share: colours, marks and text sizes, set here once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import seaborn as sns

from mtdis.reporting.labels import STANDARDISED, SUPERVISED, kind_colours, kind_of

BLACK, LOST, UNKNOWN, BAND = "#000000", "#CC0000", "#555555", "#CCDDEE"
COLOURED_AS = {STANDARDISED: "ground_truth", SUPERVISED: "multi_head"}
LOST_WORDS = ("diverged", "failed")
OUTLINE: dict[str, Any] = {"linestyle": "none", "markeredgecolor": BLACK, "markeredgewidth": 0.8}
MARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "seed": ("one seed", OUTLINE | {"marker": "o", "color": "white", "markersize": 4}),
    "single_max": (
        "best single task",
        OUTLINE | {"marker": "^", "color": "white", "markersize": 5},
    ),
    "single_min": (
        "worst single task",
        OUTLINE | {"marker": "v", "color": "white", "markersize": 5},
    ),
    "published": ("published", OUTLINE | {"marker": "D", "color": BLACK, "markersize": 4}),
    "unlike": (
        "published, not comparable",
        OUTLINE | {"marker": "D", "color": "white", "markersize": 4},
    ),
    "white": (
        "white codes (whose rotations the band is of)",
        OUTLINE | {"marker": "s", "color": "white", "markersize": 3.5},
    ),
    "ceiling": (
        "best aligned rotation of them",
        {"linestyle": "none", "marker": "_", "color": BLACK, "markersize": 9}
        | {"markeredgewidth": 1.6},
    ),
    "diverged": (
        "a network diverged",
        {"linestyle": "none", "marker": "x", "color": LOST, "markersize": 5},
    ),
}
"""Every mark but bars and lines: its words in the legend, and how it is drawn."""


def row_colour(row: str) -> str:
    """The colour of a row or kind; dark grey for what is no kind of run."""
    kind = kind_of(row)
    return kind_colours().get(COLOURED_AS.get(kind, kind), UNKNOWN)


@contextmanager
def settings() -> Iterator[None]:
    """The rc settings to draw and to save under; the ones before return afterwards."""
    own: Any = {
        "axes.titlesize": 8,
        "axes.labelsize": 7,
        "xtick.labelsize": 6.5,
        "ytick.labelsize": 6.5,
        "legend.fontsize": 7,
        "figure.titlesize": 8,
        "figure.dpi": 150,
        "savefig.dpi": 200,
        "pdf.fonttype": 42,  # fonts are embedded whole, and text stays text
        "ps.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "mtdis",  # the same figure, the same bytes
    }
    with mpl.rc_context(sns.axes_style("ticks") | sns.plotting_context("paper") | own):
        yield
