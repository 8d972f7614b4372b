"""Factors read from unseen combinations: codes that compose, codes that know combinations by heart,
and runs that have seen them all.
"""

from typing import Any

import numpy as np
import pytest

from mtdis.data.split import split_combinations
from mtdis.errors import ConfigError
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.stages.unseen_combinations import UnseenCombinations
from mtdis.stages.unseen_combinations import outcome
from mtdis.study import Study

SIZES = {"shape": 3, "scale": 6, "posX": 8}
NAMES = ["color", *SIZES]
HELD_OUT = ["shape", "scale"]
PARENT = {"kind": "random", "dataset": "dsprites_rendered", "seed": 1}


def stage(**fields: Any) -> UnseenCombinations:
    parent = PARENT | {"held_out": HELD_OUT}
    found = Stage.from_fields(
        {"stage": "unseen_combinations", "parent": parent, "network": "random"} | fields
    )
    assert isinstance(found, UnseenCombinations)
    return found


def classes() -> np.ndarray[Any, np.dtype[np.int64]]:
    """Ten images of each combination, of a constant factor as well."""
    grid = np.indices((1, *SIZES.values(), 10)).reshape(5, -1).T
    return grid[:, :4]


def found(codes: np.ndarray[Any, Any], **fields: Any) -> Any:
    factors = classes()
    split = split_combinations(factors[:, 1:3], 123, HELD_OUT)
    seen, unseen = ((codes[split[part]], factors[split[part]]) for part in ("train", "test"))
    return outcome(stage(**fields), seen, unseen, NAMES)


def values(result: Any) -> dict[str, float]:
    return {row["key"]: row["value"] for row in result.rows}


def one_hot() -> np.ndarray[Any, np.dtype[np.float64]]:
    """A code for each class of each factor."""
    columns = zip(classes().T[1:], SIZES.values(), strict=True)
    noise = 0.01 * np.random.default_rng(0).standard_normal((len(classes()), 1))
    return np.hstack([noise, *(np.eye(size)[column] for column, size in columns)])


def test_codes_that_compose_lose_nothing() -> None:
    result = values(found(one_hot()))
    assert result["seen"] == result["unseen"] == 1
    assert result["gap"] == result["gap_others"] == 0
    assert result["chance"] < 0.5


@pytest.mark.parametrize("readout", ["logistic", "trees"])
def test_codes_that_know_combinations_by_heart_lose_all(readout: str) -> None:
    """A code drawn for each pair of shape and scale says nothing of a pair that was not seen."""
    pair = classes()[:, 1] * 6 + classes()[:, 2]
    by_heart = np.random.default_rng(1).standard_normal((18, 17))[pair]
    codes = np.hstack([by_heart, one_hot()[:, -8:]])
    result = values(found(codes, readout=readout))
    assert result["seen"] == 1
    assert result["unseen"] < 0.5
    assert result["gap"] == result["seen"] - result["unseen"]
    assert result["unseen_others"] > 0.99  # where the pair plays no part


def test_arrays_are_of_each_factor_and_count_the_images() -> None:
    result = found(one_hot(), labels=300, test_rows=50)
    assert result.arrays["rows"].tolist() == [300, 50, 50]
    assert result.arrays["factors"].tolist() == [name.encode() for name in NAMES]
    assert result.arrays["held_out"].tolist() == [False, True, True, False]
    assert np.isnan(result.arrays["seen"]).tolist() == [True, False, False, False]


def test_at_most_half_of_the_seen_images_are_learned_from() -> None:
    learned, again, _ = found(one_hot()).arrays["rows"]
    assert learned == again


def test_a_run_that_has_seen_all_combinations_is_refused() -> None:
    with pytest.raises(ConfigError, match="the run has seen all; give it held_out"):
        stage(parent=PARENT)
    with pytest.raises(ConfigError, match="set keep_codes: all"):
        stage(parent=PARENT | {"held_out": HELD_OUT, "keep_codes": "test"})
    stages = {"unseen_combinations": {}}
    config = {"name": "t", "metrics": {"mig": {}}, "experiments": {"one": PARENT}}
    with pytest.raises(ConfigError, match="no network that it could stand on"):
        Study.from_config(config | {"experiments": {"one": PARENT | {"stages": stages}}})
    assert UnseenCombinations.fits(Run.from_fields(PARENT | {"held_out": HELD_OUT}))


def test_too_few_kept_codes_are_named() -> None:
    none = np.zeros((0, 2)), np.zeros((0, 4), np.int64)
    with pytest.raises(ConfigError, match="the run keeps 0 and 0"):
        outcome(stage(), none, none, NAMES)
