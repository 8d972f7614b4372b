"""Kendall's tau alone and partial, against its formula and a case where nothing is left."""

import numpy as np
import pandas as pd
import pytest

from mtdis.randomness import generator
from mtdis.reporting.statistics.agreement import kendall, partial_kendall


def _common(size: int = 400) -> pd.DataFrame:
    """Two scores that share nothing but the rank of the codes."""
    rng = generator(0, "tests")
    rank = rng.normal(size=size)
    return pd.DataFrame({
        "mig": rank + rng.normal(size=size),
        "dci": rank + rng.normal(size=size),
        "effective_rank": rank,
    })  # fmt: skip


def test_kendall_by_counting_pairs() -> None:
    values = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 3, 2, 4]})
    # five of six pairs agree
    assert kendall(values).loc["a", "b"] == pytest.approx(4 / 6)
    assert kendall(values).loc["a", "a"] == 1


def test_given_one_other_it_is_kendalls_formula() -> None:
    values = _common(60)
    tau = kendall(values)
    x, y, z = values.columns
    expected = (tau.loc[x, y] - tau.loc[x, z] * tau.loc[y, z]) / np.sqrt(
        (1 - tau.loc[x, z] ** 2) * (1 - tau.loc[y, z] ** 2)
    )
    found = partial_kendall(values, ["effective_rank"])
    assert found.loc["mig", "dci"] == pytest.approx(expected)
    assert list(found.columns) == ["mig", "dci"]


def test_agreement_by_rank_alone_shrinks_when_it_is_given() -> None:
    values = _common()
    alone = kendall(values).loc["mig", "dci"]
    given = partial_kendall(values, ["effective_rank"]).loc["mig", "dci"]
    assert alone > 0.25
    assert abs(given) < alone / 2


def test_a_constant_score_agrees_with_nothing() -> None:
    values = pd.DataFrame({"a": [1.0, 2, 3], "b": 1.0, "c": [1.0, 2, 3]})
    assert np.isnan(kendall(values).loc["a", "b"])
    assert np.isnan(partial_kendall(values, ["b"]).loc["a", "c"])
    assert np.isnan(partial_kendall(values.assign(d=values["a"]), ["c"]).loc["a", "d"])
