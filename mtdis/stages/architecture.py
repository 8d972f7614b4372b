"""The layers of a network, read off the real modules."""

import json
from importlib import import_module

import numpy as np
import torch
from torch import nn

from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.tasks import task_networks
from mtdis.specs.run import Run, TaskRun
from mtdis.specs.stages.architecture import Architecture
from mtdis.stages._layers import Row, describe, describe_heads, describe_task_network
from mtdis.training.networks import Heads


def compute(stage: Architecture, sources: Sources) -> Outcome:  # noqa: ARG001 - the spec says it all
    """The layers of each part and of the networks that make its tasks, as JSON.

    Parameters, heads counted together.
    """
    shape = stage.dataset.image_shape
    model = import_module(f"mtdis.training.models.{stage.parent.name()}").build(
        stage.parent, stage.network, shape
    )
    rows = [
        row
        for name, part in model.named_children()
        for row in _rows(name, part, shape, stage.parent.code_count)
    ]
    rows += _task_network_rows(stage.parent)
    parameters = {
        name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()
    }
    return Outcome(
        rows=[
            {"metric": "parameters", "key": name, "value": count}
            for name, count in parameters.items()
        ],
        arrays={"layers": np.array(json.dumps(rows), dtype="S")},
    )


def _rows(
    name: str, part: nn.Module, image_shape: tuple[int, int, int], code_count: int
) -> list[Row]:
    if isinstance(part, Heads):
        return describe_heads(part)
    height, width, channels = image_shape
    images = torch.zeros(1, channels, height, width)
    return describe(name, part, images if name == "encoder" else torch.zeros(1, code_count))


def _task_network_rows(run: Run) -> list[Row]:
    """One of the random networks that make a run's targets; none for a run without tasks."""
    if not isinstance(run, TaskRun):
        return []
    [network] = task_networks(len(run.dataset.names), run.tasks.model_copy(update={"count": 1}))
    return describe_task_network(network, run.tasks.activation, run.tasks.count)
