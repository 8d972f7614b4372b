"""Two long tables beside each other: the settings that differ, the scores that moved, and what only
one of the studies has.

Runs are paired by kind, dataset, seed and every field that does not differ between the studies.
"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mtdis.randomness import generator
from mtdis.reporting.labels import HEADLINE, LOSSES, shown
from mtdis.reporting.statistics import (
    CELL,
    complete_means,
    of_runs,
    per_network,
    summarise,
    value_text,
    variant_fields,
    variant_text,
)
from mtdis.reporting.statistics.intervals import inverted_sign_flip
from mtdis.reporting.summaries.losses import losses_on_test, on_own_tasks

ABOUT = ["kind", "dataset"]
COLUMNS = [
    *("kind", "variant", *CELL, "label"),
    *("first", "second", "difference", "low", "high", "level", "n", "diverged", "failed"),
]
"""Of the lines of `moved`."""


def settings_that_differ(first: pd.DataFrame, second: pd.DataFrame) -> list[dict[str, Any]]:
    """Per kind and dataset that both have, and field of the runs: the values in each study, where
    these are not the same; as text, in order.
    """
    lines = []
    ours, theirs = (dict(list(_runs(frame).groupby(ABOUT))) for frame in (first, second))
    for about in (one for one in ours if one in theirs):
        for field in sorted({*_specs(ours[about]), *_specs(theirs[about])}):
            a, b = (_values(group[about], field) for group in (ours, theirs))
            if a != b:
                kind, dataset = about
                name = field.removeprefix("spec.")
                lines.append(
                    {"kind": kind, "dataset": dataset, "field": name, "first": a, "second": b}
                )
    return lines


def moved(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Per kind, variant and cell that both studies have the means, and their mean difference over
    paired runs with its interval; columns COLUMNS, the headline scores first.
    """
    replaced = _replaced(settings_that_differ(first, second))
    both = pd.concat([_runs(first), _runs(second)]).drop_duplicates("run")
    fields = [f for f in variant_fields(both) if f.removeprefix("spec.") not in replaced]
    points = [_points(frame, fields) for frame in (first, second)]
    on = [*CELL, "kind", "variant", "seed"]
    pairs = points[0].merge(points[1], on=on, suffixes=("_first", "_second"))
    pairs = pairs.assign(
        value=pairs["value_second"] - pairs["value_first"],
        diverged=pairs["diverged_first"] | pairs["diverged_second"],
    )
    by = ["kind", "variant", *CELL]
    lines = [_line(by, key, part) for key, part in pairs.groupby(by, sort=False)]
    return _ordered(pd.DataFrame(lines, columns=COLUMNS))


def only_in(one: pd.DataFrame, other: pd.DataFrame) -> dict[str, list[str]]:
    """What a study has and another lacks: kinds on datasets, scores with their settings, stages
    and seeds.
    """
    found = {
        "kinds": [" on ".join(pair) for pair in _pairs(one, other, ABOUT)],
        "scores": [", ".join(p) for p in _pairs(one, other, ["metric", "key", "settings"])],
        "seeds": sorted({*map(str, one["seed"].dropna())} - {*map(str, other["seed"].dropna())}),
        "stages": sorted({*one["stage"]} - {*other["stage"], ""}),
    }
    return {what: names for what, names in found.items() if names}


def _pairs(one: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> list[Any]:
    chosen = list(columns)
    ours, theirs = (
        set(of_runs(frame)[chosen].drop_duplicates().itertuples(index=False, name=None))
        for frame in (one, other)
    )
    return sorted(ours - theirs)


def _runs(frame: pd.DataFrame) -> pd.DataFrame:
    """A row per run with its fields."""
    return of_runs(frame).drop_duplicates("run")


def _specs(frame: pd.DataFrame) -> list[str]:
    return [c for c in frame.columns if c.startswith("spec.") and c != "spec.seed"]


def _values(runs: pd.DataFrame, field: str) -> list[str]:
    """The values of a field as text, numbers by their size; none where it is not read."""
    if field not in runs.columns:
        return []
    there = runs[field].dropna().unique()
    return sorted(map(value_text, there), key=_rank)


def _rank(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), ""
    except ValueError:
        return 1, 0.0, text


def _replaced(differing: Sequence[dict[str, Any]]) -> set[str]:
    """The fields whose values in one study are none of the other's: nothing is paired by them."""
    found: dict[str, bool] = {}
    for line in differing:
        apart = not set(line["first"]) & set(line["second"])
        found[line["field"]] = found.get(line["field"], True) and apart
    return {field for field, apart in found.items() if apart}


def _points(frame: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Per cell, kind, variant and seed a value, the mean over the networks of a run; a variant and
    seed of which there are several runs is left out.
    """
    labels = {run["run"]: _label(run, fields) for run in _runs(frame).to_dict("records")}
    by = [*CELL, "kind", "seed", "run"]
    losses = on_own_tasks(losses_on_test(frame))
    parts = [per_network(frame), complete_means(losses, [*by, "network"])]
    networks = pd.concat([part[[*by, "value", "diverged"]] for part in parts])
    points = complete_means(networks, by)
    points = points.assign(variant=points["run"].map(labels))
    key = [*CELL, "kind", "seed", "variant"]
    return points[~points.duplicated(key, keep=False)][[*key, "value", "diverged"]]


def _label(run: dict[Hashable, Any], fields: Sequence[str]) -> str:
    return variant_text({f: run[f] for f in fields if f in run and not pd.isna(run[f])})


def _line(by: Sequence[str], key: Any, pairs: pd.DataFrame) -> dict[str, Any]:
    """The line of one kind, variant and cell."""
    line = dict(zip(by, map(str, key), strict=True))
    [counts] = summarise(pairs.assign(all=0), ["all"]).to_dict("records")
    sound = pairs[~pairs["diverged"].astype(bool)].dropna(subset=["value"])
    differences = sound["value"].to_numpy(dtype=np.float64)
    interval = inverted_sign_flip(differences, generator(0, "compare", *line.values()))
    means = {n: sound[f"value_{n}"].mean() for n in ("first", "second")}
    lost = {name: counts[name] for name in ("n", "diverged", "failed")}
    label = shown(line["metric"], line["key"]).label
    return line | means | lost | interval._asdict() | {"label": label, "difference": counts["mean"]}


def _ordered(lines: pd.DataFrame) -> pd.DataFrame:
    order = {pair: place for place, pair in enumerate([*HEADLINE, *LOSSES])}
    pairs = lines[["metric", "key"]].itertuples(index=False, name=None)
    ranked = lines.assign(place=[order.get(pair, len(order)) for pair in pairs])
    by = ["place", "metric", "key", "settings", "dataset", "kind", "variant"]
    return ranked.sort_values(by, kind="stable", ignore_index=True)[COLUMNS]
