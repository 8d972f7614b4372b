"""Ours beside the published: which printed value belongs to a row, and whether the two can be
compared.

A tidy table of results has one line per `dataset`, `metric`, `key`, `settings` and `row` (and
`column`, where its columns are not the datasets) with mean, sd, sd_ddof0, n and the counts of
diverged and failed networks.
"""

from typing import Any

import pandas as pd

from mtdis.discover import members
from mtdis.reporting.labels import kind_of, shown
from mtdis.reporting.long_table import as_cell
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, Label, value_text, variant_text
from mtdis.specs.base import Spec
from mtdis.specs.cautions import cautions_in
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run, TaskRun
from mtdis.specs.settings import SETTINGS

COLUMNS = (
    *("published_table", "published_mean", "published_sd", "published_sd_ddof", "published_digits"),
    *("difference", "comparable", "note"),
)
PAIRED_LINE = [*CELL, "row", "column"]
"""What names a line of a table whose columns are compared with each other."""
PAIRED_COLUMNS = [
    *PAIRED_LINE,
    *("mean", "sd", "sd_ddof0", "sd_networks", "n", "diverged", "failed", "change", "change_n"),
    *COLUMNS,
]
"""The columns of such a table."""
"""What `beside_published` adds to a tidy table."""
ONE_SETTING = "these runs"
"""The name of a variant where none varies and it is not the paper's."""
NAMES = {name: f"published_{name}" for name in ("table", "mean", "sd", "sd_ddof", "digits")}


def beside_published(
    rows: pd.DataFrame, frame: pd.DataFrame, printed: pd.DataFrame
) -> pd.DataFrame:
    """The lines with the published value of their dataset, or of the one it stands for.

    `frame` has the rows of the long table that the lines are about; `printed` has the columns of
    `published.numbers` (and `column` where the lines have it). `difference` is ours minus the
    published where the two are comparable: on the paper's own data, and at the settings of its text
    or of the released code, which made its numbers. `note` says why they are not, and how the
    printed value is read.
    """
    lines = rows.assign(kind=rows["row"].map(kind_of)) if "kind" not in rows.columns else rows
    lines = lines.merge(_unlike(frame), how="left", on=[*CELL, "kind"])
    names = zip(lines["dataset"], lines["replica_of"].fillna(""), strict=True)
    lines["printed"] = [published.printed_name(dataset, replica) for dataset, replica in names]
    known = printed.rename(columns={"dataset": "printed", **NAMES})
    both = set(lines.columns) & set(known.columns)
    on = [c for c in ("printed", "metric", "key", "row", "column") if c in both]
    lines = lines.merge(known[[*on, "reading", *NAMES.values()]], how="left", on=on)
    possible = lines["published_mean"].notna() & lines["unlike_paper"].notna()
    possible &= lines["dataset"].isin(published.GENUINE)
    made = zip(possible, lines["kind"], lines["unlike_paper"], strict=True)
    lines["comparable"] = [bool(can and as_printed(kind, unlike)) for can, kind, unlike in made]
    lines["difference"] = (lines["mean"] - lines["published_mean"]).where(lines["comparable"])
    lines["note"] = [_note(line) for line in lines.to_dict("records")]
    return lines


