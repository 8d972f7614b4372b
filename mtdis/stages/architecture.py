"""The layers of a network, read off the real modules: kind, settings, output shape and parameters
of each.
"""

import json
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data import tasks
from mtdis.specs.run import HeadedRun
from mtdis.specs.stages.architecture import Architecture
from mtdis.training.networks import Heads

Row = dict[str, Any]
ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh"}
"""Names of torch's modules for the non-linearities that are functions here."""


def compute(stage: Architecture, sources: Sources) -> Outcome:  # noqa: ARG001 - the spec says it all
    """The layers of each part and of the networks that make its tasks, as JSON.

    Parameters, heads counted together.
    """
    shape = stage.dataset.image_shape
    model = import_module(f"mtdis.training.models.{stage.parent.name()}").build(
        stage.parent, stage.network, shape
    )
    height, width, channels = shape
    images = torch.zeros(1, channels, height, width)
    codes = torch.zeros(1, stage.parent.code_count)
    rows: list[Row] = []
    for name, part in model.named_children():
        if isinstance(part, Heads):
            rows += describe_heads(part)
        else:
            rows += describe(name, part, images if name == "encoder" else codes)
    if isinstance(run := stage.parent, HeadedRun):
        # one of the random networks that make its targets
        one = run.tasks.model_copy(update={"count": 1})
        [network] = tasks.task_networks(len(run.dataset.names), one)
        rows += describe_task_network(network, run.tasks.activation, run.tasks.count)
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


@torch.no_grad()
def describe(part: str, module: nn.Module, inputs: Tensor) -> list[Row]:
    """One row per layer with parameters, and per non-linearity, in the order in which they run on
    `inputs` (1, …).
    """
    rows: list[Row] = []

    def note(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        row: Row = {
            "part": part,
            "layer": "Conv2d" if isinstance(layer, nn.Conv2d) else type(layer).__name__,
            "settings": _settings(layer),
            "output": list(output.shape[1:]),
            "parameters": sum(p.numel() for p in layer.parameters()),
            "count": 1,
        }
        rows.append(row)

    leaves = [layer for layer in module.modules() if not any(layer.children())]
    hooks = [layer.register_forward_hook(note) for layer in leaves]
    try:
        module(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return rows


def _settings(layer: nn.Module) -> str:
    if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
        (kernel, _), (stride, _), padding = layer.kernel_size, layer.stride, layer.padding
        return (
            f"{kernel}×{kernel}, stride {stride}, padding"
            f" {padding[0] if isinstance(padding, tuple) else padding}"
        )
    return f"slope {layer.negative_slope:g}" if isinstance(layer, nn.LeakyReLU) else ""


def describe_heads(heads: Heads) -> list[Row]:
    """The layers of one of several equal heads; `count` says how many there are."""
    layers = zip(heads.weights, heads.biases, strict=True)
    sizes = [
        (int(weight.shape[2]), int(weight[0].numel() + bias[0].numel())) for weight, bias in layers
    ]
    return _dense_rows("heads", sizes, heads.activation.__name__, len(heads.weights[0]))


def describe_task_network(network: tasks.Network, activation: str, count: int) -> list[Row]:
    """The layers of one of `count` equal networks of the factors, whose hidden layers have this
    activation.
    """
    sizes = [(len(bias), weight.size + bias.size) for weight, bias in network]
    return _dense_rows("task_network", sizes, activation, count)


def _dense_rows(
    part: str, sizes: Sequence[tuple[int, int]], activation: str, count: int
) -> list[Row]:
    """Rows of linear layers of (outputs, parameters), with a non-linearity after all but the
    last.
    """
    rows: list[Row] = []
    for outputs, parameters in sizes:
        about = {"part": part, "settings": "", "output": [outputs], "count": count}
        rows.append(about | {"layer": "Linear", "parameters": parameters})
        rows.append(about | {"layer": ACTIVATIONS[activation], "parameters": 0})
    return rows[:-1]
