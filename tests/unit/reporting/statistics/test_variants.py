"""Variants: other seeds that are zipped with the model's are draws, crossed ones are choices."""

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.statistics import variant_fields, variants
from mtdis.reporting.tables import table5

COLUMNS = ["spec.tasks.seed", "spec.split_seed", "spec.dataset.noise_seed"]


def _frame(column: str, values: dict[int, float]) -> pd.DataFrame:
    """A long table of as many model seeds, a column of which follows them."""
    frame = make_long_table(seeds=tuple(values))
    return frame.assign(**{column: frame["seed"].map(values).astype("float64")})


@pytest.mark.parametrize("column", COLUMNS)
def test_a_zipped_seed_makes_no_variant_and_all_seeds_are_averaged(column: str) -> None:
    zipped = _frame(column, {1: 8, 2: 9, 3: 10})
    assert variant_fields(zipped) == []
    assert set(table5.make(zipped)["n"].dropna()) == {3}


@pytest.mark.parametrize("column", COLUMNS)
def test_several_values_of_one_model_seed_are_variants(column: str) -> None:
    first = _frame(column, {1: 8})
    second = first.assign(run=first["run"] + "+", **{column: 9.0})
    assert [label for label, _ in variants(pd.concat([first, second]))] == [
        {column: 8.0},
        {column: 9.0},
    ]


def test_another_field_that_follows_the_seed_is_a_variant() -> None:
    assert variant_fields(_frame("spec.learning_rate", {1: 0.1, 2: 0.2})) == ["spec.learning_rate"]
