"""What every figure keeps to: each file in mtdis/figures that defines `draw` is held to it.

A figure with a constant STAGES is given examples of those stages beside the long table
(tests/helpers/stage_results.py); one with a constant ROWS shows scores as bars with the published
values beside them; one with SCHEMATIC draws no data, so that there is nothing to count.
"""

import re
import sys
from functools import cache

import matplotlib as mpl
import pandas as pd
import pytest
from helpers.long_table import with_stages
from helpers.shown import IDENTIFIER, PLAIN, STAGED, arguments, every, module, shown, unstaged
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mtdis.discover import constant, names
from mtdis.reporting.drawing import style
from mtdis.reporting.drawing.sizes import COLUMN, PAGE

PACKAGE = "mtdis.reporting.figures"
FIGURES = names(PACKAGE)
every_figure = pytest.mark.parametrize("name", FIGURES)
every_figure_of_frames = pytest.mark.parametrize("name", unstaged(PACKAGE))
every_figure_of_bars = pytest.mark.parametrize("name", every(PACKAGE, "ROWS"))
# One case after the other: whoever runs some of its tests draws it once.
every_case = pytest.mark.parametrize(("name", "case"), shown(PACKAGE), scope="module")


@cache
def _drawn(name: str, case: str) -> Figure:
    """The figure of a case, drawn once and looked at by several tests."""
    given, known = (arguments(PACKAGE, name, case, few=True) for _ in range(2))
    before = dict(mpl.rcParams)
    figure = module(PACKAGE, name).draw(*given)
    with style.settings():
        figure.draw_without_rendering()
    pd.testing.assert_frame_equal(given[0], known[0])
    assert dict(mpl.rcParams) == before
    return figure


def _texts(figure: Figure) -> list[Text]:
    unseen = {text for axes in figure.axes for text in _unseen(axes)}
    return [
        t
        for t in figure.findobj(Text)
        if t.get_visible() and t.get_text().strip() and t not in unseen
    ]


def _unseen(axes: Axes) -> list[Text]:
    """Labels that matplotlib keeps and does not draw: of ticks outside the limits, and of axes
    turned off.
    """
    if not axes.axison:
        return [
            *axes.get_xticklabels(which="both"),
            *axes.get_yticklabels(which="both"),
            axes.xaxis.label,
            axes.yaxis.label,
        ]
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        found += [
            tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high
        ]
    return found


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in _texts(figure))


def _has_numbers(labels: list[Text]) -> bool:
    return any(label.get_visible() and label.get_text() for label in labels)


def test_there_are_figures() -> None:
    assert FIGURES


@every_figure
def test_caption_and_stages_are_literals(name: str) -> None:
    caption = constant(PACKAGE, name, "CAPTION")
    assert isinstance(caption, str)
    assert caption.endswith(".")
    assert constant(PACKAGE, name, "STAGES") != ()


@pytest.mark.slow
@every_case
def test_no_panel_is_empty_and_n_is_printed(name: str, case: str) -> None:
    figure = _drawn(name, case)
    assert figure.axes
    assert all(axes.has_data() or axes.texts for axes in figure.axes)
    if constant(PACKAGE, name, "SCHEMATIC"):
        assert not any(axes.axison for axes in figure.axes)
    else:
        assert "n = " in _words(figure)


@pytest.mark.slow
@every_case
def test_axes_with_ticks_are_labelled(name: str, case: str) -> None:
    figure = _drawn(name, case)
    scaled = [axes for axes in figure.axes if axes.axison]
    for axes in (a for a in scaled if _has_numbers(a.get_yticklabels())):
        beside = axes.get_shared_y_axes().get_siblings(axes)
        assert figure.get_supylabel() or any(other.get_ylabel() for other in beside)
    if any(_has_numbers(axes.get_xticklabels()) for axes in scaled):
        assert figure.get_supxlabel() or any(axes.get_xlabel() for axes in scaled)


@pytest.mark.slow
@every_case
def test_no_text_covers_another_or_leaves_the_figure(name: str, case: str) -> None:
    figure = _drawn(name, case)
    boxes = [text.get_window_extent().padded(-1) for text in _texts(figure)]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if Bbox.intersection(a, b)]
    assert all(figure.bbox.padded(2).containsx(x) for box in boxes for x in box.intervalx)
    assert all(figure.bbox.padded(2).containsy(y) for box in boxes for y in box.intervaly)


@every_figure
def test_no_identifier_is_left_in_words_for_people(name: str) -> None:
    figure = _drawn(name, STAGED if name in every(PACKAGE, "STAGES") else "variants")
    assert not re.findall(IDENTIFIER, _words(figure))


@every_figure
def test_a_figure_is_as_wide_as_a_column_or_a_page(name: str) -> None:
    figure = _drawn(name, STAGED if name in every(PACKAGE, "STAGES") else "variants")
    assert figure.get_figwidth() in (COLUMN, PAGE)


@every_figure
def test_no_figure_is_left_with_pyplot(name: str) -> None:
    _drawn(name, STAGED if name in every(PACKAGE, "STAGES") else PLAIN)
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


@every_figure_of_frames
def test_divergence_is_said(name: str) -> None:
    assert "diverged" not in _words(_drawn(name, PLAIN))
    assert "diverged" in _words(_drawn(name, "diverged"))


@every_figure_of_frames
def test_every_variant_has_its_title(name: str) -> None:
    titles = {axes.get_title() for axes in _drawn(name, "variants").axes}
    assert {
        "dSprites (rendered)\nlearning rate = 0.0001",
        "dSprites (rendered)\nlearning rate = 0.001",
    } <= titles


@pytest.mark.slow
@every_figure_of_frames
def test_results_of_stages_are_none_of_runs(name: str) -> None:
    [frame] = arguments(PACKAGE, name, "one seed", few=True)
    figure, known = module(PACKAGE, name).draw(with_stages(frame)), _drawn(name, "one seed")
    assert [axes.get_ylim() for axes in figure.axes] == [axes.get_ylim() for axes in known.axes]
    assert "diverged" not in _words(figure)


@every_figure
def test_nothing_to_draw_is_an_error(name: str) -> None:
    staged = name in every(PACKAGE, "STAGES")
    frame = arguments(PACKAGE, name, PLAIN)[0].assign(metric="nothing")
    with pytest.raises(ValueError, match="nothing to draw"):
        module(PACKAGE, name).draw(*([frame, []] if staged else [frame]))


@every_figure_of_bars
def test_bars_start_at_nought_and_have_a_legend(name: str) -> None:
    figure = _drawn(name, PLAIN)
    assert figure.legends
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)


@every_figure_of_bars
def test_what_diverged_has_no_bar(name: str) -> None:
    sound, lost = (_drawn(name, case) for case in ("one seed", "all diverged"))
    assert "2 diverged" in _words(lost)
    bars = [sum(len(axes.patches) for axes in figure.axes) for figure in (sound, lost)]
    assert bars[1] == bars[0] - len(lost.axes)


@every_figure_of_bars
def test_published_values_are_hollow_where_not_comparable(name: str) -> None:
    words = {case: _words(_drawn(name, case)) for case in ("comparable", PLAIN, "unpublished")}
    assert "published" in words["comparable"]
    assert "not comparable" not in words["comparable"]
    assert "not comparable" in words[PLAIN]
    assert "published" not in words["unpublished"]
