"""What theory expects of the axes of a run's codes, from its spec alone.

*Symmetry*: where the encoder ends in a linear layer and all that reads the codes begins with one,
loss and gradients keep to a rotation of the codes. Gradient descent, with momentum and weight decay
or without, from normal initial values then gives codes that are as likely after any rotation: no
axis can be preferred, however many tasks there are (proved by tests/unit/training/
test_rotation_theorem.py; exact but for rounding). What breaks it is named. Broken says that an axis
may be preferred, not that it will be, nor that it will be a factor's.

*Counts*: what identifiability asks of tasks, whose conditions here are necessary and not enough.
Codes are determined up to a linear map by no fewer tasks than they have dimensions (Roeder et al.
2021, arXiv 2007.00810, where tasks are the classes); counted are the factors instead, the
fewest dimensions that hold them. Permutation and scale alone are left where each task's head is
linear and reads as few codes as it can, and for each factor the tasks that do without it see all
others between them (Lachapelle et al. 2023, arXiv 2211.14666, "sufficient support variability";
Fumero et al. 2023, arXiv 2304.07939, learns such heads). No kind here has sparse heads.
"""

from collections.abc import Iterator
from functools import lru_cache
from random import Random as Draws
from typing import NamedTuple

from mtdis.specs.models._hard_sharing_run import RegularisedRun
from mtdis.specs.models.random import Random
from mtdis.specs.models.supervised import Supervised
from mtdis.specs.run import ActivatedRun, EncoderRun, HeadedRun, Run, TrainedRun
from mtdis.specs.tasks import MASK_SEED, factor_groups

EXACT = "O(d)"
"""The symmetry that is kept: all rotations and reflections of d codes."""
AXES = {"ground_truth": "factors", "pca": "variance"}
"""Kind → what its axes are by construction."""
DRAWN = ("linear_mix", "noise")
"""Kinds whose codes are drawn so that no rotation changes how likely they are."""
DIAGONAL = ("vae", "factor_vae")
TASKS = ("multi_head", "one_head", "single_task", "supervised")
LINEAR = ("random", "untrained", *TASKS, "autoencoder", *DIAGONAL)
"""Kinds whose codes end in a linear layer, unless a field says otherwise, and are read by such."""
UNKNOWN = "unknown"
"""What is said of the symmetry of other kinds."""
FEWER = "fewer tasks than factors"
UNSEEN = "factors that no task depends on"
NOT_APART = "factors that no choice of tasks tells apart"
Supports = tuple[frozenset[int], ...]


class Counts(NamedTuple):
    """What tasks there are for the factors that vary."""

    tasks: int
    """Of one network."""
    factors: int
    seen: int | None
    """Factors that some task depends on; None where a subset is drawn anew."""
    apart: bool | None
    """Whether for each factor the tasks without it see all others."""


def symmetry(run: Run) -> str:
    """The symmetry that a run keeps in the shortest words: `O(d)`, `not O(d): adam`, `axes of
    factors`; UNKNOWN of a kind that is not named here.
    """
    kind = run.name()
    if kind in AXES:
        return f"axes of {AXES[kind]}"
    if kind not in (*DRAWN, *LINEAR):
        return UNKNOWN
    broken = tuple(breaks(run))
    return f"not {EXACT}: {', '.join(broken)}" if broken else EXACT


def breaks(run: Run) -> Iterator[str]:
    """What in a run of a kind of DRAWN or LINEAR knows the axes of its codes."""
    if isinstance(run, TrainedRun) and run.optimiser == "adam":
        yield "adam"
    if isinstance(run, EncoderRun) and run.initialisation != "gaussian":
        yield "uniform initialisation"  # of `released` that of biases and heads
    if isinstance(run, ActivatedRun) and run.latent_activation != "none":
        yield f"{run.latent_activation} codes"
    if isinstance(run, Random) and run.scaling == "standardised":
        yield "standardised codes"  # each by its own spread
    if isinstance(run, RegularisedRun) and run.code_penalty:
        yield "L1 on the codes"
    if run.name() in DIAGONAL:
        yield "diagonal posterior"
    if getattr(run, "gamma", 0):
        yield "total correlation"


