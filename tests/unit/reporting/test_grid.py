"""Figure `grid`: two crossed fields as heat maps, against means taken here."""

import numpy as np
import pytest
from helpers.long_table import make_long_table
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtdis.reporting.figures import grid

MIG = {"kinds": ("multi_head",), "keys": ("discrete_mig",)}
RATES, COUNTS = (0.1, 0.01, 0.001), (1, 4)


def _panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.texts]


def _texts(axes: Axes) -> dict[tuple[str, str], str]:
    """What stands in each cell, by the labels of its ticks."""
    x, y = (
        [t.get_text() for t in labels]
        for labels in (axes.get_xticklabels(), axes.get_yticklabels())
    )
    return {
        (x[int(p[0])], y[int(p[1])]): t.get_text() for t in axes.texts if (p := t.get_position())
    }


def test_a_cell_is_the_mean_over_seeds_with_its_spread_and_the_longer_field_lies_across() -> None:
    frame = make_long_table(learning_rates=RATES, tasks=COUNTS, seeds=(1, 2, 3), **MIG)
    [axes] = _panels(figure := grid.draw(frame))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("learning rate", "number of tasks")
    cells = frame.groupby(["spec.learning_rate", "spec.tasks.count"])["value"]
    means, spreads = cells.mean(), cells.std()
    expected = {
        (f"{rate:g}", str(count)): f"{means[rate, count]:.3f}\n± {spreads[rate, count]:.3f}"
        for rate in RATES
        for count in COUNTS
    }
    assert _texts(axes) == expected
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0.001", "0.01", "0.1"]
    assert "n = 3 seeds" in figure.get_supxlabel()


def test_brighter_is_higher() -> None:
    frame = make_long_table(learning_rates=(0.1, 0.01), tasks=COUNTS, seeds=(1,), **MIG)
    [axes] = _panels(grid.draw(frame))
    boxes = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    light = [np.dot(patch.get_facecolor()[:3], (0.2126, 0.7152, 0.0722)) for patch in boxes]
    values = [float(text.get_text()) for text in axes.texts]
    assert np.argsort(light).tolist() == np.argsort(values).tolist()


def test_of_one_seed_no_spread_is_shown() -> None:
    frame = make_long_table(learning_rates=RATES, tasks=COUNTS, seeds=(1,), **MIG)
    [axes] = _panels(figure := grid.draw(frame))
    assert not any("±" in text for text in _texts(axes).values())
    assert figure.get_supxlabel() == "cells: values of n = 1 seed"


def test_what_is_missing_or_diverged_is_shown() -> None:
    frame = make_long_table(learning_rates=RATES, tasks=COUNTS, seeds=(1, 2), **MIG)
    here = frame["spec.tasks.count"].eq(4)
    frame = frame[~(here & frame["spec.learning_rate"].eq(0.1))].copy()
    here = frame["spec.tasks.count"].eq(4)
    frame.loc[here & frame["spec.learning_rate"].eq(0.01), ["diverged", "value"]] = [True, np.nan]
    one = here & frame["spec.learning_rate"].eq(0.001) & frame["seed"].eq(1)
    frame.loc[one, ["diverged", "value"]] = [True, np.nan]
    axes, _ = _panels(figure := grid.draw(frame))  # R², of which only what diverged is known
    texts = _texts(axes)
    assert texts["0.1", "4"] == "no run"
    assert texts["0.01", "4"] == "2 diverged"
    left = frame[here & frame["spec.learning_rate"].eq(0.001) & frame["seed"].eq(2)]["value"].item()
    assert texts["0.001", "4"] == f"{left:.3f}\n1 diverged"
    assert "n = 1 to 2 seeds" in figure.get_supxlabel()


def test_a_third_field_is_in_the_titles() -> None:
    frame = make_long_table(
        learning_rates=RATES, tasks=(1, 2, 4), subsets=("all", "halves"), seeds=(1,), **MIG
    )
    titles = [axes.get_title() for axes in _panels(grid.draw(frame))]
    assert titles == [
        f"dSprites (rendered)\nfactors of the tasks = {word}" for word in ("all", "halves")
    ]


@pytest.mark.parametrize("rates", [(0.1,), RATES])
def test_without_two_fields_it_says_so(rates: tuple[float, ...]) -> None:
    [axes] = grid.draw(make_long_table(learning_rates=rates, **MIG)).axes
    assert "a grid takes two fields that vary" in axes.texts[0].get_text()
