"""From the long table to what is compared: networks counted, mean and spread over seeds.

The only place that takes a mean or a standard deviation of results. A *cell* is one key of one
metric, with one choice of settings, on one dataset. What diverged or failed is counted and never
averaged.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mtdis.reporting.labels import row_place

CELL = ["dataset", "metric", "key", "settings"]
NETWORK = [*CELL, "kind", "seed", "run", "network", "trained_task"]


def summarise(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Per group of `by`: mean, sd (ddof 1), sd_ddof0, n, and how many values diverged or failed.

    `frame` has the columns of `by`, `value` and `diverged`. Of one value both sd are missing.
    """
    diverged = frame["diverged"].astype(bool)
    value = frame["value"].astype(float)
    value = value.where(np.isfinite(value) & ~diverged)
    marked = frame[by].assign(value=value, diverged=diverged, failed=value.isna() & ~diverged)
    # A sum's last bit depends on the order of its terms; sorted, the rows of the frame may come in
    # any order.
    groups = marked.sort_values("value").groupby(by, dropna=False)
    result = groups["value"].agg(["mean", "std", "count"])
    result.columns = pd.Index(["mean", "sd", "n"])
    result.insert(2, "sd_ddof0", result["sd"] * np.sqrt(1 - 1 / result["n"].where(result["n"] > 1)))
    return result.join(groups[["diverged", "failed"]].sum()).reset_index()


def of_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows about the networks of runs, without those of stages on top of them."""
    return frame[frame["stage"].eq("")]


def per_network(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per network and cell: the mean over metric seeds, no value if any score of it is
    missing.

    Losses (rows about a task), transformed codes and stages are left out.
    """
    plain = of_runs(frame)
    plain = plain[plain["task"].isna() & plain["transform"].eq("none")]
    scores = summarise(plain, NETWORK)
    complete = scores["diverged"].eq(0) & scores["failed"].eq(0)
    return scores[NETWORK].assign(
        value=scores["mean"].where(complete), diverged=scores["diverged"].gt(0)
    )


