"""What every `score_rotated` must hold: each metric of `mtdis/metrics/` that defines one is
found.
"""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest

from mtdis.metrics import factor_table
from mtdis.scoring.transforms import rotation

from .test_metrics import METRICS, grid, mixed_codes, quick, spec_of

ROTATED = {name: module for name, module in METRICS.items() if hasattr(module, "score_rotated")}
EXACT = {"dci"}
"""Trees see float32, so that a last bit of a rotated code is nothing to them."""


@pytest.fixture(params=ROTATED)
def metric(request: pytest.FixtureRequest) -> ModuleType:
    return ROTATED[request.param]


def turns(dimensions: int, count: int) -> list[np.ndarray]:
    return [rotation(dimensions, np.random.default_rng(seed)) for seed in range(count)]


def settings(metric: ModuleType, **fields: float):
    return spec_of(metric)(**quick(metric), **fields)


def tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Codes and factors: a grid, one with a dead code and shuffled rows, more codes than are
    independent.
    """
    codes, rows = mixed_codes(), np.random.default_rng(1).permutation(len(grid()))[:50]
    dead = codes * [1, 1, 0, 1]
    return {
        "grid": (codes, grid()),
        "shuffled": (dead[rows], grid()[rows]),
        "rank 2": (codes[:, [0, 1, 0, 1]] * [1.0, 0.3, 2.0, 0.04], grid()),
        "float32": (codes.astype(np.float32), grid()),
    }


def test_the_metrics_of_the_study_have_one() -> None:
    assert {"mig", "factor_vae", "sap", "dci", "modularity", "irs", "beta_vae"} <= set(ROTATED)


@pytest.mark.parametrize("name", tables())
def test_values_are_those_of_the_rotated_codes(metric: ModuleType, name: str) -> None:
    codes, factors = tables()[name]
    table, chosen = factor_table(factors), settings(metric)
    found = list(metric.score_rotated(codes, table, chosen, iter(turns(codes.shape[1], 4))))
    wanted = [metric.score(codes @ turn, table, chosen) for turn in turns(codes.shape[1], 4)]
    if metric.__name__.rpartition(".")[2] in EXACT:
        assert found == wanted
    else:
        assert [list(one) for one in found] == [list(metric.KEYS)] * 4
        for one, other in zip(found, wanted, strict=True):
            assert one == pytest.approx(other, abs=1e-9, rel=0)


def test_a_rotation_is_made_when_its_score_is_asked_for(metric: ModuleType) -> None:
    made = []

    def lazily() -> Iterator[np.ndarray]:
        for turn in turns(4, 3):
            made.append(turn)
            yield turn

    scores = iter(
        metric.score_rotated(mixed_codes(), factor_table(grid()), settings(metric), lazily())
    )
    next(scores)
    assert len(made) == 1


def test_bad_input_is_named_as_by_score(metric: ModuleType) -> None:
    codes = np.where(np.arange(60)[:, None] * [0, 1] > 57, np.nan, 1.0)
    with pytest.raises(ValueError, match=r"2 codes .* columns \[1\]"):
        list(metric.score_rotated(codes, grid(), settings(metric), turns(2, 1)))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.45])
def test_factor_vae_leaves_the_same_codes_out(threshold: float) -> None:
    metric = METRICS["factor_vae"]
    codes, chosen = 0.5 * mixed_codes(), settings(metric, prune_threshold=threshold)
    found = list(metric.score_rotated(codes, grid(), chosen, turns(4, 8)))
    assert found == [metric.score(codes @ turn, grid(), chosen) for turn in turns(4, 8)]
    counts = {one["num_active_dims"] for one in found}
    assert len(counts) > 1 or threshold == 0.0
