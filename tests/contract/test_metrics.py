"""What every metric must hold: each module of `mtdis/metrics/` that defines `score` is found and
tested.
"""

import importlib
import pkgutil
import subprocess
import sys
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import mtdis.metrics
from mtdis.discover import constant
from mtdis.scoring.transforms import rotation, whitened
from mtdis.specs.metric import Metric

SIZES = (3, 4, 5)
TEST_SIZE = 200
"""Number of draws used here wherever a metric's default is a larger `num_…`."""

TRANSFORMS = {
    "permutation": lambda codes: codes[:, [2, 0, 3, 1]],
    "sign": lambda codes: codes * np.array([1, -1, -1, 1]),
    "scale": lambda codes: codes * np.array([1e-3, 0.3, 1.7, 20.0]),
}
"""What may leave a score unchanged; a metric's INVARIANCES are names from here."""

CHANCE = {
    "explicitness_score_train": 0.5,
    "explicitness_score_test": 0.5,
    "normalised_jemmig": 0.7,
}
"""What constant codes may reach of a key; of any other it is 0.4, chance among three factors and a
little more.
"""

NATS = {"jemmig"}
"""Errors in nats, that may exceed 1."""

DEPENDENCES = {"unsupervised"}
"""Metrics of how codes depend on each other: 0 is best, and what constant codes get."""


