"""Figure `along` has every swept field, each to its scale."""

import numpy as np
import pytest
from helpers.long_table import make_long_table, with_losses
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtdis.reporting.drawing.scales import scale_of
from mtdis.reporting.figures import along, figure14
from mtdis.reporting.statistics import none_said, swept

MULTI = {"kinds": ("multi_head",), "keys": ("discrete_mig",), "seeds": (0,)}


def _squares(axes: Axes) -> np.ndarray:
    [line] = [line for line in axes.lines if line.get_marker() == "s"]
    return np.asarray(line.get_xydata())


@pytest.mark.parametrize(
    ("values", "places", "words"),
    [
        ([10, 2, 4], [0, 1, 4], ""),
        ([0.1, 0.0001, 0.001], [0, 1, 3], "log scale"),
        ([16, 2, 8, 4], [0, 1, 2, 3], "log scale"),
        ([2, 4], [0, 1], ""),
        ([0, 2.5, 1.4, 5], [0, 1.4 / 1.1, 2.5 / 1.1, 5 / 1.1], ""),
        ([1, 2, 3, 1000], [0, 1, 2, 3], "steps not to scale"),
        (["300 300", "64", "300", ""], [0, 1, 2, 3], ""),
        ([True, False], [0, 1], ""),
    ],
)
def test_numbers_stand_to_scale_where_their_labels_have_room(values, places, words) -> None:
    scale = scale_of(values)
    np.testing.assert_allclose(list(scale.places.values()), places)
    assert scale.words == words


def test_lists_stand_from_the_shortest_and_words_by_the_alphabet() -> None:
    lists = scale_of(["300 300", "64", "300", "", "1000"])
    assert list(lists.places) == ["none", "64", "300", "1000", "300 300"]
    assert list(scale_of(["tanh", "relu"]).places) == ["relu", "tanh"]


def test_a_field_is_a_row_of_panels_of_its_scores_and_then_r2() -> None:
    frame = with_losses(make_long_table(learning_rates=(0.1, 0.001, 0.01), tasks=2, **MULTI))
    frame.loc[frame["metric"].eq("r2") & frame["spec.learning_rate"].eq(0.1), "value"] = -0.5
    mig, r2 = along.draw(frame).axes
    means = frame[frame["metric"].eq("mig")].groupby("spec.learning_rate")["value"].mean()
    np.testing.assert_allclose(_squares(mig), np.column_stack([range(3), means]))
    tests = frame[frame["metric"].eq("r2") & frame["key"].eq("test")]
    fits = tests.groupby("spec.learning_rate")["value"].mean()
    np.testing.assert_allclose(_squares(r2)[:, 1], fits)
    assert r2.get_ylim()[0] < -0.5
    assert r2.get_xlabel() == "learning rate (log scale)"


def test_what_changes_with_a_field_shares_its_axis() -> None:
    frame = make_long_table(settings=("paper", "released"), **MULTI)
    [axes] = along.draw(frame).axes
    assert "and with it" in axes.get_xlabel()
    assert len(_squares(axes)) == 2


def test_no_value_beside_others_is_a_value() -> None:
    frame = make_long_table(learning_rates=(0.1, 0.01), kinds=("multi_head", "random"), seeds=(0,))
    frame.loc[frame["spec.learning_rate"].eq(0.1), "spec.learning_rate"] = None
    assert set(none_said(frame, ["spec.learning_rate"])["spec.learning_rate"].dropna()) == {
        0.01,
        "none",
    }


def test_fields_of_a_design_of_one_at_a_time_are_apart_and_what_is_determined_is_not() -> None:
    frame = make_long_table(learning_rates=(1, 2), tasks=(1, 2), **MULTI)
    both = frame["spec.learning_rate"].eq(2) & frame["spec.tasks.count"].eq(2)
    frame = frame[~both].assign(**{"spec.twice": frame["spec.learning_rate"] * 2})
    assert sorted(map(sorted, swept(frame))) == [
        ["spec.learning_rate", "spec.twice"],
        ["spec.tasks.count"],
    ]


def _said(figure: Figure) -> str:
    [axes] = figure.axes
    [text] = axes.texts
    assert not axes.lines
    return " ".join(text.get_text().split())


def test_without_a_sweep_the_figure_says_what_to_do() -> None:
    said = _said(along.draw(make_long_table(**MULTI)))
    assert "no field varies here" in said
    assert "one point per panel. Give a field a list of values" in said


def test_a_figure_of_another_field_says_what_does_vary() -> None:
    said = _said(figure14.draw(make_long_table(learning_rates=(1, 2), **MULTI)))
    assert "number of tasks has one value here" in said
    assert "(learning rate) is drawn by the figure along" in said


def test_one_point_per_panel_is_said() -> None:
    frame = make_long_table(learning_rates=(1, 2), tasks=(1, 2), subsets=("all", "halves"), **MULTI)
    odd = frame["spec.learning_rate"].eq(1) ^ frame["spec.tasks.count"].eq(1)
    frame = frame[odd == frame["spec.tasks.subsets"].eq("all")]  # half of a factorial design
    assert "No panel would have more than one point" in _said(along.draw(frame))
