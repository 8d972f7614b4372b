"""The layers that the stage `architecture` read off the networks, as tables and figures show
them.
"""

import json
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from mtdis.artifacts.stages import StageResult
from mtdis.specs.ids import identify
from mtdis.specs.run import Run

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


def described(stages: Sequence[StageResult]) -> list[Described]:
    """The network of each result of the stage, ordered by the stage's id.

    ValueError if there is none.
    """
    found = {stage.id: stage for stage in stages if stage.spec["stage"] == "architecture"}
    if not found:
        raise ValueError("nothing to draw: there is no result of the stage architecture.")
    return [
        Described(Run.from_fields(found[name].spec["parent"]), _parts(found[name]))
        for name in sorted(found)
    ]


def with_tasks(stages: Sequence[StageResult]) -> list[Described]:
    """One network that learned tasks per dataset, multi-head where there is one.

    ValueError if there is none.
    """
    learned = [each for each in described(stages) if "heads" in each.parts]
    if not learned:
        raise ValueError("nothing to draw: no network with heads is described.")
    learned.sort(key=lambda each: each.run.name() != "multi_head")
    first = {identify(each.run.dataset): each for each in reversed(learned)}
    return [first[name] for name in sorted(first)]


def shape_text(shape: Sequence[int]) -> str:
    """A shape for readers: `32×16×16`."""
    return "×".join(map(str, shape))


def _parts(stage: StageResult) -> dict[str, tuple[Layer, ...]]:
    if stage.diverged:
        return {}
    rows = json.loads(np.asarray(stage.arrays["layers"]).item())
    return {
        part: tuple(_layers(list(group)))
        for part, group in groupby(rows, key=lambda row: str(row["part"]))
    }


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