def by_dataset(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines with the datasets in the paper's order, others last.

    Lines of one dataset keep their order.
    """
    places = {name: place for place, name in enumerate(published.GENUINE.values())}
    printed = lines["printed"].map(places).fillna(len(places))
    order = pd.DataFrame({"printed": printed, "dataset": lines["dataset"]}).sort_values(
        ["printed", "dataset"], kind="stable"
    )
    return lines.loc[order.index]


def mark_best(table: pd.DataFrame) -> "pd.Series[bool]":
    """True for each line with the best mean of its cell, column and variant; of equals, for all."""
    fields = [c for c in table.columns if c.startswith("spec.")]
    by = [*fields, *CELL, *(["column"] if "column" in table.columns else [])]
    keys = zip(table["metric"], table["key"], strict=True)
    lowest = pd.Series([shown(*key).best == "lowest" for key in keys], table.index, dtype=bool)
    means = table["mean"].mask(lowest, -table["mean"])
    return means.eq(means.groupby([table[c] for c in by], dropna=False).transform("max"))


def as_printed(kind: str, unlike_paper: str) -> bool:
    """Return whether these differences from the paper's text are none, or all those of the released
    code.
    """
    cls = Run.member(kind) if kind in members("models") else TaskRun
    read = {name: v for name, v in SETTINGS["released"].items() if name in cls.model_fields}
    # A setting that is the kind's default, such as the auto-encoders' learning rate, is no
    # difference.
    released = {
        f"{name}={as_cell(v)}" for name, v in read.items() if v != cls.model_fields[name].default
    }
    return not unlike_paper or set(unlike_paper.split(", ")) == released


def setting_name(label: Label, part: pd.DataFrame) -> str:
    """The name of a variant, of whose runs `part` has rows: `paper` or `released` if these are just
    the settings of the paper's text or of the released code, on its datasets or replicas of them;
    else the values of the fields that vary within the experiment.
    """
    runs = _unlike_of_runs(part)
    papers = part["replica_of"].fillna("").ne("") | part["dataset"].isin(published.GENUINE)
    if papers.all() and all(as_printed(kind, unlike) for kind, unlike in runs):
        made = {"released" if unlike else "paper" for _, unlike in runs}
        if made == {"released"} or (made == {"paper"} and not unlike_text(label)):
            return made.pop()
    return variant_text(label) or ONE_SETTING


def _unlike_of_runs(part: pd.DataFrame) -> list[tuple[str, str]]:
    """Kind and differences from the paper's text of each run: of its rows the shortest, for others
    add what a metric's settings differ in.
    """
    first = part.assign(unlike_paper=part["unlike_paper"].fillna(""))
    first = first.sort_values("unlike_paper", key=lambda c: c.str.len(), kind="stable")
    chosen = first.drop_duplicates("run")[["kind", "unlike_paper"]]
    return [(str(kind), str(unlike)) for kind, unlike in chosen.itertuples(index=False)]


def unlike_text(label: Label) -> dict[str, str]:
    """The fields in which a variant differs from the paper's text, with their values as text."""
    texts = {field.removeprefix("spec."): value_text(value) for field, value in label.items()}
    defaults: dict[str, str] = {}
    for name, field in TaskRun.model_fields.items():
        value = field.get_default(call_default_factory=True)
        declared = flatten({name: value.resolved() if isinstance(value, Spec) else value})
        defaults |= {path: value_text(one) for path, one in declared}
    return {path: text for path, text in texts.items() if text != defaults.get(path)}


def _unlike(frame: pd.DataFrame) -> pd.DataFrame:
    """Per cell and kind: the dataset it stands for, and how its runs and scores differ from the
    paper's.
    """

    def joined(texts: "pd.Series[str]") -> str:
        return " or ".join(sorted({text for text in texts.fillna("") if text}))

    if "transform" in frame.columns:  # losses have none
        frame = frame[frame["transform"].eq("none")]  # cautions are on the scores of these codes
    groups = frame.groupby([*CELL, "kind"], dropna=False)
    return groups.agg(
        replica_of=("replica_of", joined), unlike_paper=("unlike_paper", joined)
    ).reset_index()


def _note(line: dict[Any, Any]) -> str:
    if pd.isna(line["published_mean"]):
        return "; ".join(["no published value", *cautions_in(str(line["unlike_paper"]))])
    replica = f"stands for {line['printed']}" if line["dataset"] not in published.GENUINE else ""
    unlike = f"unlike the paper: {line['unlike_paper']}" if line["unlike_paper"] else ""
    return "; ".join(filter(None, [replica, unlike, line["reading"]]))
