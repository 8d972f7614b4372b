"""Every field of every kind and of every stage changes a result: one that nothing reads fails.

Kinds and stages are found by their files, so a user's own, and any field added later, is tried
unnamed. A field that may leave all bytes as they are stands with its reason in
`helpers.read_fields.UNSEEN`; one whose second value can't be guessed, in `OTHERS`.
"""

from pathlib import Path
from typing import Any

import pytest
from helpers.read_fields import UNSEEN, Results, small, small_stage, unread
from pydantic import Field

from mtdis.discover import members
from mtdis.specs.models.multi_head import MultiHead
from mtdis.specs.run import Run, Trainable, TrainedRun
from mtdis.specs.stage import Stage
from mtdis.training.learner import Learner

KINDS, STAGES = members("models"), members("stages")


@pytest.fixture(scope="module")
def results(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return Results(data, tmp_path_factory.mktemp("results"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_field_of_a_kind_is_read(kind: str, results: Results) -> None:
    cls = Run.member(kind)
    assert_read(kind, unread(cls, small(cls), results.content))


@pytest.mark.slow
@pytest.mark.parametrize("name", STAGES)
def test_each_field_of_a_stage_is_read(name: str, results: Results) -> None:
    cls = Stage.member(name)
    assert_read(name, unread(cls, small_stage(cls), results.content))


def assert_read(name: str, forgotten: list[str]) -> None:
    assert not forgotten, (
        f"nothing reads {', '.join(forgotten)} of {name}: two values give the same bytes; use it,"
        " or say in helpers.read_fields.UNSEEN why they may"
    )


def test_a_field_that_nothing_reads_is_found(data: Path, tmp_path: Path) -> None:
    class Forgetful(MultiHead):
        forgotten: int = Field(0, ge=0)

    Forgetful.__module__ = MultiHead.__module__  # where its kind and its name come from
    results = Results(data, tmp_path)
    assert unread(Forgetful, small(Forgetful), results.content, only="forgotten") == ["forgotten"]
    assert unread(Forgetful, small(Forgetful), results.content, only="learning_rate") == []


TRAINED: list[Any] = [
    *(Run.member(kind) for kind in KINDS if issubclass(Run.member(kind), TrainedRun)),
    *(Stage.member(name) for name in STAGES if issubclass(Stage.member(name), Trainable)),
]


@pytest.mark.slow
@pytest.mark.parametrize("cls", TRAINED, ids=lambda cls: cls.name())
def test_a_forgotten_weight_decay_is_found(
    cls: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Learner, "_decay", lambda _: None)
    fields = small(cls) if issubclass(cls, Run) else small_stage(cls)
    found = unread(cls, fields, Results(data, tmp_path).content, only="weight_decay")
    assert found == ["weight_decay"]


def test_what_may_stay_unseen_is_there() -> None:
    """So that no exception outlives its field."""
    specs = [*map(Run.member, KINDS), *map(Stage.member, STAGES)]
    fields = {
        name
        for cls in specs
        for field in cls.model_fields
        for name in (field, f"{cls.name()}.{field}")
    }
    assert set(UNSEEN) <= fields
