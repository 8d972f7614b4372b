"""The layers of networks that the stage `architecture` read off the modules, as Figures 1 and 2 and
Tables 2 and 3 show them, beside those that the paper prints.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.labels import row_label, row_place
from mtdis.reporting.published.layers import printed_layers, words
from mtdis.reporting.statistics import CELL, value_text
from mtdis.specs.ids import flatten, identify
from mtdis.specs.run import HeadedRun, Run

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


KERNEL = re.compile(r"(\d+)×\d+, stride (\d+)")


class Layer(NamedTuple):
    """A layer with parameters, and the non-linearity after it (empty if none).

    `output` is the shape without the batch: (channels, height, width) or (units,). `copies` is of
    how many equal ones it is one, as of heads; `parameters` are those of one.
    """

    name: str
    settings: str
    output: tuple[int, ...]
    parameters: int
    copies: int
    activation: str = ""

    @property
    def kernel(self) -> int | None:
        """Side of a convolution's kernel."""
        return int(found[1]) if (found := KERNEL.match(self.settings)) else None

    @property
    def stride(self) -> int | None:
        """A convolution's stride."""
        return int(found[2]) if (found := KERNEL.match(self.settings)) else None


class Described(NamedTuple):
    """A run's network: its parts by name (encoder, heads, decoder, …) with their layers, in the
    order they run.

    There are none where the network diverged: it was not described.
    """

    run: Run
    parts: dict[str, tuple[Layer, ...]]


class Part(NamedTuple):
    """A part of a network, and what it is given."""

    name: str
    dataset: str
    reads: str
    layers: tuple[Layer, ...]


def described(stages: Sequence[StageResult]) -> list[Described]:
    """The network of each result of the stage, ordered by the stage's id; ValueError if there is
    none.
    """
    found = {stage.id: stage for stage in stages if stage.spec["stage"] == "architecture"}
    if not found:
        raise ValueError("nothing to draw: there is no result of the stage architecture.")
    networks = []
    for _, stage in sorted(found.items()):
        rows = [] if stage.diverged else json.loads(np.asarray(stage.arrays["layers"]).item())
        parts = {
            part: tuple(_layers(list(group)))
            for part, group in groupby(rows, key=lambda row: str(row["part"]))
        }
        networks.append(Described(Run.from_fields(stage.spec["parent"]), parts))
    return networks


def with_tasks(stages: Sequence[StageResult]) -> list[Described]:
    """One network that learned tasks per dataset, multi-head where there is one; ValueError without
    any.
    """
    learned = [each for each in described(stages) if isinstance(each.run, HeadedRun) and each.parts]
    if not learned:
        raise ValueError("nothing to draw: no network with heads is described.")
    learned.sort(key=lambda each: each.run.name() != "multi_head")
    first = {identify(each.run.dataset): each for each in reversed(learned)}
    return [first[name] for name in sorted(first)]


def shape_text(shape: Sequence[int]) -> str:
    """A shape for readers: `32×16×16`."""
    return "×".join(map(str, shape))


def _layers(rows: Sequence[dict[str, Any]]) -> list[Layer]:
    """The rows with parameters, each with the non-linearity that follows; reshaping is left out."""
    layers: list[Layer] = []
    for row in rows:
        if row["parameters"]:
            about = (
                row["layer"],
                row["settings"],
                tuple(row["output"]),
                row["parameters"],
                row["count"],
            )
            layers.append(Layer(*about))
        elif layers and row["layer"] not in ("Flatten", "Unflatten"):
            words = " ".join(filter(None, [row["layer"], row["settings"]]))
            layers[-1] = layers[-1]._replace(activation=words)
    return layers


def layer_table(
    stages: Sequence[StageResult], names: Sequence[str], printed_table: str
) -> pd.DataFrame:
    """One line per dataset, part, networks that share its layers, layer, and statement on it
    (`column`).

    `text` has the statement; where it is a count of parameters, `mean` has the number.
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
        if not parts and ("encoder" in names or isinstance(run, HeadedRun))
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
        if name not in parts:
            continue
        codes = f"{run.code_count} codes"
        images = f"images of {shape_text(run.dataset.image_shape)}"
        reads = {
            "task_network": f"of {len(run.dataset.names)} factors",
            "encoder": f"{images} to {codes}",
            "decoder": f"{codes} to {images}",
        }
        part = Part(name, run.dataset.title, reads.get(name, f"of {codes}"), parts[name])
        found.setdefault(part, []).append(run)
    return found


def _called(runs: Sequence[Run], name: str) -> str:
    """The kinds of runs, and those of their settings that change the layers of a part."""
    shaping, kinds = SHAPING.get(name, ()), []
    for run in sorted(runs, key=lambda run: row_place(run.name())):
        fields = [(path, v) for path, v in flatten(run.elided()) if path in shaping]
        unlike = " and ".join(f"{path}={value_text(value)}" for path, value in fields)
        kinds.append(" with ".join(filter(None, [row_label(run.name()), unlike])))
    return ", ".join(dict.fromkeys(kinds))


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
        zip(part.layers, _beside(part.layers, printed), strict=True), start=1
    ):
        for column, text in _said(layer, line):
            count = {"mean": float(layer.parameters), "n": 1} if column == "parameters" else {}
            yield about | {"row": f"{place} {layer.name}", "column": column, "text": text} | count
    one, copies = sum(layer.parameters for layer in part.layers), part.layers[0].copies
    totals = {"total of one": one, f"total of all {copies}": one * copies}
    for row, total in (totals if copies > 1 else {"total": one}).items():
        count = {"mean": float(total), "n": 1}
        yield about | {"row": row, "column": "parameters", "text": f"{total:,}"} | count


def _said(layer: Layer, line: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """The texts of a layer's columns; none where there is nothing to say."""
    if layer.settings:
        yield "settings", layer.settings
    yield "output", shape_text(layer.output)
    yield "non-linearity", layer.activation or "none"
    yield "parameters", f"{layer.parameters:,}"
    if line is not None:
        unlike = _differences(layer, line)
        yield (
            "printed in the paper",
            words(line) + (f"; differs in {', '.join(unlike)}" if unlike else ""),
        )


def _note(part: Part, printed: pd.DataFrame) -> str:
    """The readings of the printed lines, and a remark where their number is not that of ours."""
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


def _beside(layers: tuple[Layer, ...], printed: pd.DataFrame) -> list[dict[str, Any] | None]:
    """The printed line of each layer: in their order from the first, and the last beside the
    last.
    """
    lines: list[dict[str, Any]] = [
        {str(k): v for k, v in line.items()} for line in printed.to_dict("records")
    ]
    if not lines:
        return [None] * len(layers)
    first = lines[:-1][: len(layers) - 1]
    return [*first, *[None] * (len(layers) - 1 - len(first)), lines[-1]]


def _differences(layer: Layer, line: dict[str, Any]) -> list[str]:
    """The properties in which a layer differs from a printed line: `layer`, `kernel`, `stride`,
    `outputs`, `non-linearity`.
    """
    ours = {
        "layer": layer.name,
        "kernel": layer.kernel,
        "stride": layer.stride,
        "outputs": layer.output[0],
        "activation": layer.activation or "none",
    }
    found = [
        name for name, value in ours.items() if not pd.isna(line[name]) and line[name] != value
    ]
    return [name.replace("activation", "non-linearity") for name in found]
