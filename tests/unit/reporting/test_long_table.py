"""What a row of the long table says of its run: which fields make it unlike the paper's."""

from typing import Any

import pytest

from mtdis.reporting.long_table import unlike, unlike_metric
from mtdis.specs.run import Run

PAPER: dict[str, Any] = {"kind": "multi_head", "dataset": "dsprites_rendered", "seed": 7}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ""),
        ({"seed": 3}, ""),
        ({"torch_threads": 4}, ""),
        ({"learning_rate": 1e-4}, "learning_rate=0.0001"),
        ({"tasks": {"seed": 1}}, "tasks.seed=1"),
        ({"head_layers": [64, 64]}, "head_layers=64 64"),
        ({"keep_codes": "test"}, "keep_codes=test"),
        ({"dataset": {"name": "dsprites_rendered", "image_size": 32}}, "dataset.image_size=32"),
    ],
)
def test_only_what_changes_a_result_makes_it_unlike_the_paper(
    change: dict[str, Any], expected: str
) -> None:
    assert unlike(Run.from_fields(PAPER | change)) == expected


def test_a_version_of_our_code_is_no_difference_from_the_paper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Run.member("multi_head"), "version", 2)
    assert unlike(Run.from_fields(PAPER)) == ""


def test_settings_of_a_metric_are_named_without_its_name() -> None:
    assert unlike_metric("dci", "dci") == ""
    assert unlike_metric("sap+version=2", "sap") == ""
    assert (
        unlike_metric("dci+num_train=2000+num_test=1000", "dci") == "num_train=2000, num_test=1000"
    )
