"""Figures 13 to 15 hold the values of the long table at their places."""

import matplotlib.colors as mcolors
import numpy as np
import pandas as pd
import pytest
from helpers.long_table import EVERY_KIND, make_long_table, with_losses
from matplotlib.axes import Axes

from mtdis.reporting.drawing.style import row_colour
from mtdis.reporting.figures import figure13, figure14, figure15
from mtdis.reporting.labels import kinds, row_label
from mtdis.reporting.statistics import along
from mtdis.specs.tasks import factor_groups

LOST = "#CC0000"


def _lines(axes: Axes, marker: str) -> list[np.ndarray]:
    """The (x, y) of the marks of one shape."""
    return [np.asarray(line.get_xydata()) for line in axes.lines if line.get_marker() == marker]


def _ticks(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_xticklabels()]


def _counts(**options) -> pd.DataFrame:
    options = {"kinds": ("multi_head",), "tasks": (10, 1, 2), "keys": ("discrete_mig",)} | options
    return make_long_table(**options)


def test_numbers_of_tasks_stand_in_their_order_with_their_seeds() -> None:
    frame = _counts()
    [axes] = figure14.draw(frame).axes
    assert _ticks(axes) == ["1\nn = 2", "2\nn = 2", "10\nn = 2"]
    [means] = _lines(axes, "s")
    expected = frame.groupby("spec.tasks.count")["value"].mean()
    np.testing.assert_allclose(means, np.column_stack([range(3), expected]))
    seeds = np.concatenate(_lines(axes, "o"))
    assert sorted(seeds[:, 1]) == sorted(frame["value"])


def test_datasets_stand_in_the_papers_order() -> None:
    names = ["dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered"]
    figure = figure14.draw(_counts(datasets=sorted(names)))
    titles = ["dSprites (rendered)", "Shapes3D (rendered)", "mpi3d rendered"]
    assert [axes.get_title() for axes in figure.axes] == titles


def test_a_diverged_run_is_a_cross_with_its_number_and_no_mean() -> None:
    frame = _counts()
    lost = frame["spec.tasks.count"].eq(2)
    frame.loc[lost, ["diverged", "value"]] = [True, np.nan]
    [axes] = figure14.draw(frame).axes
    assert _ticks(axes) == ["1\nn = 2", "2\nn = 0", "10\nn = 2"]
    [means], [cross] = _lines(axes, "s"), _lines(axes, "x")
    assert means[:, 0].tolist() == [0, 2]
    assert cross[0].tolist() == [1, 0.96]
    assert [(text.get_text(), text.get_color()) for text in axes.texts] == [("2", LOST)]


def test_a_variant_that_is_lost_whole_leaves_the_height_to_the_others() -> None:
    frame = make_long_table(
        kinds=("multi_head",), learning_rates=(0.001, 1.0), tasks=(1, 2), keys=("discrete_mig",)
    )
    lost = frame["spec.learning_rate"] == 1.0
    frame.loc[lost, ["diverged", "value"]] = [True, np.nan]
    left, right = figure14.draw(frame).axes
    assert left.get_ylim() == right.get_ylim()
    assert left.get_ylim()[1] < 2 * frame["value"].max()


def test_several_kinds_of_unequal_n_say_so() -> None:
    frame = _counts(kinds=("multi_head", "one_head"), seeds=(0, 1, 2))
    frame = frame[~(frame["kind"].eq("one_head") & frame["seed"].eq(2))]
    [axes] = figure14.draw(frame).axes
    assert _ticks(axes)[0] == "1\nn = 2–3"
    assert len(_lines(axes, "s")) == 2


def test_schemes_of_subsets_stand_in_the_order_of_the_caption() -> None:
    frame = make_long_table(
        kinds=("multi_head",), subsets=("triples", "halves", "all", "random", "other")
    )
    axes = figure15.draw(frame).axes
    assert len(axes) == 6
    assert [tick.split("\n")[0] for tick in _ticks(axes[0])] == [
        "all",
        "random",
        "halves",
        "triples",
        "other",
    ]


