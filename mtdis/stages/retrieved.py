"""Retrieved factors of the test split: the paper's count (appendix I), and codes matched one to one
with a null.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets, records, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import split_of
from mtdis.randomness import generator
from mtdis.specs.stages.retrieved import Retrieved
from mtdis.stages._rank_correlation import (
    Floats,
    Integers,
    Matched,
    absolute_correlations,
    match,
    permutation_p,
    retrieved,
)


def compute(stage: Retrieved, sources: Sources) -> Outcome:
    """Values of both versions.

    |ρ| (d, K) on all test rows, which factor each code and each pair has, names.
    """
    codes, rows = runs.read_codes(sources.parent, stage.network)
    classes = datasets.read_dataset(sources.dataset, "factors")
    chosen = np.isin(rows, split_of(stage.parent, len(classes), lambda: classes)["test"])
    names = records.read_json(sources.dataset, "mtdis dataset")["names"]
    return outcome(stage, codes[chosen], classes[rows[chosen]], names)


def outcome(
    stage: Retrieved, codes: NDArray[np.float32], factors: NDArray[np.int64], names: list[str]
) -> Outcome:
    """What is kept for codes (n, d) and classes (n, K) of named factors.

    Factors of one class are left out.

    Raises ValueError where no factor varies.
    """
    varying = factors.min(axis=0) < factors.max(axis=0)
    if not varying.any():
        raise ValueError(
            f"each of the factors {', '.join(names)} has one class in the test split; keep more"
            " classes."
        )
    factors = factors[:, varying]
    correlations = absolute_correlations(codes, factors)
    best = retrieved(correlations, len(codes), stage.alpha)
    matched = match(codes, factors, stage.permutations, generator(stage.seed, "retrieved"))
    kept, dropped = (np.array(names, dtype="S")[chosen] for chosen in (varying, ~varying))
    return Outcome(
        rows=[
            *_rows("retrieved", count_values(correlations, best)),
            *_rows("matched", matched_values(matched, stage.alpha)),
        ],
        arrays={
            "correlations": correlations,
            "factor_of_code": best,
            "matched_codes": matched.codes,
        }
        | {
            "matched_factors": matched.factors,
            "held_out": matched.held_out,
            "rows": np.array(len(codes)),
        }
        | {"factors": kept, "constant_factors": dropped},
    )


def count_values(correlations: Floats, best: Integers) -> Iterator[tuple[str, float]]:
    """The paper's values: factors retrieved, and over the codes that retrieve one the mean, sd
    (ddof 0), min and max.

    The paper's means can't be over the factors: for four values from .085 to .270 with a mean of
    .165 its standard deviation of .058 is too small (dSprites, single-task). Without any such code
    only the count, 0, is known.
    """
    codes = np.flatnonzero(best >= 0)
    yield "components", float(len(set(best[codes].tolist())))
    if len(codes):
        found = correlations[codes, best[codes]]
        for name, value in zip(
            ("mean", "std", "min", "max"), (f(found) for f in SPREAD), strict=True
        ):
            yield f"{name}_correlation", float(value)


SPREAD = (np.mean, np.std, np.min, np.max)


def matched_values(matched: Matched, alpha: float) -> Iterator[tuple[str, float]]:
    """Held-out |ρ| of the pairs, what the null gives, and how many pairs pass it.

    A pair passes with a p of at most alpha against the highest |ρ| of each permutation (Westfall
    and Young 1993), so that the chance of any pair passing by luck is at most alpha.
    """
    passed = [permutation_p(value, matched.null_maxima) <= alpha for value in matched.held_out]
    yield "components", float(sum(passed))
    for name, value in zip(
        ("mean", "std", "min", "max"), (f(matched.held_out) for f in SPREAD), strict=True
    ):
        yield f"{name}_correlation", float(value)
    yield "null_mean_correlation", float(matched.null_means.mean())
    yield "null_95_percent_correlation", float(np.quantile(matched.null_means, 0.95))
    yield "p_value", permutation_p(float(matched.held_out.mean()), matched.null_means)


def _rows(metric: str, values: Iterator[tuple[str, float]]) -> Iterator[dict[str, Any]]:
    return ({"metric": metric, "key": key, "value": value} for key, value in values)
