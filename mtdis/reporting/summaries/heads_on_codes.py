"""Heads trained on frozen codes, from the results of the stage `heads`: Table 1 and its figure.

A *row* is what the codes are of: a kind of run, the true factors standardised being a row of their
own.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting import long_table
from mtdis.reporting.comparison import beside_published, by_dataset
from mtdis.reporting.labels import STANDARDISED
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, complete_means, summarise, value_text
from mtdis.reporting.summaries.losses import METRICS, PART
from mtdis.specs.ids import flatten
from mtdis.specs.stage import Stage

TRUE = "ground_truth"
AUTOENCODERS = ("autoencoder", "vae", "factor_vae")
ORDER = (TRUE, STANDARDISED, *AUTOENCODERS)
"""The rows of the paper's Table 1, in its order; rows of other kinds come after them."""
ENCODERS = ("stage.seed", "spec.seed", "spec.scaling")
"""Columns that the row, the settings and the seed have instead."""


def heads_frame(stages: Sequence[StageResult]) -> pd.DataFrame:
    """Rows of mse and r2 of each task on the test split, one `run` per stage, with the columns of
    the long table.

    `kind` is the row, `seed` that of the heads; `settings` names the seed of the codes. The heads'
    own settings stand in `spec.heads.<field>`, so that they keep variants apart. What diverged has
    a row without value for each metric. Raises ValueError if there is no result.
    """
    found = {stage.id: stage for stage in stages if stage.spec["stage"] == "heads"}
    if not found:
        raise ValueError("nothing to draw: there is no result of the stage heads.")
    frame = pd.DataFrame([row for name in sorted(found) for row in _rows(found[name])])
    return frame.astype({"value": "float64", "diverged": "bool"})


def true_factors_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Long rows in which the true factors standardised are a kind of their own, not a variant of
    the raw ones.
    """
    if "spec.scaling" not in frame.columns:
        return frame
    return frame.assign(
        kind=frame["kind"].mask(frame["spec.scaling"] == "standardised", STANDARDISED)
    ).drop(columns="spec.scaling")


def head_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row and seed of the heads the mean over tasks; missing if any task's value is.

    The frame is of one variant only.
    """
    points = complete_means(frame.assign(row=frame["kind"]), [*CELL, "row", "seed"])
    return points[[*CELL, "row", "seed", "value", "diverged"]]


def head_rows(points: pd.DataFrame) -> pd.DataFrame:
    """Per cell and row: mean, sd, n over the seeds of the heads, and what was lost; rows in their
    order.
    """
    places = {row: place for place, row in enumerate(ORDER)}
    rows = summarise(points, [*CELL, "row"])
    order = rows.assign(place=rows["row"].map(places).fillna(len(places)))
    return order.sort_values(
        ["metric", "settings", "dataset", "place", "row"], ignore_index=True
    ).drop(columns="place")


def lines_of_variant(part: pd.DataFrame) -> pd.DataFrame:
    """The lines of Table 1 for one variant of `heads_frame`, without marks of the best."""
    rows = head_rows(head_points(part)).assign(kind=lambda lines: lines["row"])
    printed = published.numbers("1").drop(columns="task")
    # The paper does not state the scaling of the true factors: its values stand beside both.
    standardised = printed[printed["row"] == TRUE].assign(row=STANDARDISED)
    return by_dataset(beside_published(rows, part, pd.concat([printed, standardised])))


def _rows(result: StageResult) -> Iterator[dict[str, Any]]:
    """The rows of one stage."""
    stage = Stage.from_fields(result.spec)
    record = {
        "id": result.id,
        "spec": result.spec,
        "result": {"rows": result.rows, "diverged": result.diverged},
    }
    about = {"run": result.id, "stage": "", **_about(stage)}
    for row in long_table.stage_rows("", stage, record):
        own = {name: value for name, value in row.items() if name not in ENCODERS}
        fields = {re.sub(r"^stage\.", "spec.heads.", name): value for name, value in own.items()}
        fields |= about
        if result.diverged:
            yield from (
                fields | {"metric": metric, "key": PART, "value": None} for metric in METRICS
            )
        elif row["metric"] in METRICS and row["key"] == PART:
            yield fields


def _about(stage: Stage) -> dict[str, Any]:
    """The row, cell and seed of a stage, and its differences from the paper's settings."""
    run = stage.run
    assert run is not None
    [seed] = [value for name, value in stage if name == "seed"]
    set_fields = stage.elided().items()
    own = {name: v for name, v in set_fields if name not in ("stage", "parent", "network")}
    unlike = [
        f"heads.{path}={value_text(value)}"
        for path, value in flatten(own)
        if path not in long_table.NO_DIFFERENCE
    ]
    unlike_paper = ", ".join(filter(None, [long_table.unlike(run), *unlike]))
    row = STANDARDISED if getattr(run, "scaling", "") == "standardised" else run.name()
    return {
        "kind": str(stage.resolved()["network"]) if row == "single_task" else row,
        "seed": seed,
        "settings": f"codes of seed {run.seed}",
        "unlike_paper": unlike_paper,
    }