@pytest.mark.parametrize(
    "fact", ["names only random subsets and halves", "broken", "other masks are boolean"]
)
def test_the_caption_of_subsets_says_both_facts(fact: str) -> None:
    assert fact in figure15.CAPTION


@pytest.mark.parametrize("factors", [6, 7])
def test_triples_are_halves_on_the_papers_datasets_as_the_caption_says(factors: int) -> None:
    assert factor_groups("triples", factors) == factor_groups("halves", factors)
    assert "triples are the same sets as halves" in figure15.CAPTION


@pytest.mark.slow
def test_other_fields_are_columns_and_the_swept_one_is_not() -> None:
    frame = make_long_table(
        tasks=(1, 2), learning_rates=(0.1, 0.01), subsets=("all", "random"), keys=("discrete_mig",)
    )
    found = [(label, value) for label, value, _ in along(frame, "spec.tasks.count")]
    assert len(found) == 8
    assert {frozenset(label) for label, _ in found} == {
        frozenset({"spec.learning_rate", "spec.tasks.subsets"})
    }
    assert len(figure14.draw(frame).axes) == 4


def test_a_field_that_nobody_reads_has_no_values() -> None:
    frame = make_long_table(kinds=("random",))
    assert list(along(frame, "spec.tasks.count")) == []
    assert list(along(frame, "spec.unknown")) == []


def test_figure_13_shows_totals_trained_tasks_and_each_task() -> None:
    frame = with_losses(make_long_table(tasks=3, kinds=EVERY_KIND))
    every, own, each = figure13.draw(frame).axes
    mse = frame[frame["metric"].eq("mse") & frame["key"].eq("test")]
    single = mse[mse["kind"] == "single_task"]
    assert every.patches[0].get_height() == pytest.approx(single["value"].mean())
    trained = single[single["trained_task"].eq(single["task"])]
    assert own.patches[0].get_height() == pytest.approx(trained["value"].mean())
    assert len(every.patches) == len(own.patches) == 3
    squares = np.concatenate(_lines(each, "s"))
    assert len(squares) == 9
    assert _ticks(each) == ["1", "2", "3"]


def test_figure_13_has_the_untrained_network_where_all_tasks_are_shown_and_nowhere_else() -> None:
    kinds = ("untrained", "single_task", "multi_head")
    frame = with_losses(make_long_table(tasks=3, kinds=kinds))
    every, own, each = figure13.draw(frame).axes
    mse = frame[frame["metric"].eq("mse") & frame["key"].eq("test")]
    bar = mse.loc[mse["kind"] == "untrained", "value"].mean()
    assert every.patches[0].get_height() == pytest.approx(bar)
    assert (len(every.patches), len(own.patches)) == (3, 2)
    assert len(np.concatenate(_lines(each, "s"))) == 6


@pytest.mark.slow
def test_figure_13_has_the_published_totals() -> None:
    frame = with_losses(make_long_table(tasks=2, datasets=["dsprites"], unlike_paper=""))
    every, own, each = figure13.draw(frame).axes
    # From reference.md, section 4.4, dSprites: the trained tasks' mean is 82.1; from the paper's
    # Table 8, the totals.
    totals = [261.99, 244.89, 265.57, 230.34, 266.06, 265.90, 257.79, 268.96, 268.90, 270.74]
    assert [xy[0, 1] for xy in _lines(every, "D")] == [pytest.approx(np.mean(totals)), 56.73]
    assert [xy[0, 1] for xy in _lines(own, "D")] == [pytest.approx(82.1, abs=0.05), 56.73]
    assert sorted(xy[0, 1] for xy in _lines(each, "D")) == [51.96, 62.57, 76.76, 77.70]


def test_kinds_have_colours_of_their_own() -> None:
    colours = [row_colour(kind) for kind in kinds()]
    assert len(set(colours)) == len(kinds()) > len(EVERY_KIND)
    assert all(mcolors.is_color_like(colour) for colour in colours)
    assert row_label("task7") == "trained on task 7"
    assert row_colour("task7") == row_colour("single_task")
