"""Labels, colours and order: from the specs, and sensible where a spec says nothing."""

from collections.abc import Iterator
from importlib import import_module
from typing import ClassVar

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.discover import members
from mtdis.reporting import labels
from mtdis.reporting.drawing import style
from mtdis.reporting.labels import dataset_label, in_words, kinds, row_label, row_place, shown
from mtdis.reporting.tables import all_scores, table5
from mtdis.specs.models.multi_head import MultiHead
from mtdis.specs.run import Run


class PlainKind(MultiHead):
    """A kind that says nothing of how it is shown, built on one that does."""


class FirstKind(MultiHead):
    """A kind that wants to stand first."""

    label: ClassVar[str] = "the first"
    order: ClassVar[int] = 1


NEW: dict[str, type[Run]] = {
    "a_new_kind": PlainKind,
    "first": FirstKind,
    "zebra": PlainKind,
}


@pytest.fixture
def new_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three kinds beside those of the package, as if each had a file."""
    there, member = members("models"), Run.member
    caches = (labels.kinds, labels.row_places, labels.kind_colours)
    monkeypatch.setattr(
        labels, "members", lambda f: (*there, *NEW) if f == "models" else members(f)
    )
    monkeypatch.setattr(Run, "member", staticmethod(lambda k: NEW[k] if k in NEW else member(k)))
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def test_kinds_are_in_the_papers_order() -> None:
    rows = ["random", "single_mean", "single_max", "single_min", "multi_head", "one_head"]
    others = ["autoencoder", "vae", "factor_vae", "ground_truth"]
    assert sorted([*others, *rows], key=row_place) == [*rows, *others]


@pytest.mark.usefixtures("new_kinds")
def test_a_kind_without_attributes_has_a_label_a_colour_and_a_place() -> None:
    assert [row_label(kind) for kind in NEW] == ["a new kind", "the first", "zebra"]
    assert kinds()[0] == "first"
    assert kinds()[-2:] == ("a_new_kind", "zebra")
    colours = [style.row_colour(kind) for kind in kinds()]
    assert len(set(colours)) == len(kinds())
    assert style.UNKNOWN not in colours
    assert row_label("zebra_minus_single") == "zebra − single-task"


@pytest.mark.usefixtures("new_kinds")
def test_tables_show_a_new_kind_in_its_place() -> None:
    frame = make_long_table()
    zebra = frame[frame["kind"] == "multi_head"]
    zebra = zebra.assign(kind="zebra", run=zebra["run"] + "+zebra")
    first = zebra.assign(kind="first", run=zebra["run"] + "+first")
    for table in (table5, all_scores):
        made = table.make(pd.concat([frame, zebra, first]))
        rows = list(made["row"].unique())
        assert rows[0] == "first"
        assert rows[-1] == "zebra"


def test_keys_are_shown_as_their_specs_say() -> None:
    assert shown("dci", "completeness") == ("DCI completeness", "highest", 3)
    assert shown("mse", "test") == ("MSE on the test split", "lowest", 2)
    assert shown("matched", "components").decimals == 1
    assert shown("unsupervised", "mutual_info_score").best == "lowest"
    assert shown("nothing", "mean_gap") == ("nothing mean gap", "highest", 3)


def test_every_headline_key_has_a_label_of_its_own() -> None:
    said = [shown(*key).label for key in labels.HEADLINE]
    assert len(set(said)) == len(said)
    assert not any("_" in label for label in said)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learning_rate=0.001, tasks.count=20", "learning rate = 0.001, number of tasks = 20"),
        ("dsprites_rendered, decoder.loss=bce", "dSprites (rendered), decoder: loss = bce"),
        ("dataset.subgrid.posX=3", "subgrid: posX = 3"),
        ("300 300 at 0.5 of MIG", "300 300 at 0.5 of MIG"),
        ("own my_beads", "own my_beads"),
        ("", ""),
    ],
)
def test_identifiers_become_words_and_all_else_stays(text: str, words: str) -> None:
    assert in_words(text) == words


@pytest.mark.parametrize("name", members("datasets"))
def test_datasets_are_called_by_words(name: str) -> None:
    assert "_" not in dataset_label(name)


@pytest.mark.parametrize("name", members("metrics"))
def test_keys_of_metrics_are_called_by_words(name: str) -> None:
    keys = import_module(f"mtdis.metrics.{name}").KEYS
    assert not [key for key in keys if "_" in shown(name, key).label]
