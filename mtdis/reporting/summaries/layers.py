"""A table of the layers of networks, counted on the real modules, beside the paper's: Tables 2 and
3.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.statistics import CELL, value_text
from mtdis.reporting.style import STYLES, style
from mtdis.reporting.summaries.architecture import Described, Layer, described, shape_text
from mtdis.reporting.summaries.published_layers import beside, differences, printed_layers, words
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run, TaskRun

COLUMNS = [
    *[*CELL, "row", "column", "text", "mean", "sd", "n", "diverged", "failed"],
    *["published_table", "published_mean", "difference", "comparable", "note"],
]
SHAPING = {
    "heads": ("head_layers", "head_activation", "tasks.count"),
    "discriminator": ("discriminator_layers",),
    "task_network": ("tasks.count", "tasks.hidden_layers", "tasks.hidden_size", "tasks.activation"),
}
"""Fields of runs that change the layers of a part, beside what it is given and gives."""


class Part(NamedTuple):
    """A part of a network, and what it is given."""

    name: str
    dataset: str
    reads: str
    layers: tuple[Layer, ...]


def layer_table(
    stages: Sequence[StageResult], names: Sequence[str], printed_table: str
) -> pd.DataFrame:
    """One line per dataset, part, networks that share its layers, layer, and what is said of the
    layer (`column`).

    What is said stands in `text`; where it is a count of parameters, `mean` has the number.
    Networks that diverged have a line that says so. `printed_table` is the number of the paper's
    table.
    """
    networks, printed = described(stages), printed_layers(printed_table)
    lines = [
        line
        for name in names
        for part, runs in _shared(networks, name).items()
        for line in _lines(part, _called(runs, name), printed[printed["part"] == name])
    ]
    lines += [
        _lost(run)
        for run, parts in networks
        if not parts and ("encoder" in names or isinstance(run, TaskRun))
    ]
    if not lines:
        return pd.DataFrame(columns=COLUMNS)
    table = (
        pd.DataFrame(lines)
        .drop_duplicates()
        .assign(failed=0, sd=float("nan"), published_table="", comparable=False)
    )
    return table.assign(published_mean=float("nan"), difference=float("nan"))[COLUMNS]


def _shared(networks: Sequence[Described], name: str) -> dict[Part, list[Run]]:
    """Each different part of that name → the runs whose networks have it."""
    found: dict[Part, list[Run]] = {}
    for run, parts in networks:
        if name in parts:
            found.setdefault(
                Part(name, run.dataset.title, _reads(run, name), parts[name]), []
            ).append(run)
    return found


def _reads(run: Run, name: str) -> str:
    if name == "task_network":
        return f"of {len(run.dataset.names)} factors"
    codes = f"{run.code_count} codes"
    images = f"images of {shape_text(run.dataset.image_shape)}"
    return {"encoder": f"{images} to {codes}", "decoder": f"{codes} to {images}"}.get(
        name, f"of {codes}"
    )


def _called(runs: Sequence[Run], name: str) -> str:
    """The kinds of runs, and those of their settings that change the layers of a part."""
    places = {kind: place for place, kind in enumerate(STYLES)}
    ordered = sorted(runs, key=lambda run: places.get(run.name(), len(places)))
    return ", ".join(dict.fromkeys(_kind(run, SHAPING.get(name, ())) for run in ordered))


def _kind(run: Run, shaping: Sequence[str]) -> str:
    unlike = [
        f"{path}={value_text(value)}" for path, value in flatten(run.elided()) if path in shaping
    ]
    return f"{style(run.name()).label}{' with ' if unlike else ''}{' and '.join(unlike)}"


def _lines(part: Part, kinds: str, printed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The lines of one part: those of each layer, then the parameters of all."""
    about: dict[str, Any] = {
        "dataset": part.dataset,
        "metric": "layers",
        "key": part.name,
        "settings": f"{part.reads}; {kinds}",
    }
    about |= {"mean": float("nan"), "n": 0, "diverged": 0, "note": _note(part, printed)}
    for place, (layer, line) in enumerate(
        zip(part.layers, beside(part.layers, printed), strict=True), start=1
    ):
        for column, text in _said(layer, line):
            count = {"mean": float(layer.parameters), "n": 1} if column == "parameters" else {}
            yield about | {"row": f"{place} {layer.name}", "column": column, "text": text} | count
    for row, total in _totals(part.layers):
        yield about | {
            "row": row,
            "column": "parameters",
            "text": f"{total:,}",
            "mean": float(total),
            "n": 1,
        }


def _said(layer: Layer, line: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """(column, text) of a layer; nothing where there is nothing to say."""
    if layer.settings:
        yield "settings", layer.settings
    yield "output", shape_text(layer.output)
    yield "non-linearity", layer.activation or "none"
    yield "parameters", f"{layer.parameters:,}"
    if line is not None:
        unlike = differences(layer, line)
        yield (
            "printed in the paper",
            words(line) + (f"; differs in {', '.join(unlike)}" if unlike else ""),
        )


def _totals(layers: Sequence[Layer]) -> Iterator[tuple[str, int]]:
    one, count = sum(layer.parameters for layer in layers), layers[0].copies
    yield ("total" if count == 1 else "total of one"), one
    if count > 1:
        yield f"total of all {count}", one * count


def _note(part: Part, printed: pd.DataFrame) -> str:
    """How the printed lines are read, and where there are not as many layers."""
    readings = [reading for reading in printed["reading"] if reading]
    if len(printed) not in (0, len(part.layers)):
        title = part.name.replace("_", " ").capitalize()
        readings.append(
            f"{title} {part.reads}: {len(part.layers)} layers, where the paper prints"
            f" {len(printed)}."
        )
    return "\n".join(readings)


def _lost(run: Run) -> dict[str, Any]:
    """The line of a network that was not described."""
    about: dict[str, Any] = {
        "dataset": run.dataset.title,
        "metric": "layers",
        "key": "network",
        "settings": "not described",
    }
    line = {
        "row": run.name(),
        "column": "output",
        "text": "diverged",
        "diverged": 1,
        "n": 0,
        "note": "",
    }
    return about | line | {"mean": float("nan")}
