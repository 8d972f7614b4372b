"""Variants: the choices of settings of an experiment's runs, kept apart."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pandas as pd

UNREAD: Final = "(not read)"
ONE_EACH: Final = "one per seed"
SEED: Final = "seed"
"""The column of the model's seed, and how the names of fields end that are other seeds."""
Label = dict[str, Any]
Point = tuple[Any, ...]


def seeds_zipped(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame in which other seeds (`spec.tasks.seed`, …) that each go with one model seed, and
    it with them, say ONE_EACH: zipped they are draws of their own and no choices of settings.
    """
    for column in [c for c in frame.columns if c.startswith("spec.") and c.endswith(SEED)]:
        pairs = frame[[column, SEED]].dropna().drop_duplicates()
        pairs = pairs[~pairs[column].duplicated(keep=False)]
        alone = pairs.loc[~pairs[SEED].duplicated(keep=False), column]
        if column != f"spec.{SEED}" and len(alone) > 1:
            zipped = frame[column].isin(alone)
            frame = frame.assign(**{column: frame[column].astype(object).mask(zipped, ONE_EACH)})
    return frame


def variant_fields(frame: pd.DataFrame) -> list[str]:
    """The columns `spec.<field>` that vary among the runs of one kind on one dataset, seeds that
    are zipped with the model's apart.
    """
    runs = _runs(frame)
    fields = [c for c in runs.columns if c.startswith("spec.") and c != "spec.seed"]
    counts = runs.groupby(["kind", "dataset"])[fields].nunique(dropna=False)
    return [field for field in fields if counts[field].gt(1).any()]


def variants(frame: pd.DataFrame) -> Iterator[tuple[Label, pd.DataFrame]]:
    """Each choice of the variant fields with its rows, those of kinds that do not read a field
    included.
    """
    fields, runs = variant_fields(frame), _runs(frame)
    groups = [_points(group, fields) for _, group in runs.groupby(["kind", "dataset"])]
    points = {run: point for group in groups for run, point in group.items()}
    for label in _labels([set(group.values()) for group in groups], len(fields)):
        kept = [run for run, point in points.items() if _agree(point, label)]
        named = {f: v for f, v in zip(fields, label, strict=True) if v is not UNREAD}
        yield named, frame[frame["run"].isin(kept)]


def variant_text(label: Label) -> str:
    """A variant's label for readers: `learning_rate=0.001, tasks.count=20`; empty where there is
    one variant.
    """
    return ", ".join(
        f"{field.removeprefix('spec.')}={value_text(value)}" for field, value in label.items()
    )


def value_text(value: Any) -> str:
    """A field's value for readers: `0.001`, `20`, `300 300 300`; `none` if there is none."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return (
        "none"
        if pd.isna(value) or value == ""
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def along(frame: pd.DataFrame, field: str) -> Iterator[tuple[Label, Any, pd.DataFrame]]:
    """Each choice of the other variant fields and each value of `field`, with the rows of kinds
    that read it.
    """
    read = frame[frame[field].notna()] if field in frame.columns else frame.head(0)
    for label, part in variants(read):
        value = label.get(field, part[field].iloc[0]) if len(part) else None
        if value is not None:
            yield {f: v for f, v in label.items() if f != field}, value, part


def swept(frame: pd.DataFrame) -> list[list[str]]:
    """The variant fields; those whose values another's determine stand in its list, after it.

    First are those that the most runs read, of these those that determine the most others.
    """
    runs, fields = _runs(frame), variant_fields(frame)
    told = {one: [f for f in fields if _determines(runs, one, f)] for one in fields}
    groups: list[list[str]] = []
    for field in sorted(fields, key=lambda f: (runs[f].isna().sum(), -len(told[f]))):
        group = next((g for g in groups if field in told[g[0]]), None)
        groups.append([field]) if group is None else group.append(field)
    return groups


def none_said(frame: pd.DataFrame, fields: Iterable[str]) -> pd.DataFrame:
    """The frame with the word `none` where a run has no value of a field that others of its kind
    and dataset have; what no run of a kind has, it does not read.
    """
    for field in fields:
        there = frame[field].notna().groupby([frame["kind"], frame["dataset"]]).transform("any")
        lacking = frame[field].isna() & there.astype(bool)
        if lacking.any():
            frame = frame.assign(**{field: frame[field].astype(object).mask(lacking, "none")})
    return frame


def _determines(runs: pd.DataFrame, one: str, other: str) -> bool:
    """Whether, among the runs of each kind and dataset, no value of one stands beside several of
    the other.
    """
    counts = runs.groupby(["kind", "dataset", one], dropna=False)[other].nunique(dropna=False)
    return bool(counts.le(1).all())


def _runs(frame: pd.DataFrame) -> pd.DataFrame:
    specs = [c for c in frame.columns if c.startswith("spec.")]
    about = ["run", "kind", "dataset", SEED, *specs]
    runs = frame.drop_duplicates("run")[about].sort_values("run")
    return seeds_zipped(runs)


def _points(group: pd.DataFrame, fields: list[str]) -> dict[str, Point]:
    """Per run its values of the fields: UNREAD if no run of the group has one, None beside other
    values.
    """
    read = [field for field in fields if group[field].notna().any()]
    return {
        row["run"]: tuple(
            (None if pd.isna(row[f]) else row[f]) if f in read else UNREAD for f in fields
        )
        for row in group.to_dict("records")
    }


def _labels(choices: Iterable[set[Point]], width: int) -> list[Point]:
    """The choices of all kinds joined where they agree, so that a kind that reads less is beside
    each.
    """
    labels: set[Point] = {(UNREAD,) * width}
    for points in choices:
        joined = {
            tuple(y if x is UNREAD else x for x, y in zip(a, b, strict=True))
            for a in labels
            for b in points
            if _agree(a, b)
        }
        alone = {a for a in labels if not any(_agree(a, b) for b in points)}
        alone |= {b for b in points if not any(_agree(a, b) for a in labels)}
        labels = joined | alone
    return sorted(labels, key=lambda label: [_rank(value) for value in label])


def _agree(a: Point, b: Point) -> bool:
    return all(x is UNREAD or y is UNREAD or x == y for x, y in zip(a, b, strict=True))


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return 0, float(value), ""
    return (2, 0.0, "") if value is None or value is UNREAD else (1, 0.0, str(value))
