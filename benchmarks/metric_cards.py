"""A card per metric, and the picture of all validity maps, from docs/metrics/{validity,anchors}.csv
and what the modules of the metrics declare.

python -m benchmarks.metric_cards [--check]
"""

import argparse
import inspect
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from benchmarks.validity import CODES, FOLDER, GRIDS, ROWS, SEEDS, names
from mtdis.reporting.labels import shown
from mtdis.scoring.oracle_codes import ENCODERS, SIZES, STRUCTURES
from mtdis.specs.metric import Metric

ALIKE = 0.05
"""Scores no further apart are called the same."""
SAME = ("permuted", "monotone")
"""Encoders that are the factors up to what no metric of axes should mind."""
MIXED = ("rotated", "linear_mix", "over_complete")
"""Encoders whose codes each hold several factors."""
COLUMNS = {"noise": "noise", "noise, other seed": "other_seed", "perfect codes": "perfect"}
WITH = {"correlated": "correlated", "redundant": "one redundant", "holes": "with holes"}
"""Structures in words, of the factors."""
Map = pd.DataFrame
"""Encoders × structures."""


def map_of(rows: pd.DataFrame, metric: str, key: str) -> Map:
    """The mean over seeds of each cell."""
    own = rows[rows["metric"].eq(metric) & rows["key"].eq(key)]
    means = own.groupby(["encoder", "structure"])["value"].mean().unstack()
    return means.reindex(index=list(ENCODERS), columns=list(STRUCTURES))


def said_of(cells: Map, best: str) -> Iterator[str]:
    """What a map shows that one could be misled by, in words."""
    if best == "neither":
        return
    sign = -1 if best == "lowest" else 1
    plain = sign * cells["independent"]
    perfect = plain["identity"]
    mixed = [name for name in MIXED if plain[name] >= perfect - ALIKE]
    if mixed:
        yield f"does not tell from the factors themselves: {_words(mixed)}"
    for name in (*SAME, "several_codes", "sin_cos"):
        if plain[name] < perfect - ALIKE:
            yield f"{_words([name])}: {_value(cells, name)} beside {_value(cells, 'identity')}"
        elif plain[name] > perfect + ALIKE:
            yield (
                f"prefers {_words([name])} to the factors: {_value(cells, name)} beside"
                f" {_value(cells, 'identity')}"
            )
    for structure in cells.columns[1:]:
        change = sign * (cells.loc["identity", structure] - cells.loc["identity", "independent"])
        if abs(change) > ALIKE:
            yield (
                f"the factors themselves, {WITH[structure]}: {cells.loc['identity', structure]:.2f}"
            )
    if plain["noise"] > perfect - (perfect - plain.min()) / 2 and plain["noise"] < perfect:
        yield f"noise scores {_value(cells, 'noise')}"
    refused = cells.isna().to_numpy().sum()
    if refused:
        yield f"{refused} of {cells.size} cells are refused"


def _value(cells: Map, encoder: str) -> str:
    return f"{cells.loc[encoder, 'independent']:.2f}"


def _words(encoders: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in encoders)


