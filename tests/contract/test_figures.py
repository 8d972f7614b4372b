"""What every figure keeps to: each file in mtdis/figures that defines `draw` is held to it."""

import io
import sys
from functools import cache

import matplotlib as mpl
import pandas as pd
import pytest
from long_table import make_long_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mtdis import style
from mtdis.discover import load, names

FIGURES = names("mtdis.figures")
LOST = [("multi_head", "shared", 0), ("single_task", "task2", 1)]
TWO = ("eval_accuracy", "completeness")  # keys enough where the number of panels does not matter
FRAMES = {
    "plain": make_long_table(),
    "three datasets": make_long_table(["dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered"], keys=TWO),
    "one seed": make_long_table(seeds=(7,), keys=TWO),
    "diverged": make_long_table(diverged=LOST, keys=TWO),
    "all diverged": make_long_table(diverged=[*LOST, ("multi_head", "shared", 1)]),
    "variants": make_long_table(learning_rates=(0.001, 0.0001), keys=TWO),
    "failed": make_long_table(failed=[("multi_head", "factor_vae"), ("single_task", "dci")], keys=TWO),
    "one kind": make_long_table(kinds=("multi_head",)),
    "one panel": make_long_table(kinds=("multi_head",), keys=TWO[:1]),
    "comparable": make_long_table(datasets=["dsprites"], unlike_paper="", keys=TWO),
    "unpublished": make_long_table(datasets=["cars"], keys=TWO),
}
every_figure = pytest.mark.parametrize("name", FIGURES)
any_frame = pytest.mark.parametrize("case", FRAMES)


@cache
def _drawn(name: str, case: str) -> Figure:
    """The figure of a case, drawn once and looked at by several tests."""
    frame, before = FRAMES[case].copy(), dict(mpl.rcParams)
    figure = load("mtdis.figures", name, "figure").draw(frame)
    with style.settings():
        figure.savefig(io.BytesIO(), format="png")
    pd.testing.assert_frame_equal(frame, FRAMES[case])
    assert dict(mpl.rcParams) == before
    return figure


def _texts(figure: Figure) -> list[Text]:
    unseen = {text for axes in figure.axes for text in _labels_beyond(axes)}
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in unseen]


def _labels_beyond(axes: Axes) -> list[Text]:
    """Labels of ticks outside the axes' limits: matplotlib keeps them and does not draw them."""
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        found += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    return found


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in _texts(figure))


def test_there_are_figures() -> None:
    assert FIGURES


@every_figure
def test_caption(name: str) -> None:
    caption = load("mtdis.figures", name, "figure").CAPTION
    assert isinstance(caption, str)
    assert caption.endswith(".")


@every_figure
@any_frame
def test_drawn_from_any_frame(name: str, case: str) -> None:
    figure = _drawn(name, case)
    assert figure.legends
    assert "n = " in _words(figure)
    for axes in figure.axes:
        assert axes.has_data() or axes.texts
        beside = axes.get_shared_y_axes().get_siblings(axes)
        assert any(other.get_ylabel() for other in beside)
        assert axes.get_ylim()[0] == 0


@every_figure
@any_frame
def test_no_text_covers_another_or_leaves_the_figure(name: str, case: str) -> None:
    figure = _drawn(name, case)
    boxes = [text.get_window_extent().padded(-1) for text in _texts(figure)]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if Bbox.intersection(a, b)]
    assert all(figure.bbox.padded(2).containsx(x) for box in boxes for x in box.intervalx)
    assert all(figure.bbox.padded(2).containsy(y) for box in boxes for y in box.intervaly)


@every_figure
def test_no_figure_is_left_with_pyplot(name: str) -> None:
    _drawn(name, "plain")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


@every_figure
def test_divergence_is_said_and_has_no_bar(name: str) -> None:
    sound, lost = (_drawn(name, case) for case in ("plain", "all diverged"))
    assert "diverged" not in _words(sound)
    assert "2 diverged" in _words(lost)
    bars = [sum(len(axes.patches) for axes in figure.axes) for figure in (sound, lost)]
    assert bars[1] == bars[0] - len(lost.axes)


@every_figure
def test_every_variant_has_its_title(name: str) -> None:
    titles = {axes.get_title() for axes in _drawn(name, "variants").axes}
    assert {"dsprites_rendered\nlearning_rate=0.0001", "dsprites_rendered\nlearning_rate=0.001"} <= titles


@every_figure
def test_published_values_are_hollow_where_not_comparable(name: str) -> None:
    words = {case: _words(_drawn(name, case)) for case in ("comparable", "plain", "unpublished")}
    assert "published" in words["comparable"]
    assert "not comparable" not in words["comparable"]
    assert "not comparable" in words["plain"]
    assert "published" not in words["unpublished"]


@every_figure
def test_nothing_to_draw_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        load("mtdis.figures", name, "figure").draw(FRAMES["plain"].assign(metric="mse"))