def counts(run: Run) -> Counts | None:
    """The counts of a run's first network; None for one that learns neither tasks nor factors."""
    varying = tuple(size > 1 for size in run.dataset.sizes)
    of_tasks: Supports | None
    if isinstance(run, Supervised):
        of_tasks = tuple(frozenset([place]) for place in run.learned_factors)
        learned = tuple(range(1, run.target_count + 1))
    elif isinstance(run, HeadedRun) and (learned := run.trained_tasks(run.networks[0])):
        of_tasks = supports(run.tasks.subsets, run.tasks.count, varying)
    else:
        return None
    if of_tasks is None:
        return Counts(len(learned), sum(varying), None, None)
    own = [of_tasks[task - 1] for task in learned]
    factors = frozenset(place for place, varies in enumerate(varying) if varies)
    without = {
        factor: frozenset().union(*(s for s in own if factor not in s)) for factor in factors
    }
    apart = all(found == factors - {factor} for factor, found in without.items())
    return Counts(len(own), len(factors), len(frozenset().union(*own)), apart)


def unmet(found: Counts) -> tuple[str, ...]:
    """The conditions that the counts do not meet; of subsets that are drawn anew, the first
    alone.
    """
    fewer = found.tasks < found.factors
    unseen = found.seen is not None and found.seen < found.factors
    said = {FEWER: fewer, UNSEEN: unseen, NOT_APART: found.apart is False}
    return tuple(text for text, holds in said.items() if holds)


def counts_text(found: Counts) -> str:
    """The counts in words: `4 tasks < 5 factors, which see 5 of them, not apart`."""
    tasks = f"{found.tasks} task{'s' * (found.tasks != 1)}"
    relation = "<" if found.tasks < found.factors else "≥"
    said = f"{tasks} {relation} {found.factors} factors"
    if found.seen is None:
        return f"{said}; subsets drawn"
    return f"{said}; {found.seen} seen, {'' if found.apart else 'not '}apart"


@lru_cache(maxsize=1024)  # a study has few of them and many runs
def supports(subsets: str, count: int, varying: tuple[bool, ...]) -> Supports | None:
    """The varying factors that each of the tasks depends on, as mtdis.data.tasks.factor_masks has
    them; None where all are constant, or the first of random subsets, which is drawn anew there.
    """
    there = frozenset(place for place, varies in enumerate(varying) if varies)
    if subsets in ("random", "positions"):
        masks = _random_masks(count, len(varying))
        if not there or not masks[0] & there:
            return None
        masks = [mask if mask & there else _another(t, varying) for t, mask in enumerate(masks)]
    else:
        groups = factor_groups(subsets, len(varying))
        masks = [frozenset(groups[task % len(groups)]) for task in range(count)]
    if subsets == "positions":  # a mask's zeros and ones as positions
        masks = [frozenset([1] if len(mask) == len(varying) else [0, 1]) for mask in masks]
    return tuple(mask & there for mask in masks)


def _random_masks(count: int, factors: int) -> list[frozenset[int]]:
    """The draws of numpy's RandomState(MASK_SEED): the generator is Python's (MT19937), its state
    from a seed is not.
    """
    state = [MASK_SEED]
    for place in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + place) % 2**32)
    draws = Draws()
    draws.setstate((3, (*state, 624), None))
    return [_mask(draws, factors) for _ in range(count)]


def _another(task: int, varying: tuple[bool, ...]) -> frozenset[int]:
    """The draws of RandomState([MASK_SEED, task]), task from 1, until a factor varies: Python seeds
    with the words of a number as numpy does with a list.
    """
    draws = Draws(MASK_SEED + (task << 32))
    while True:
        mask = _mask(draws, len(varying))
        if any(varying[factor] for factor in mask):
            return mask


def _mask(draws: Draws, factors: int) -> frozenset[int]:
    return frozenset([factor for factor in range(factors) if draws.random() > 0.5])
