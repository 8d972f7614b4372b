"""Labels, colours, directions, decimals and order of what tables, figures and the page show; no
matplotlib, for tables need none.

What is said of one dataset, kind, metric or stage stands in its spec: `display_name` of a dataset
(mtdis/specs/dataset.py), `label`, `colour` and `order` of a kind (mtdis/specs/run.py), `shown` of a
metric or stage (mtdis/specs/shown.py).
"""

import re
from functools import cache
from itertools import cycle
from typing import Any

from mtdis.discover import members
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import BETWEEN_FIELDS
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.shown import Shown
from mtdis.specs.stage import Stage

HEADLINE = (
    ("mig", "discrete_mig"),
    ("factor_vae", "eval_accuracy"),
    ("sap", "SAP_score"),
    ("dci", "disentanglement"),
    ("dci", "completeness"),
    ("dci", "informativeness_test"),
)
"""The (metric, key) that the paper reports, in our order. All range from 0 to 1, more is better."""
LOSSES = {
    ("mse", "test"): Shown("MSE on the test split", "lowest", 2),
    ("r2", "test"): Shown("R² on the test split"),
}
"""The errors on tasks. Training measures them: they are no metric's."""
SINGLE = {
    "single_mean": "single-task, mean",
    "single_max": "single-task, best task",
    "single_min": "single-task, worst task",
}
"""The rows that Table 5 of the paper has in place of the kind single_task, with their labels."""
STANDARDISED, SUPERVISED = "ground_truth_standardised", "end_to_end"
"""Rows of the true factors standardised, and of multi-head networks beside heads on codes."""
OTHER_ROWS = {
    STANDARDISED: "true factors, standardised",
    SUPERVISED: "multi-head, trained end to end",
}
FIELDS = {
    "tasks.count": "number of tasks",
    "tasks.subsets": "factors of the tasks",
    "tasks.seed": "seed of the tasks",
    "dataset.name": "dataset",
}
"""Fields whose names in a config say too little by themselves."""
PARTS = ("tasks.", "dataset.")
"""The beginnings of a field's path that its name does without."""
IDENTIFIER = re.compile(r"(?<![\w.])([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)(=?)")
DIFFERENCES = {"multi_head": "multi_minus_single", "one_head": "one_minus_single"}
"""Kind → the row of its values minus those of single tasks; see `difference_row`."""


PALETTE = ("#332288", "#44AA99", "#882255", "#999933", "#117733", "#CC6677", "#AA4499")
"""Colours of kinds whose specs name none, in the order of kinds: those by Tol (2021, muted) that
differ from the colours by Okabe and Ito (2008) of the kinds that name one.
"""


def said_of(kind: str, attribute: str, default: Any) -> Any:
    """A kind's own attribute: one built on another's class has neither its label nor its colour."""
    return vars(Run.member(kind)).get(attribute, default)


@cache
def kinds() -> tuple[str, ...]:
    """Model kinds in the order of lines and bars; those without a place come last, by name."""
    return tuple(sorted(members("models"), key=lambda k: (said_of(k, "order", Run.order), k)))


@cache
def kind_colours() -> dict[str, str]:
    """Each kind's own colour, or the next one of the palette."""
    spare = cycle(PALETTE)
    return {kind: said_of(kind, "colour", "") or next(spare) for kind in kinds()}


@cache
def row_places() -> dict[str, int]:
    """The place of each kind and each row that tables have of kinds."""
    of_kind = {"single_task": list(SINGLE), "ground_truth": [STANDARDISED]}
    rows = [row for kind in kinds() for row in (kind, *of_kind.get(kind, ()))]
    return {row: place for place, row in enumerate([*rows, *map(difference_row, kinds())])}


def row_place(row: str) -> int:
    """The place of a row or kind; the last one for those that have none."""
    return row_places().get(row, len(row_places()))


def row_label(row: str) -> str:
    """The label of a row or kind; of one that has none, its name in words."""
    if (task := row.removeprefix("task")).isdigit():
        return f"trained on task {task}"
    compared = {difference_row(kind): kind for kind in kinds()}
    if row in compared:
        return f"{row_label(compared[row])} − {row_label('single_task')}"
    said = said_of(row, "label", "") if row in kinds() else (SINGLE | OTHER_ROWS).get(row, "")
    return said or row.replace("_", " ")


def difference_row(kind: str) -> str:
    """The row of a kind's values minus those of single tasks."""
    return DIFFERENCES.get(kind, f"{kind}_minus_single")


def kind_of(row: str) -> str:
    """The kind of run that a row of Table 5, or of Tables 8 to 10 (`task3`), is about."""
    return "single_task" if row in SINGLE or row.removeprefix("task").isdigit() else row


@cache
def _said_of_keys() -> dict[tuple[str, str], Shown]:
    """(metric, key) → label, direction and decimals, as the specs of metrics and stages say."""
    found = dict(LOSSES)
    for name in members("metrics"):
        found |= {(name, key): shown for key, shown in Metric.member(name).shown.items()}
    for name in members("stages"):
        found |= Stage.member(name).shown
    return found


def shown(metric: str, key: str) -> Shown:
    """Label, direction and decimals of a metric's key; its name in words if no spec says them."""
    return _said_of_keys().get((metric, key)) or Shown(f"{metric} {key}".replace("_", " "))


@cache
def _dataset_labels() -> dict[str, str]:
    return {name: label for name in members("datasets") if (label := dataset_name(name))}


def dataset_name(name: str) -> str:
    """What a dataset is called for people; empty if its spec does not say."""
    return str(Dataset.member(name).display_name)


def dataset_label(title: str) -> str:
    """The name for people of a dataset of the long table; of one's own, the label it was given."""
    if title.startswith("own "):
        return title
    return _dataset_labels().get(title) or in_words(title.replace(BETWEEN_FIELDS, ", "))


def field_label(path: str) -> str:
    """The name for people of a field of a run: `learning rate`, `number of tasks`, `subgrid:
    orientation`.
    """
    path = path.removeprefix("spec.")
    if path in FIELDS:
        return FIELDS[path]
    for part in PARTS:
        path = path.removeprefix(part)
    return path.replace(".", ": ").replace("_", " ")


def in_words(text: str) -> str:
    """Text of titles and headings without identifiers: `learning_rate=0.001, dsprites_rendered`
    becomes `learning rate = 0.001, dSprites (rendered)`. What is one's own dataset's stays.
    """

    def said(found: re.Match[str]) -> str:
        name, equals = found.groups()
        if equals:
            return f"{field_label(name)} = "
        if name in _dataset_labels():
            return _dataset_labels()[name]
        return field_label(name) if "_" in name or "." in name or name in FIELDS else name

    return text if text.startswith("own ") else IDENTIFIER.sub(said, text)
