"""The networks that stages stand on, as tables and figures show them: rows of a long table, and
blocks side by side.
"""

import re
from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import NamedTuple

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting import long_table
from mtdis.reporting.labels import dataset_label, in_words, row_label, row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    complete_means,
    summarise,
    value_text,
    variant_text,
    variants,
)
from mtdis.specs.ids import flatten
from mtdis.specs.stage import Stage

Key = tuple[str, str]
UNBROKEN = "\u00a0"
"""A space at which no line ends."""


class Network(NamedTuple):
    """One network and a stage's result on it."""

    kind: str
    label: str
    result: StageResult


class Block(NamedTuple):
    """The networks of one dataset, variant of the runs, settings of the stage and seed, in the
    order of kinds.
    """

    title: str
    networks: list[Network]


def stage_frame(stages: Sequence[StageResult], keys: Sequence[Key]) -> pd.DataFrame:
    """The long table's rows of stages on networks, for these (metric, key).

    One that diverged has a row without value for each of them. `settings` are those of the stage
    that differ from its defaults, `unlike_paper` names those of the run that differ from the
    paper's. Sorted by id.
    """
    unique = {stage.id: stage for stage in stages}
    specs = {name: Stage.from_fields(stage.spec) for name, stage in unique.items()}
    pairs: list[tuple[Stage, dict[str, object]]] = []  # specs, and records as the long table has
    for name, stage in sorted(unique.items()):
        lost = [{"metric": metric, "key": key, "value": None} for metric, key in keys]
        rows = [row for row in stage.rows if (row["metric"], row["key"]) in keys]
        result = {"rows": lost if stage.diverged or not rows else rows, "diverged": stage.diverged}
        pairs.append((specs[name], {"id": stage.id, "spec": stage.spec, "result": result}))
    frame = long_table.make("", [], pairs)
    ordered = [specs[name] for name in frame["stage_id"]]
    return frame.assign(
        settings=[", ".join(_own_fields(stage)) for stage in ordered],
        unlike_paper=[long_table.unlike(run) for stage in ordered if (run := stage.run)],
    )


def over_seeds(values: pd.DataFrame, each: Sequence[str] = ("seed",)) -> pd.DataFrame:
    """Mean and spread over seeds per cell and `row`; several networks of a seed, as single tasks,
    are averaged first, a seed without one of them left out.

    `each` are the columns that name what is averaged over, if it is not seeds. Networks that
    diverged are counted, each by itself.
    """
    by = [*CELL, "row"]
    lines = summarise(complete_means(values, [*by, *each]), by)
    counts = summarise(values, by)[[*by, "diverged", "failed"]]
    return lines.drop(columns=["diverged", "failed"]).merge(counts, on=by)


def blocks(stages: Sequence[StageResult]) -> list[Block]:
    """The blocks of networks that are drawn together; ValueError without any stage."""
    if not stages:
        raise ValueError("nothing to draw: there is no result of a stage.")
    found = {stage.id: stage for stage in stages}
    frame = stage_frame(stages, [("", "")]).drop_duplicates("stage_id")
    datasets = published.dataset_order(frame)
    return [
        Block(
            ", ".join(
                filter(
                    None,
                    [
                        dataset_label(str(dataset)),
                        *(in_words(text) for text in (variant_text(label), str(settings))),
                        f"seed {seed}",
                    ],
                )
            ),
            list(_networks(group, found)),
        )
        for label, part in variants(frame)
        for (dataset, settings, seed), group in sorted(
            part.groupby(["dataset", "settings", "seed"]),
            key=lambda pair: datasets.index(str(pair[0][0])),
        )
    ]


def heading(parts: Sequence[str], characters: int) -> str:
    """The title of a block in lines of at most so many characters, which end after commas and not
    in `n = 8`.
    """
    joined = re.sub("(?<!,) ", UNBROKEN, ", ".join(parts))
    return fill(joined, characters).replace(UNBROKEN, " ")


def _networks(group: pd.DataFrame, found: dict[str, StageResult]) -> Iterator[Network]:
    order = group["kind"].map(row_place)
    for row in (
        group.assign(order=order).sort_values(["order", "kind", "trained_task"]).to_dict("records")
    ):
        task = "" if pd.isna(row["trained_task"]) else f", task {row['trained_task']}"
        yield Network(row["kind"], row_label(row["kind"]) + task, found[row["stage_id"]])


def _own_fields(stage: Stage) -> list[str]:
    """The settings of a stage that differ from the defaults, after those of the stage that it
    stands on.
    """
    own = {k: v for k, v in stage.elided().items() if k not in ("stage", "parent", "network")}
    below = _own_fields(stage.parent) if isinstance(stage.parent, Stage) else []
    return [f"{stage.parent.name()}.{text}" for text in below] + [
        f"{k}={value_text(v)}" for k, v in flatten(own)
    ]
