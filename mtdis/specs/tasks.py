"""The settings of the regression tasks: random MLPs of the true factors (paper, section 3.1 and
appendix H).
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Literal

from pydantic import Field

from mtdis.specs.base import Spec

MASK_SEED = 11
"""Seed of the random factor subsets in the released code; the paper names none."""


class Tasks(Spec):
    """The random functions of the factors that the networks learn."""

    count: int = Field(
        10, ge=1, le=1000, description="number of tasks; asking for 20 keeps the first 10"
    )
    subsets: Literal["all", "random", "halves", "grow", "pairs", "triples", "positions"] = Field(
        "all",
        description=(
            "which factors each task depends on (appendix H; grow, pairs and triples: released code"
            " only). positions: the released code's mistake, which takes a mask's zeros and ones as"
            " the positions of factors, so that tasks see the first two factors whatever the mask"
        ),
    )
    input_scaling: Literal["raw", "unit", "standardised"] = Field(
        "raw",
        description="scale of the factor values given to the task networks; the paper's are raw",
    )
    weight_std: float = Field(1.0, gt=0, description="standard deviation of the normal weights")
    hidden_layers: int = Field(4, ge=1, le=20, description="hidden layers of a task network")
    hidden_size: int = Field(300, ge=1, le=4096, description="units of each hidden layer")
    activation: Literal["tanh", "relu"] = Field(
        "tanh", description="non-linearity of the hidden layers"
    )
    seed: int = Field(
        658, ge=0, lt=2**32, description="seed of the task networks; 658 made the paper's"
    )


def factor_groups(subsets: str, factors: int) -> list[range]:
    """The groups of the K factors, constant ones counted, that tasks 1, 2, … see in turn and then
    again.

    `all`: one group; `halves`: the first ⌊K/2⌋ factors, then the others (appendix H). The released
    code's: `grow`: the first 2, the first 3, … all K; `pairs` and `triples`: ⌊K/2⌋ and ⌊K/3⌋ groups
    of neighbours, of which the last takes the remainder, so that triples of 6 or 7 factors are
    halves. `positions`: the second factor, which every task sees, and nearly every one the first
    too. `random` has no groups.
    """
    return _GROUPS[subsets](factors)


def constant_group(spec: Tasks, varying: Sequence[bool]) -> range | None:
    """The first group of constant factors that a task would depend on, None if there is none.

    `varying` says which factors have at least two values. Tasks of all factors are never refused.
    """
    if spec.subsets in ("all", "random"):
        return None
    seen = factor_groups(spec.subsets, len(varying))[: spec.count]
    return next((group for group in seen if not any(varying[factor] for factor in group)), None)


def _halves(factors: int) -> list[range]:
    return [range(factors // 2), range(factors // 2, factors)]


def _growing(factors: int) -> list[range]:
    return [range(stop) for stop in range(min(2, factors), factors + 1)]


def _neighbours(factors: int, size: int) -> list[range]:
    starts = range(0, max(1, factors - size + 1), size)
    return [range(start, stop) for start, stop in pairwise([*starts, factors])]


_GROUPS: dict[str, Callable[[int], list[range]]] = {
    "all": lambda factors: [range(factors)],
    "halves": _halves,
    "grow": _growing,
    "pairs": partial(_neighbours, size=2),
    "triples": partial(_neighbours, size=3),
    "positions": lambda factors: [range(1, min(2, factors))],
}
