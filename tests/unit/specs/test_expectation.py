"""What theory expects: which symmetry a run keeps, and which counts hold."""

from typing import Any, get_args

import numpy as np
import pytest
from helpers.small_study import DATASET, FIELDS

from mtdis.data.tasks import factor_masks
from mtdis.discover import members
from mtdis.specs.expectation import (
    AXES,
    DRAWN,
    FEWER,
    LINEAR,
    NOT_APART,
    UNKNOWN,
    UNSEEN,
    Counts,
    counts,
    counts_text,
    supports,
    symmetry,
    unmet,
)
from mtdis.specs.models.multi_head import MultiHead
from mtdis.specs.run import Run
from mtdis.specs.tasks import Tasks

FREE: dict[str, Any] = {"optimiser": "sgd", "initialisation": "gaussian"}


def run_of(kind: str, **fields: Any) -> Run:
    cls = Run.member(kind)
    read = {k: v for k, v in fields.items() if k in cls.model_fields}
    batch = {"batch_size": 16} if "batch_size" in cls.model_fields else {}
    return cls.parse(FIELDS | batch | read)


PAIRS = {"count": 6, "subsets": "pairs"}


@pytest.mark.parametrize("kind", [*DRAWN, *LINEAR])
def test_nothing_that_treats_directions_alike_breaks_the_symmetry(kind: str) -> None:
    """But the posterior of VAEs, which has axes."""
    same = {"momentum": 0.9, "weight_decay": 1.0, "code_noise": 0.3, "task_weighting": "variance"}
    expected = {
        "vae": "not O(d): diagonal posterior",
        "factor_vae": "not O(d): diagonal posterior, total correlation",
    }
    assert symmetry(run_of(kind, **FREE, **same)) == expected.get(kind, "O(d)")


@pytest.mark.parametrize(
    ("fields", "broken"),
    [
        ({"optimiser": "adam"}, "adam"),
        ({"initialisation": "pytorch"}, "uniform initialisation"),
        ({"initialisation": "released"}, "uniform initialisation"),
        ({"latent_activation": "relu", "code_penalty": 0.1}, "relu codes, L1 on the codes"),
    ],
)
def test_what_breaks_it_is_named(fields: dict[str, Any], broken: str) -> None:
    assert symmetry(run_of("multi_head", **FREE | fields)) == f"not O(d): {broken}"


def test_controls_break_it_where_they_start() -> None:
    assert symmetry(run_of("random")) == "not O(d): uniform initialisation"
    assert symmetry(run_of("pca")) == "axes of variance"
    assert symmetry(run_of("ground_truth")) == "axes of factors"


def test_the_kinds_that_are_named_are_there() -> None:
    """A kind of one's own is not: nothing is known of its loss."""
    assert {*AXES, *DRAWN, *LINEAR} <= set(members("models"))

    class Own(MultiHead):
        """Would be in a file of its own."""

    Own.__module__ = "mtdis.specs.models.own_kind"
    assert symmetry(Own.parse(FIELDS | FREE | {"batch_size": 16})) == UNKNOWN


@pytest.mark.parametrize("subsets", get_args(Tasks.model_fields["subsets"].annotation))
@pytest.mark.parametrize("varying", [(True,) * 5, (True, True, False, True, False, True, True)])
def test_supports_are_the_masks_of_the_tasks(subsets: Any, varying: tuple[bool, ...]) -> None:
    spec = Tasks(count=12, subsets=subsets)
    masks = factor_masks(varying, spec) & np.array(varying)
    expected = tuple(frozenset(np.flatnonzero(mask).tolist()) for mask in masks)
    assert supports(subsets, 12, varying) == expected


def test_a_subset_of_constants_is_drawn_anew_but_not_the_first() -> None:
    """Which numpy seeds by a list that ends in zero."""
    varying = (False, False, False, True)
    masks = factor_masks(varying, Tasks(count=40, subsets="random"))
    assert masks[:, 3].all()  # that of about half of them is one of constants at first
    assert supports("random", 40, varying) == (frozenset([3]),) * 40
    assert supports("random", 12, (True, False)) is None


def test_all_factors_are_seen_where_tasks_take_all() -> None:
    found = counts(run_of("multi_head", tasks={"subsets": "all"}))
    assert found == Counts(tasks=10, factors=5, seen=5, apart=False)


@pytest.mark.parametrize(
    ("kind", "tasks", "text"),
    [
        ("multi_head", {"count": 4}, "4 tasks < 5 factors; 5 seen, not apart"),
        ("single_task", {"count": 4}, "1 task < 5 factors; 5 seen, not apart"),
        ("one_head", {"count": 1, "subsets": "halves"}, "1 task < 5 factors; 2 seen, not apart"),
        ("multi_head", PAIRS, "6 tasks ≥ 5 factors; 5 seen, not apart"),
        ("multi_head", {"count": 20, "subsets": "random"}, "20 tasks ≥ 5 factors; 5 seen, apart"),
        ("supervised", {}, "5 tasks ≥ 5 factors; 5 seen, apart"),
    ],
)
def test_counts_in_words(kind: str, tasks: dict[str, Any], text: str) -> None:
    found = counts(run_of(kind, tasks=tasks))
    assert found is not None
    assert counts_text(found) == text
    said = {FEWER: "<" in text, UNSEEN: "5 seen" not in text, NOT_APART: "not apart" in text}
    assert unmet(found) == tuple(words for words, holds in said.items() if holds)


def test_what_learns_no_tasks_has_no_counts() -> None:
    assert [counts(run_of(kind)) for kind in ("random", "untrained", "vae")] == [None] * 3
    assert DATASET["name"] == "dsprites_rendered"  # of five factors that vary