def card(name: str, rows: pd.DataFrame, anchors: pd.DataFrame) -> str:
    """The card of a metric as Markdown."""
    module, spec = import_module(f"mtdis.metrics.{name}"), Metric.member(name)
    parts = [f"# {name}", inspect.cleandoc(module.__doc__ or ""), "## What it says"]
    parts.append(inspect.cleandoc(module.score.__doc__ or ""))
    parts.append("## At a glance\n\n" + "\n".join(_glance(name, module.INVARIANCES, anchors)))
    parts.append(
        f"## Chance and ceiling\n\nScores of {CODES} normal codes, of two metric seeds, and of the"
        " standardised factors, on the complete grids at the default settings.\n\n"
        + _anchors(name, anchors)
    )
    parts.append(
        f"## Where it is valid\n\nMeans over {len(SEEDS)} seeds, from at most {ROWS:,} rows of"
        f" {np.prod(SIZES):,}. The encoders and structures are those of"
        " `mtdis/scoring/oracle_codes.py`."
    )
    for key in module.KEYS:
        cells, about = map_of(rows, name, key), shown(name, key)
        parts.append(f"### {about.label} (`{key}`, {about.best} is best)\n\n" + _table(cells))
        parts.append("\n".join(f"- {words}" for words in said_of(cells, about.best)))
    fields = "\n".join(
        f"- `{field}`: {info.description} (default {info.default!r})"
        for field, info in spec.model_fields.items()
    )
    parts.append(f"## Settings\n\n{fields}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _glance(name: str, invariances: frozenset[str], anchors: pd.DataFrame) -> Iterator[str]:
    spec = Metric.member(name)
    yield "| | |"
    yield "|---|---|"
    yield f"| unchanged by (as tested) | {', '.join(sorted(invariances)) or 'nothing'} |"
    rotations = spec.rotations or "none: a rotation of white codes changes nothing"
    yield f"| calibrated by rotations | {rotations} |"
    yield f"| calibrated by permutations | {spec.permutations} |"
    own = anchors[anchors["metric"].eq(name)]
    seconds = own.groupby("dataset")["seconds"].first()
    cost = ", ".join(f"{dataset} {seconds[dataset]:.2g}" for dataset in GRIDS)
    yield f"| CPU seconds, rows drawn before | {cost} |"
    moved = float((own["noise"] - own["other_seed"]).abs().max())
    yield f"| depends on its seed | {f'yes, noise by up to {moved:.2g}' if moved else 'no'} |"


def _anchors(name: str, anchors: pd.DataFrame) -> str:
    own = anchors[anchors["metric"].eq(name)]
    lines = ["| | " + " | ".join(GRIDS) + " |", "|---" * (len(GRIDS) + 1) + "|"]
    for key in own["key"].drop_duplicates():
        for what, column in COLUMNS.items():
            values = own[own["key"].eq(key)].set_index("dataset")[column]
            cells = " | ".join(_number(values[dataset]) for dataset in GRIDS)
            lines.append(f"| {shown(name, key).label}, {what} | {cells} |")
    return "\n".join(lines)


def _table(cells: Map) -> str:
    lines = ["| | " + " | ".join(cells.columns) + " |", "|---" * (len(cells.columns) + 1) + "|"]
    for encoder, row in cells.iterrows():
        lines.append(f"| {_words([str(encoder)])} | " + " | ".join(map(_number, row)) + " |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return "refused" if np.isnan(value) else f"{value:.2f}"


def measured(rows: pd.DataFrame) -> list[str]:
    """The metrics whose scores are kept: one of a user's own needs no card."""
    return sorted(rows["metric"].unique())


def index(rows: pd.DataFrame) -> str:
    """The overview of all metrics, with a line of what each can't see."""
    lines = [
        "# Metrics",
        "A card per metric: what it says, what it costs, what chance and perfect codes score, and"
        " what it makes of codes that hold the factors in a known way. Made by"
        " `python -m benchmarks.metric_cards` from `validity.csv` and `anchors.csv`, which"
        " `python -m benchmarks.validity` measures.",
        "![Validity maps of all metrics](validity.png)",
        "| metric | score | what its map shows |\n|---|---|---|",
    ]
    table = [
        f"| [{name}]({name}.md) | {shown(name, key).label} |"
        f" {'; '.join(said_of(map_of(rows, name, key), shown(name, key).best)) or '–'} |"
        for name in measured(rows)
        for key in import_module(f"mtdis.metrics.{name}").KEYS
    ]
    return "\n\n".join(lines) + "\n" + "\n".join(table) + "\n"


def picture(rows: pd.DataFrame) -> Figure:
    """All maps at once: a row per score, a column per cell; numbers where they leave 0 to 1."""
    keys = [(n, key) for n in measured(rows) for key in import_module(f"mtdis.metrics.{n}").KEYS]
    tables = [map_of(rows, *key).T.to_numpy().ravel() for key in keys]
    values = np.array(tables)
    across, down = 0.27 * values.shape[1] + 3.4, 0.2 * len(keys) + 1.9
    figure = Figure(figsize=(across, down), layout="constrained")
    axes = figure.add_subplot()
    colours = mpl.colormaps["viridis"].with_extremes(bad="white")
    image = axes.imshow(np.clip(values, 0, 1), cmap=colours, vmin=0, vmax=1, aspect="auto")
    for place, value in np.ndenumerate(values):
        if not np.isnan(value):
            ink = "black" if value > 0.55 else "white"
            axes.text(place[1], place[0], f"{value:.2f}".replace("0.", ".", 1), color=ink,
                      fontsize=4.5, ha="center", va="center")  # fmt: skip
    labels = [f"{shown(*key).label} ({key[0]})" for key in keys]
    axes.set_yticks(range(len(keys)), labels, fontsize=6)
    encoders = [_words([e]) for e in ENCODERS]
    axes.set_xticks(range(values.shape[1]), encoders * len(STRUCTURES), rotation=90, fontsize=6)
    edges = np.arange(len(STRUCTURES) + 1) * len(ENCODERS) - 0.5
    for structure, (left, right) in zip(STRUCTURES, pairwise(edges), strict=True):
        axes.axvline(left, color="white", linewidth=2)
        title = f"factors {WITH.get(structure, structure)}"
        axes.text((left + right) / 2, -1.0, title, ha="center", fontsize=8)
    figure.colorbar(
        image, ax=axes, shrink=0.5, label="score (white: refused; beyond 0 to 1: as its end)"
    )
    return figure


def read(folder: Path = FOLDER) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The kept scores: of the cells, and at the datasets' sizes."""
    rows, anchors = (pd.read_csv(folder / f"{n}.csv") for n in ("validity", "anchors"))
    return rows, anchors


def pages() -> dict[str, str]:
    """Every page by its file name."""
    rows, anchors = read()
    cards = {f"{name}.md": card(name, rows, anchors) for name in measured(rows)}
    return {"index.md": index(rows)} | cards


def stale() -> list[str]:
    """The pages that are not as this command makes them, and the metrics that have none."""
    without = [name for name in names() if name not in measured(read()[0])]
    wanted = {FOLDER / file: text for file, text in pages().items()}
    changed = [p for p, text in wanted.items() if not p.exists() or p.read_text() != text]
    return [f"{name} has no card" for name in without] + [f"{path} is stale" for path in changed]


def main() -> int:
    """Write the pages and the picture, or with --check say which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    if parser.parse_args().check:
        found = stale()
        print("\n".join(found) or "every metric has its card")
        return int(bool(found))
    for file, text in pages().items():
        (FOLDER / file).write_text(text)
    picture(read()[0]).savefig(FOLDER / "validity.png", dpi=150)
    return 0


if __name__ == "__main__":
    sys.exit(main())
