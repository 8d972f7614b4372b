"""Smoothness and dependence of tasks: closed forms, and the paper's tasks against values measured
by others.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mtdis.artifacts.stages import StageResult
from mtdis.data.factors import grid_rows
from mtdis.data.tasks import factor_masks, make_targets
from mtdis.reporting.drawing import style
from mtdis.reporting.figures import task_diagnostics as figure
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.published.diagnostics import reference_values
from mtdis.reporting.tables import task_diagnostics as table
from mtdis.specs.grids import DSPRITES, MPI3D, SHAPES3D
from mtdis.specs.ids import identify
from mtdis.specs.targets import Targets
from mtdis.specs.tasks import Tasks
from mtdis.stages.task_diagnostics import diagnose, lag_autocorrelation, long_rows, total_effect

GRIDS = {"dSprites": DSPRITES, "Shapes3D": SHAPES3D, "MPI3D": MPI3D}


def grid_axes(*sizes):
    """Classes of every factor on the complete grid, one array (N,) per factor."""
    return [
        axis.ravel().astype(np.float64)
        for axis in np.meshgrid(*map(np.arange, sizes), indexing="ij")
    ]


def column(target):
    return target[:, None]


# ---- closed forms


def test_total_effects_of_an_additive_function_are_shares_of_variance():
    a, b, c = grid_axes(3, 4, 5)
    targets = column(2 * a - b + 0.5 * c**2)
    parts = np.array(
        [np.var(2 * np.arange(3)), np.var(np.arange(4)), np.var(0.5 * np.arange(5) ** 2)]
    )
    np.testing.assert_allclose(total_effect(targets, (3, 4, 5)), [parts / parts.sum()], rtol=1e-12)


def test_total_effects_of_a_product_hold_the_interaction():
    a, b = grid_axes(4, 6)
    (va, ma), (vb, mb) = [(np.var(np.arange(n)), np.mean(np.arange(n))) for n in (4, 6)]
    # Var(ab) = va·vb + va·mb² + vb·ma²; the first term is the interaction and counts for both
    # factors.
    variance = va * vb + va * mb**2 + vb * ma**2
    expected = [[va * (vb + mb**2) / variance, vb * (va + ma**2) / variance]]
    np.testing.assert_allclose(total_effect(column(a * b), (4, 6)), expected, rtol=1e-12)


def test_a_factor_without_influence_is_smooth_and_has_no_effect():
    a, _, _ = grid_axes(5, 3, 4)
    targets = column(np.sin(a))
    np.testing.assert_allclose(total_effect(targets, (5, 3, 4)), [[1, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(lag_autocorrelation(targets, (5, 3, 4))[0, 1:], 1, rtol=1e-12)


def test_autocorrelation_of_alternating_signs_and_of_a_line():
    a, b = grid_axes(6, 7)
    np.testing.assert_allclose(
        lag_autocorrelation(column((-1.0) ** a), (6, 7)), [[-1, 1]], rtol=1e-12
    )
    # Classes 0..6 minus their mean: neighbours' products 6+2+0+0+2+6 over 6 pairs, variance 28/7.
    np.testing.assert_allclose(
        lag_autocorrelation(column(b), (6, 7)), [[1, 16 / 6 / 4]], rtol=1e-12
    )


def test_autocorrelation_of_a_sum_is_the_weighted_mean_of_its_parts():
    a, b = grid_axes(5, 4)
    along = lag_autocorrelation(np.stack([a, b, a + b], axis=1), (5, 4))
    share = np.var(np.arange(5)) / (np.var(np.arange(5)) + np.var(np.arange(4)))
    np.testing.assert_allclose(along[2], share * along[0] + (1 - share) * along[1], rtol=1e-12)


@settings(deadline=None, max_examples=50)
@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_both_measures_by_loops_over_the_grid(sizes, seed):
    grid = np.random.RandomState(seed).normal(3, 2, size=sizes)
    deviations = grid - grid.mean()
    lags, effects = (
        measure(grid.reshape(-1, 1), sizes)[0] for measure in (lag_autocorrelation, total_effect)
    )
    for factor, size in enumerate(sizes):
        lines = np.moveaxis(deviations, factor, -1).reshape(-1, size)
        if size == 1:
            assert np.isnan([lags[factor], effects[factor]]).all()
            continue
        products = [first * second for line in lines for first, second in pairwise(line)]
        assert lags[factor] == pytest.approx(sum(products) / len(products) / grid.var())
        assert effects[factor] == pytest.approx(
            np.mean([np.var(line) for line in lines]) / grid.var()
        )


@settings(deadline=None, max_examples=50)
@given(
    scale=st.sampled_from([-3.0, 1e-3, 1e4]),
    shift=st.sampled_from([0.0, -7.0, 1e3]),
    seed=st.integers(0, 1000),
)
def test_units_of_the_targets_do_not_matter(scale, shift, seed):
    targets = np.random.RandomState(seed).normal(size=(24, 2))
    for measure in (lag_autocorrelation, total_effect):
        np.testing.assert_allclose(
            measure(scale * targets + shift, (2, 3, 4)),
            measure(targets, (2, 3, 4)),
            rtol=1e-6,
            atol=1e-6,
        )


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 1000))
def test_two_classes_tie_the_measures_together(seed):
    # With values u, v at the two classes: E[(u-v)²]/4 = (1 - ρ) Var / 2.
    targets = np.random.RandomState(seed).normal(size=(12, 3))
    lags, effects = lag_autocorrelation(targets, (2, 6)), total_effect(targets, (2, 6))
    np.testing.assert_allclose(effects[:, 0], (1 - lags[:, 0]) / 2, rtol=1e-9)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 1000))
def test_total_effects_sum_to_at_least_one(seed):
    effects = total_effect(np.random.RandomState(seed).normal(size=(60, 4)), (3, 4, 5))
    assert (effects.sum(axis=1) >= 1 - 1e-12).all()
    assert ((effects >= 0) & (effects <= 1 + 1e-12)).all()


# ---- what has no value


def test_factors_of_one_class_and_constant_targets_have_no_value():
    targets = np.stack([np.arange(6.0), np.full(6, 0.1)], axis=1).astype(np.float32)
    rows = diagnose(targets, (1, 6), ("colour", "x"))
    assert [(row["task"], row["factor"]) for row in rows] == [
        (1, "colour"),
        (1, "x"),
        (2, "colour"),
        (2, "x"),
    ]
    assert [row["total_effect"] for row in rows] == [None, pytest.approx(1.0), None, None]
    assert [row["lag_autocorrelation"] is None for row in rows] == [True, False, True, True]


@pytest.mark.parametrize("shape", [(5, 1), (6,), (0, 1)])
def test_targets_of_no_complete_grid_are_refused(shape):
    with pytest.raises(
        ValueError, match=r"complete grid: 6 rows for classes \[2, 3\].*without holes"
    ):
        total_effect(np.zeros(shape), (2, 3))


# ---- tasks


@pytest.mark.parametrize("subsets", ["halves", "grow", "pairs", "triples", "random"])
def test_tasks_have_effects_of_exactly_the_factors_that_they_see(subsets):
    sizes = (2, 3, 1, 3, 2, 2)
    spec = Tasks(count=6, subsets=subsets, hidden_layers=2, hidden_size=10)
    targets = make_targets(np.stack(grid_axes(*sizes), axis=1), spec)
    seen = factor_masks((True, True, False, True, True, True), spec)
    effects = total_effect(targets, sizes)
    assert np.isnan(effects[:, 2]).all()
    varying = [0, 1, 3, 4, 5]
    assert ((effects > 1e-9) == seen)[:, varying].all()


def lines_along(grid, factor, rows, random):
    """Factor values (L·n, K) of L complete lines along one factor.

    Each other factor's classes equally often.
    """
    size = grid.sizes[factor]
    lines = max(1, rows // size)
    spread = [random.permutation(np.resize(random.permutation(v), lines)) for v in grid.values]
    values = np.stack([np.repeat(column, size) for column in spread], axis=1)
    values[:, factor] = np.tile(grid.values[factor], lines)
    return values


def estimated(grid, rows=2000):
    """Both measures (2, K), means over the paper's ten tasks, estimated from complete lines of the
    grid.
    """
    random = np.random.RandomState(0)
    targets = [
        make_targets(lines_along(grid, k, rows, random), Tasks()) for k in range(len(grid.names))
    ]
    everything = np.concatenate(targets)
    found = np.full((2, len(grid.names)), np.nan)
    for factor, target in enumerate(targets):
        # Lines are a grid of (line, factor), whose mean and variance are exchanged for those of all
        # rows.
        sizes = (len(target) // grid.sizes[factor], grid.sizes[factor])
        share = target.var(axis=0) / everything.var(axis=0)
        offset = (target.mean(axis=0) - everything.mean(axis=0)) ** 2 / everything.var(axis=0)
        found[0, factor] = (lag_autocorrelation(target, sizes)[:, 1] * share + offset).mean()
        found[1, factor] = (total_effect(target, sizes)[:, 1] * share).mean()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dataset", GRIDS)
def test_the_papers_tasks_are_as_smooth_and_depend_as_measured_with_the_released_code(dataset):
    grid = GRIDS[dataset]
    references = reference_values().query("dataset == @dataset")
    varying = [k for k, size in enumerate(grid.sizes) if size > 1]
    found = estimated(grid)[:, varying]
    for row, measure in enumerate(("lag_autocorrelation", "total_effect")):
        expected = references[references["measure"] == measure]
        assert expected["factor"].tolist() == [grid.names[k] for k in varying]
        # Lines are sampled: the complete grids, 50 to 75 s each, come within 0.02.
        np.testing.assert_allclose(found[row], expected["reference"], rtol=0, atol=0.03)


# ---- the table and the figure


@cache
def complete(**tasks):
    return stage(None, **tasks)


def stage(subgrid, **tasks):
    """The result of the stage on the targets of a dataset.

    Small networks, so that it takes no time.
    """
    fields = {"dataset": {"name": "dsprites_rendered", "subgrid": subgrid or {}}, "tasks": tasks}
    spec = Targets.parse(fields)
    grid = spec.dataset.grid
    quick = spec.tasks.model_copy(update={"hidden_layers": 1, "hidden_size": 4})
    rows = long_rows(
        diagnose(make_targets(grid_rows(grid, 0, grid.count)[1], quick), grid.sizes, grid.names)
    )
    return StageResult(
        identify(spec), {"stage": "task_diagnostics", "parent": spec.resolved()}, rows, {}
    )


SUBGRID = {"orientation": 5, "posX": 4, "posY": 4}
NO_RUNS = pd.DataFrame()


def texts(figure):
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def words(figure):
    return "\n".join(text.get_text() for text in texts(figure))


def scaled_stages():
    return [stage(SUBGRID, input_scaling=scaling) for scaling in ("standardised", "raw", "unit")]


def test_table_holds_means_over_tasks_of_every_scaling():
    stages = scaled_stages()
    made = table.make(NO_RUNS, stages)
    assert made["column"].drop_duplicates().tolist() == ["raw", "unit", "standardised"]
    assert made["row"].drop_duplicates().tolist() == list(DSPRITES.names[1:])
    values = [
        r["value"] for r in stages[1].rows if (r["metric"], r["key"]) == ("total_effect", "posX")
    ]
    line = made.query("key == 'total_effect' and column == 'raw' and row == 'posX'").iloc[0]
    assert line[["mean", "sd", "n"]].tolist() == pytest.approx(
        [np.mean(values), np.std(values, ddof=1), 10]
    )
    assert made.equals(table.make(NO_RUNS, [*reversed(stages), stages[0]]))


def test_table_leaves_out_factors_of_one_class_and_counts_tasks_without_variance():
    result = stage(SUBGRID)
    constant = [row | {"value": None} if row["task"] == 3 else row for row in result.rows]
    made = table.make(NO_RUNS, [replace(result, rows=constant)])
    assert made["row"].drop_duplicates().tolist() == list(DSPRITES.names[1:])
    assert set(made["n"]) == {9}
    assert set(made["failed"]) == {1}
    assert "class have no value" in table.CAPTION


@pytest.mark.slow
def test_references_stand_beside_raw_inputs_and_are_compared_on_the_complete_grid_only():
    part = table.make(NO_RUNS, scaled_stages())
    assert not part["comparable"].any()
    assert part["difference"].isna().all()
    assert set(part.loc[part["published_mean"].notna(), "column"]) == {"raw"}
    assert (
        part.query("column == 'raw' and row == 'scale' and key == 'total_effect'")[
            "published_mean"
        ].item()
        == 0.34
    )
    assert set(part.query("column == 'raw'")["note"]) == {"a part of the grid"}
    whole = table.make(NO_RUNS, [complete()])
    known = whole[whole["published_mean"].notna()]
    assert len(known) == 10
    assert known["comparable"].all()
    np.testing.assert_allclose(known["difference"], known["mean"] - known["published_mean"])
    other = table.make(NO_RUNS, [complete(weight_std=0.5)])
    assert not other["comparable"].any()
    assert other["published_mean"].isna().all()
    assert set(other["note"]) == {"unlike the paper: weight_std=0.5"}


def test_the_table_can_be_rendered():
    text = markdown(table.make(NO_RUNS, [*scaled_stages(), complete()]), table.CAPTION)
    assert "nan" not in text
    assert "| raw | unit | standardised |" in text
    assert "†" in text
    assert "over (n) tasks" in text
    assert "over (n) seeds" not in text


def test_the_stored_references_are_of_factors_that_vary_each_once():
    references = reference_values()
    assert not references.duplicated(["dataset", "factor", "measure"]).any()
    for dataset, grid in GRIDS.items():
        varying = {name for name, size in zip(grid.names, grid.sizes, strict=True) if size > 1}
        assert set(references.loc[references["dataset"] == dataset, "factor"]) == varying
    assert references["reference"].between(0, 1).all()


CASES = {
    "three scalings": scaled_stages,
    "complete grid": lambda: [complete(), complete(input_scaling="standardised")],
    "one task": lambda: [stage(SUBGRID, count=1)],
    "two datasets": lambda: [*scaled_stages(), complete(), stage(SUBGRID, subsets="pairs")],
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_figure_has_all_its_points_and_no_text_covers_another(case):
    stages = CASES[case]()
    drawn = figure.draw(NO_RUNS, stages)
    with style.settings():
        drawn.canvas.draw()
    points = sum(
        len(line.get_xdata())
        for axes in drawn.axes
        for line in axes.lines
        if line.get_marker() == "o"
    )
    assert points == sum(row["value"] is not None for result in stages for row in result.rows)
    assert all(
        axes.get_ylabel() and axes.get_xlabel() and "n = " in axes.get_title()
        for axes in drawn.axes
    )
    boxes = [text.get_window_extent().padded(-1) for text in texts(drawn)]
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if Bbox.intersection(a, b)]
    assert all(drawn.bbox.padded(2).containsx(x) for box in boxes for x in box.intervalx)


def test_titles_break_between_fields():
    title = figure.draw(NO_RUNS, [stage(SUBGRID, count=1)]).axes[0].get_title()
    pieces = [piece for line in title.splitlines() for piece in line.removesuffix(",").split(", ")]
    assert pieces[0] == "dSprites (rendered)"
    assert {f"subgrid: {name} = {count}" for name, count in SUBGRID.items()} <= set(pieces)


@pytest.mark.slow
def test_figure_says_what_is_comparable():
    assert "not comparable" in words(figure.draw(NO_RUNS, scaled_stages()))
    whole = words(figure.draw(NO_RUNS, [complete()]))
    assert "measured by others" in whole
    assert "not comparable" not in whole
    assert "measured" not in words(figure.draw(NO_RUNS, [complete(input_scaling="unit")]))
    assert (
        words(figure.draw(NO_RUNS, [complete()])).count("one class") == 2
    )  # colour, in both panels


@pytest.mark.parametrize("function", [table.make, figure.draw])
def test_nothing_to_show_is_an_error(function):
    with pytest.raises(ValueError, match="nothing to draw"):
        function(NO_RUNS, [])


@pytest.mark.parametrize("module", [table, figure])
def test_captions_say_what_to_look_for(module):
    assert module.STAGES == ("task_diagnostics",)
    assert module.CAPTION.endswith(".")
    for expected in ("section 3.1", "chaotic regime", "Look "):
        assert expected in module.CAPTION
