"""Every run on a line of its own: the fields that vary, then its losses and scores."""

from typing import Any

import pandas as pd

from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.labels import HEADLINE, LOSSES, row_label, row_place, shown
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    complete_means,
    none_said,
    of_runs,
    per_network,
    summarise,
    value_text,
    variant_fields,
)
from mtdis.reporting.summaries.losses import losses_on_test, on_own_tasks
from mtdis.reporting.summaries.scores import headline_scores

SWEEPS = 0
COLUMNS = [*CELL, "row", "column", "text", "run", "mean", "sd", "n", "diverged", "failed", *BESIDE]
CAPTION = (
    "Every run of the experiment on a line of its own, by kind, fields and seed; fields that all"
    " runs of a dataset share are left out, and one that a kind does not read is a dash. MSE and"
    " R² are on the test split, means over the tasks (of single-task networks on their own task);"
    " then the scores that the paper reports. Of several networks the mean ± standard deviation"
    " (ddof 1) over those that have a value, with their number and what became of the others in"
    " parentheses; missing is a score that a run does not have yet. The csv file names each line's"
    " run."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per dataset, run and column: a field's value, a loss or a score, in words."""
    runs = of_runs(frame)
    values = pd.concat([_losses(runs), _scores(runs)])
    lines = [
        line
        for dataset in published.dataset_order(runs[runs["dataset"].isin(values["dataset"])])
        for line in _of_dataset(
            runs[runs["dataset"].eq(dataset)], values[values["dataset"].eq(dataset)]
        )
    ]
    table = pd.DataFrame(lines).reindex(columns=COLUMNS)
    return table.assign(comparable=False, note="")


def _scores(runs: pd.DataFrame) -> pd.DataFrame:
    """Per score and run: mean and spread over its networks."""
    return summarise(per_network(headline_scores(runs)), [*CELL, "run"])


def _losses(runs: pd.DataFrame) -> pd.DataFrame:
    """Per loss and run: mean and spread over its networks of their means over tasks."""
    own = on_own_tasks(losses_on_test(runs))
    return summarise(complete_means(own, [*CELL, "run", "network"]), [*CELL, "run"])


def _of_dataset(frame: pd.DataFrame, values: pd.DataFrame) -> list[dict[str, Any]]:
    """The lines of a dataset's runs: first the columns of fields, then those of values."""
    runs, fields = _ordered(frame)
    names = ["metric", "key", "settings"]
    order = [*LOSSES, *HEADLINE]
    cells = sorted(
        values[names].drop_duplicates().itertuples(index=False, name=None),
        key=lambda cell: (order.index(cell[:2]), cell[2]),
    )
    there = {(line["run"], *(line[n] for n in names)): line for line in values.to_dict("records")}
    lines = []
    for place, run in enumerate(runs.to_dict("records"), start=1):
        about = {"metric": "every", "key": "run", "settings": "", "dataset": run["dataset"]}
        about |= {"row": f"run {place}", "run": run["run"]}
        nothing: dict[str, Any] = {"n": 0, "diverged": 0, "failed": 0}
        lines += [
            about | nothing | {"column": name, "text": _field(name, run[column])}
            for name, column in fields.items()
        ]
        for cell in cells:
            line = there.get((run["run"], *cell), nothing)
            numbers = {name: line.get(name) for name in ("mean", "sd", "n", "diverged", "failed")}
            lines.append(about | numbers | {"column": _title(cell), "text": _value(cell, line)})
    return lines


def _ordered(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """A row per run, by kind, fields and seed; and name → column of what varies among them, the
    kind in any case.
    """
    specs = [c for c in frame.columns if c.startswith("spec.") and c != "spec.seed"]
    runs = frame.drop_duplicates("run")
    varied = [c for c in specs if runs[c].nunique() > 1 or c in variant_fields(frame)]
    runs = none_said(runs, varied)
    seeds = {"seed": "seed"} if runs["seed"].nunique() > 1 else {}
    fields = {"kind": "kind"} | {c.removeprefix("spec."): c for c in varied} | seeds

    def places(run: dict[Any, Any]) -> tuple[Any, ...]:
        values = [run[c] for c in varied]
        numbers = [v if isinstance(v, int | float) and not pd.isna(v) else -1 for v in values]
        pairs = zip(numbers, map(str, values), strict=True)
        return (row_place(run["kind"]), *pairs, run["seed"], run["run"])

    records: list[dict[Any, Any]] = runs.to_dict("records")
    records.sort(key=places)
    return pd.DataFrame(records), fields


def _field(name: str, value: Any) -> str:
    if name == "kind":
        return row_label(value)
    return "–" if pd.isna(value) else value_text(value)


def _title(cell: tuple[str, str, str]) -> str:
    """The column's name, with the settings that are not the paper's."""
    metric, key, settings = cell
    other = unlike_metric(settings, metric)
    return shown(metric, key).label + (f" ({other})" if other else "")


def _value(cell: tuple[str, str, str], line: dict[Any, Any]) -> str:
    """`0.042`, of several networks `0.042 ± 0.010 (9, 1 diverged)`, or what there is instead."""
    lost = [f"{line[word]} {word}" for word in ("diverged", "failed") if line[word]]
    if not line["n"]:
        absent = "–" if cell[:2] in LOSSES else "missing"
        return ", ".join(word.removeprefix("1 ") for word in lost) or absent
    places = shown(*cell[:2]).decimals
    if line["n"] == 1 and not lost:
        return f"{line['mean']:.{places}f}"
    spread = "" if pd.isna(line["sd"]) else f" ± {line['sd']:.{places}f}"
    return f"{line['mean']:.{places}f}{spread} ({', '.join([str(line['n']), *lost])})"
