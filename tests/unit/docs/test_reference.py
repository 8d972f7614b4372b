"""docs/reference: every field of every spec, with its type, default and meaning."""

import re
from typing import Any

import pytest

from docs.generate import config_page, families
from docs.generate.fields import cell, rows, type_of
from mtdis.discover import members, names
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.metric import Metric
from mtdis.specs.models.multi_head import MultiHead
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study.config import Config
from mtdis.study.stages import PARENT


@pytest.mark.parametrize("family", [Dataset, Run, Metric, Stage])
def test_every_member_names_all_its_fields(family: type[Spec]) -> None:
    _, *sections = re.split(r"^## ", families.page(family), flags=re.MULTILINE)
    said = {part.partition("\n")[0]: part for part in sections}
    unset = PARENT if family is Stage else ()
    assert set(said) - {"Fields that several have"} == set(members(family.family))
    for name in members(family.family):
        wanted = {f for f in family.member(name).model_fields if f not in unset}
        assert wanted <= set(re.findall(r"`(\w+)`", said[name])), name


def test_the_config_page_has_all_keys_and_outputs() -> None:
    first = re.findall(r"^\| `([\w<>.]+)` \|", config_page.page(), re.MULTILINE)
    outputs = [*names("mtdis.reporting.tables"), *names("mtdis.reporting.figures")]
    experiment = {"tables", "figures", "stages", "show", "claims", "zip", "include", "exclude"}
    assert set(Config.model_fields) | set(outputs) | experiment | {"when"} <= set(first)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1}, "whole number ≥ 1"),
        ({"type": "integer", "minimum": 0, "exclusiveMaximum": 2**32}, "whole number ≥ 0"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "number ≥ 0 and < 1"),
        ({"enum": ["adam", "sgd"]}, "`adam` or `sgd`"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "whole number"),
        ({"type": "array", "items": {"type": "string"}}, "list (text)"),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            "mapping (name: whole number)",
        ),
    ],
)
def test_types_in_words(schema: dict[str, Any], words: str) -> None:
    assert type_of(schema, {}).replace("\N{NO-BREAK SPACE}", " ") == words


def test_a_row_says_default_and_meaning() -> None:
    found = {row.field: row for row in rows(MultiHead)}
    assert found["`seed`"].default == "needed"
    assert found["`learning_rate`"].default == "`0.001`"
    assert found["`head_layers`"].default == "`[300, 300, 300]`"
    assert found["`optimiser`"].type == "`adam` or `sgd`"
    assert found["`epochs`"].meaning == "passes over the training split"


def test_cells_keep_what_markdown_would_take_away() -> None:
    assert cell("a | b <name> * `<c> *`") == r"a \| b \<name> \* `<c> *`"