def headline_points(frame: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row of Table 5 and seed: the value that the row averages over seeds.

    The frame is of one variant only. A seed's single_mean is over its tasks, missing where one is.
    single_max and single_min are the task with the highest and lowest mean over seeds (of equals,
    the lowest number); a cell without any value of single tasks has neither row.
    """
    return _points_of(one_run_per_seed(per_network(frame)))


def headline_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of Table 5 for every cell: mean, sd and n over seeds, networks diverged and failed,
    and the task of rows about one; of single_mean the sd over all networks (ddof 0) as well.
    """
    return headline_rows_and_points(frame)[0]


def headline_rows_and_points(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`headline_rows` and `headline_points` of the same frame, in half the time of both."""
    networks = one_run_per_seed(per_network(frame))
    points = _points_of(networks)
    rows = summarise(points, [*CELL, "row", "task"])
    counts = summarise(_rowed(networks), [*CELL, "row"])
    several = counts["row"].eq("single_mean") & counts["n"].gt(1)
    counts = counts.assign(sd_networks=counts["sd_ddof0"].where(several))
    counts = counts[[*CELL, "row", "diverged", "failed", "sd_networks"]]
    both = rows.merge(counts, how="left", on=[*CELL, "row"], suffixes=("", "_all"))
    for count in ("diverged", "failed"):
        # single_max and single_min are about one task: its own seeds are counted.
        both[count] = (
            both.pop(f"{count}_all").where(both["task"].isna(), both[count]).astype("int64")
        )
    return _ordered(both, [*CELL, "row"]), points


def one_run_per_seed(networks: pd.DataFrame) -> pd.DataFrame:
    """The rows, unchanged; ValueError if a seed has several runs of one kind in a cell."""
    by = [*CELL, "kind", "seed"]
    runs = networks[[*by, "run"]].drop_duplicates()
    if runs.duplicated(by).any():
        (*_, seed), several = next(
            (key, group) for key, group in runs.groupby(by)["run"] if len(group) > 1
        )
        raise ValueError(
            f"seed {seed} has several runs of one kind: {', '.join(several)}. "
            "Results of different settings are not averaged: pass one of `variants(frame)`."
        )
    return networks


def paired_differences(
    points: pd.DataFrame, row: str, reference: str, by: list[str]
) -> pd.DataFrame:
    """Per seed: the value of `row` minus that of the row `reference`, where both have that seed.

    The columns are those of `points`. `by` are the columns that pair the two, the seed among them.
    Lost if either has diverged or failed.
    """
    ours, theirs = (points[points["row"] == name] for name in (row, reference))
    pairs = ours.merge(theirs[[*by, "value", "diverged"]], on=by, suffixes=("", "_reference"))
    pairs["value"] -= pairs.pop("value_reference")
    pairs["diverged"] |= pairs.pop("diverged_reference")
    return pairs


def paired_changes(points: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Per cell, row and other `column` the mean over seeds of the change from the column
    `reference`.

    As `change`, and as `change_n` how many seeds have both. `points` have `seed`, `value` and
    `diverged`, too; lost is what diverged in either.
    """
    by, lines = [*CELL, "row", "seed"], [*CELL, "row", "column"]
    base = points.loc[points["column"] == reference, [*by, "value", "diverged"]]
    pairs = points[points["column"] != reference].merge(base, on=by, suffixes=("", "_base"))
    pairs["value"] -= pairs["value_base"]
    pairs["diverged"] |= pairs["diverged_base"]
    changes = summarise(pairs, lines)[[*lines, "mean", "n"]]
    return changes.rename(columns={"mean": "change", "n": "change_n"})


def in_order(
    table: pd.DataFrame, by: list[str], places: Mapping[str, Mapping[Any, int]]
) -> pd.DataFrame:
    """The lines sorted by columns, of which some have places of their own; what has none is last
    of its column.
    """

    def keys(column: "pd.Series[Any]") -> "pd.Series[Any]":
        known = places.get(str(column.name))
        return column if known is None else column.map(known).fillna(len(known))

    return table.sort_values(by, key=keys, kind="stable", ignore_index=True)


def _points_of(networks: pd.DataFrame) -> pd.DataFrame:
    """`headline_points` of the rows of `per_network`."""
    single = networks[networks["kind"] == "single_task"]
    extremes = [
        _extreme(single, "single_max", lowest=False),
        _extreme(single, "single_min", lowest=True),
    ]
    seeds = complete_means(_rowed(networks), [*CELL, "row", "seed"])
    per_seed = seeds.assign(task=pd.array([pd.NA] * len(seeds), dtype="Int64"))
    parts = [per_seed, *(part for part in extremes if len(part))]
    columns = [*CELL, "row", "seed", "task", "value", "diverged"]
    return _ordered(pd.concat([part[columns] for part in parts]), [*CELL, "row", "seed"])


def complete_means(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Per group `by` the mean as `value`, missing if any value is: what is left would be a mean
    over other tasks. `diverged` if any has.
    """
    means = summarise(rows, by)
    complete = means["diverged"].eq(0) & means["failed"].eq(0)
    return means.assign(value=means["mean"].where(complete), diverged=means["diverged"].gt(0))


def _rowed(networks: pd.DataFrame) -> pd.DataFrame:
    return networks.assign(row=networks["kind"].replace("single_task", "single_mean"))


def _extreme(single: pd.DataFrame, row: str, lowest: bool) -> pd.DataFrame:
    if single.empty:  # ten operations on nothing would take as long as on something
        return single
    tasks = summarise(single, [*CELL, "trained_task"]).dropna(subset="mean")
    tasks = tasks.sort_values(
        [*CELL, "mean", "trained_task"], ascending=[True] * len(CELL) + [lowest, True]
    )
    chosen = tasks.drop_duplicates(CELL)[[*CELL, "trained_task"]]
    return single.merge(chosen).assign(row=row).rename(columns={"trained_task": "task"})


def _ordered(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    def key(column: "pd.Series[Any]") -> "pd.Series[Any]":
        return column.map(lambda row: (row_place(row), row)) if column.name == "row" else column

    return frame.sort_values(by, key=key, ignore_index=True)