def discover() -> dict[str, ModuleType]:
    names = (info.name for info in pkgutil.iter_modules(mtdis.metrics.__path__))
    modules = {name: importlib.import_module(f"mtdis.metrics.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "score")}


METRICS = discover()


@pytest.fixture(params=METRICS)
def metric(request: pytest.FixtureRequest) -> ModuleType:
    return METRICS[request.param]


def spec_of(metric):
    """The class of the metric's settings."""
    return Metric.member(metric.__name__.rpartition(".")[2])


def quick(metric):
    """The metric's settings that must shrink for a quick test."""
    fields = spec_of(metric).model_fields.items()
    sizes = {n: TEST_SIZE for n, f in fields if n.startswith("num_") and f.default > TEST_SIZE}
    return sizes | ({"repeats": 1} if "repeats" in spec_of(metric).model_fields else {})


def score(metric, codes, factors=None, seed=0):
    settings = spec_of(metric)(seed=seed, **quick(metric))
    return metric.score(codes, grid() if factors is None else factors, settings)


def grid():
    return np.indices(SIZES).reshape(len(SIZES), -1).T


def identity_codes():
    return grid().astype(np.float64)


def mixed_codes():
    """Continuous codes that hold every factor, none of them purely."""
    rng = np.random.RandomState(3)
    x = 2.0 * grid() / np.array(SIZES) - 1
    return np.tanh(x @ rng.standard_normal((len(SIZES), 4))) + 0.3 * rng.standard_normal(
        (len(x), 4)
    )


@cache
def mixed_score(metric):
    return score(metric, mixed_codes())


def test_metrics_are_found():
    assert METRICS
    assert tuple(METRICS) == mtdis.metrics.METRICS
    assert set(METRICS) <= set(mtdis.metrics.__all__) & set(dir(mtdis.metrics))
    with pytest.raises(AttributeError, match=r"no 'mog'; its metrics are beta_vae, dci"):
        _ = mtdis.metrics.mog


@pytest.mark.slow
def test_without_settings_the_spec_gives_the_defaults(metric: ModuleType):
    codes = mixed_codes()
    assert metric.score(codes, grid()) == metric.score(codes, grid(), spec_of(metric)())


def test_keys_are_declared_and_values_are_finite_floats(metric: ModuleType):
    result = mixed_score(metric)
    assert tuple(result) == metric.KEYS
    assert constant("mtdis.metrics", metric.__name__.rpartition(".")[2], "KEYS") == metric.KEYS
    assert all(type(value) is float and np.isfinite(value) for value in result.values())


def goodness(metric: ModuleType, codes: np.ndarray) -> dict[str, float]:
    """Scores of which more is better: an error counts as what it lacks to 1, one in nats as the
    probability of that surprise, and what compares two values is left out.
    """
    values, best = score(metric, codes), spec_of(metric).best
    better = {key: np.exp(-value) if key in NATS else 1 - value for key, value in values.items()}
    compared = getattr(metric, "COMPARISONS", ())
    return {
        key: better[key] if best(key) == "lowest" else value
        for key, value in values.items()
        if key not in compared
    }


@pytest.mark.parametrize("name", sorted(METRICS.keys() - DEPENDENCES))
def test_identity_codes_score_high_and_constant_codes_low(name: str):
    metric = METRICS[name]
    high, low = (goodness(metric, codes) for codes in (identity_codes(), np.full((60, 3), 0.7)))
    for key in high:
        assert -1e-9 <= low[key] <= CHANCE.get(key, 0.4)
        assert high[key] > low[key] + 0.2


@pytest.mark.parametrize("name", sorted(DEPENDENCES))
def test_repeated_codes_depend_on_each_other_and_constant_codes_do_not(name: str):
    metric = METRICS[name]
    repeated, low = (
        score(metric, codes) for codes in (identity_codes()[:, [0, 0, 1]], np.full((60, 3), 0.7))
    )
    assert set(low.values()) == {0.0}
    assert all(value > 0.25 for value in repeated.values())


def test_float32_constant_codes_score_as_low(metric: ModuleType):
    constant = np.full((60, 3), 0.7, np.float32)
    name = metric.__name__.rpartition(".")[2]
    low = (score if name in DEPENDENCES else goodness)(metric, constant)
    assert all(-1e-9 <= value <= CHANCE.get(key, 0.4) for key, value in low.items())


def test_same_seed_same_scores_other_seed_other_draw(metric: ModuleType):
    assert score(metric, mixed_codes()) == mixed_score(metric)
    noise = np.random.RandomState(0).standard_normal((60, 4))  # no score is perfect on it
    assert score(metric, noise, seed=1) != score(metric, noise)


def test_global_generator_is_neither_read_nor_changed(metric: ModuleType):
    np.random.seed(5)
    before = np.random.get_state()
    first = score(metric, mixed_codes())
    after = np.random.get_state()
    assert before[0] == after[0]
    assert before[2:] == after[2:]
    np.testing.assert_array_equal(before[1], after[1])
    assert first == mixed_score(metric), "the score depends on the global generator"


def test_invariances_are_declared(metric: ModuleType):
    assert isinstance(metric.INVARIANCES, frozenset)
    assert metric.INVARIANCES, "declare which of the transforms leave the score unchanged"
    assert set(TRANSFORMS) >= metric.INVARIANCES


@pytest.mark.parametrize(
    ("name", "transform"), [(n, t) for n, m in METRICS.items() for t in sorted(m.INVARIANCES)]
)
def test_declared_invariances_hold(name: str, transform: str):
    metric = METRICS[name]
    assert score(metric, TRANSFORMS[transform](mixed_codes())) == pytest.approx(
        mixed_score(metric), abs=1e-9
    )


@pytest.mark.parametrize("name", [n for n, m in METRICS.items() if "scale" not in m.INVARIANCES])
def test_dependence_on_scale_is_not_hidden(name: str):
    metric = METRICS[name]
    assert score(metric, TRANSFORMS["scale"](mixed_codes())) != pytest.approx(
        mixed_score(metric), abs=1e-3
    )


def test_rotations_are_not_asked_for_where_they_leave_the_score(metric: ModuleType):
    """Of white codes; those drawn are white but for chance."""
    if not spec_of(metric).rotations:
        white = whitened(mixed_codes())
        turned = score(metric, white @ rotation(4, np.random.default_rng(0)))
        assert turned == pytest.approx(score(metric, white), abs=0.05)


def test_incomplete_grid_and_shuffled_rows_are_scored_alike(metric: ModuleType):
    complete = score(metric, identity_codes())
    shuffled = np.random.RandomState(0).permutation(60)
    for kept in (shuffled, np.sort(shuffled[:50])):
        result = score(metric, identity_codes()[kept], grid()[kept])
        assert result == pytest.approx(complete, abs=0.12)


def test_constant_factors_change_nothing(metric: ModuleType):
    factors = np.insert(grid(), [0, 2], 7, axis=1)
    assert score(metric, mixed_codes(), factors) == mixed_score(metric)


def test_class_labels_need_not_start_at_zero(metric: ModuleType):
    factors = (grid() * 3 + 2).astype(np.uint8)
    assert score(metric, mixed_codes(), factors) == mixed_score(metric)


def test_a_table_of_factors_made_once_gives_the_same_scores(metric: ModuleType):
    table = mtdis.metrics.factor_table(3 * grid() + 2)
    table.classes.flags.writeable = False
    assert [score(metric, mixed_codes(), table) for _ in range(2)] == [mixed_score(metric)] * 2


def test_inputs_are_left_alone(metric: ModuleType):
    codes, factors = mixed_codes(), grid()
    codes.flags.writeable = factors.flags.writeable = False
    assert score(metric, codes, factors) == mixed_score(metric)


def score_or_words(metric, codes, factors=None) -> dict[str, float] | str:
    """The scores, or the words with which the metric refuses."""
    try:
        return score(metric, codes, factors)
    except ValueError as error:
        return str(error)


def test_one_code_is_refused_or_defined(metric: ModuleType):
    result = score_or_words(metric, identity_codes()[:, :1])
    if isinstance(result, str):
        assert "codes" in result
    else:
        assert all(np.isfinite(value) for value in result.values())


def test_one_varying_factor_is_refused_or_noise_scores_low_on_it(metric: ModuleType):
    noise = np.random.RandomState(0).standard_normal((100, 3))
    result = score_or_words(metric, noise, np.arange(100)[:, None])
    if isinstance(result, str):
        assert "factors" in result
        return
    apart = getattr(metric, "COMPARISONS", ())
    scores = {k: v for k, v in result.items() if spec_of(metric).best(k) == "highest"}
    high = {key: value for key, value in scores.items() if key not in apart and value >= 0.8}
    assert not high, f"{high} of noise: name what compares codes with each other in COMPARISONS"


@pytest.mark.parametrize(
    ("codes", "factors", "message"),
    [
        (
            np.where(np.arange(60)[:, None] * [0, 1] > 57, np.nan, 1.0),
            grid(),
            r"2 codes .* columns \[1\]",
        ),
        (
            np.where(np.arange(60)[:, None] * [1, 0] > 57, -np.inf, 1.0),
            grid(),
            r"2 codes .* columns \[0\]",
        ),
        (np.full((60, 2), 1e30), grid(), "120 codes .* beyond"),
        (np.ones((60, 2)), np.ones((60, 2), int), "none of the 2 factors"),
        (np.ones((60, 2)), grid()[:50], "60 rows, factors 50"),
        (np.ones((60, 2)), grid() / 2, "integer classes"),
        (np.ones((60, 2), int), grid(), "float32 or float64"),
        (np.ones(60), grid(), r"\(N, d\)"),
        (np.ones((1, 2)), grid()[:1], "at least 2 rows"),
        (np.ones((0, 2)), grid()[:0], "at least 2 rows"),
        (np.ones((60, 0)), grid(), "codes"),
    ],
    ids=[
        "nan",
        "inf",
        "huge",
        "no-factor",
        "rows",
        "classes",
        "dtype",
        "shape",
        "one-row",
        "empty",
        "no-code",
    ],
)
def test_bad_input_is_named(
    metric: ModuleType, codes: np.ndarray, factors: np.ndarray, message: str
):
    with pytest.raises(ValueError, match=message):
        score(metric, codes, factors)


def test_sizes_below_one_are_refused(metric: ModuleType):
    for name in quick(metric):
        with pytest.raises(ValueError, match=name):
            spec_of(metric)(**{name: 0})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("irs", {"diff_quantile": -0.1}),
        ("irs", {"diff_quantile": 1.5}),
        ("irs", {"diff_quantile": float("nan")}),
        ("factor_vae", {"prune_threshold": -1}),
        ("factor_vae", {"prune_threshold": 1.5, "scaling": "standardised"}),
        ("sap", {"solver": "Dual"}),
        ("dci", {"estimator": "trees"}),
        ("mig", {"num_rows": 100}),
        ("mig", {"seed": -1}),
    ],
)
def test_wrong_settings_can_not_be_made(name: str, wrong: dict[str, Any]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Metric.member(name)(**wrong)


def test_no_metric_imports_torch():
    names = ", ".join(f"mtdis.metrics.{name}" for name in METRICS)
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
