"""Figure 1 of the paper: random networks of the true factors make the tasks that a learner is
trained on.
"""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.schematics import arrow, box, draw_each, label
from mtdis.reporting.drawing.style import row_colour
from mtdis.reporting.labels import dataset_label, row_label
from mtdis.reporting.summaries.layers import Described, shape_text, with_tasks
from mtdis.specs.run import HeadedRun

STAGES = ("architecture",)
READS = "tasks"
SCHEMATIC = True
CAPTION = (
    "The setting, after the paper's Figure 1, with the numbers of this study: an image x and its"
    " targets y come from the same true factors z, the image by a renderer or camera, each target"
    " by a random network of the factors. The learner sees images and targets, never the factors;"
    " afterwards its codes are held against them. Look at the size of the task networks: section"
    " 3.1 wants tasks that are non-linear and smooth."
)
WIDTH, HEIGHT = 9.6, 3.3
TOP, BOTTOM, TALL = 1.95, 0.35, 1.1
"""Lower edges of the two lines of boxes, and their height."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A drawing per dataset."""
    del frame  # no score is shown
    return draw_each(with_tasks(stages), _draw, WIDTH, HEIGHT)


def _draw(axes: Axes, network: Described) -> None:
    run, colour = network.run, row_colour(network.run.name())
    assert isinstance(run, HeadedRun)
    label(axes, (WIDTH / 2, HEIGHT - 0.12), dataset_label(run.dataset.title), fontsize=8)
    sizes = zip(run.dataset.names, run.dataset.sizes, strict=True)
    factors = ["true factors z", "(number of values)", *(f"{name}: {size}" for name, size in sizes)]
    box(axes, (0.1, BOTTOM), (1.8, TOP + TALL - BOTTOM), "\n".join(factors))
    box(axes, (2.5, TOP), (2.6, TALL), _tasks(network))
    box(
        axes,
        (6.9, TOP),
        (2.5, TALL),
        f"targets y = h(z)\n{_plural(run.tasks.count, 'number')} per image",
    )
    box(
        axes,
        (2.5, BOTTOM),
        (1.7, TALL),
        f"images x\n{shape_text(run.dataset.image_shape)}\n{run.dataset.count:,} of them",
    )
    box(axes, (4.8, BOTTOM), (2.2, TALL), _learner(network), colour)
    box(
        axes,
        (7.7, BOTTOM),
        (1.7, TALL),
        f"predictions f(x)\n{_plural(run.tasks.count, 'number')} per image",
        colour,
    )
    _connect(axes)


def _connect(axes: Axes) -> None:
    above, below = TOP + TALL / 2, BOTTOM + TALL / 2
    for start, end, y in (
        (1.9, 2.5, above),
        (5.1, 6.9, above),
        (1.9, 2.5, below),
        (4.2, 4.8, below),
        (7.0, 7.7, below),
    ):
        arrow(axes, (start, y), (end, y))
    arrow(axes, (8.55, TOP), (8.55, BOTTOM + TALL), arrowstyle="<|-|>")
    label(axes, (8.45, (TOP + BOTTOM + TALL) / 2), "squared error", ha="right")
    # Below the boxes, from the learner back to the factors.
    arrow(axes, (5.9, 0.15), (1.0, 0.15), linestyle="--", arrowstyle="-")
    arrow(axes, (5.9, BOTTOM), (5.9, 0.15), linestyle="--", arrowstyle="-")
    arrow(axes, (1.0, 0.15), (1.0, BOTTOM), linestyle="--")
    label(axes, (6.0, 0.15), "after training: do the codes hold the factors apart?", ha="left")


def _tasks(network: Described) -> str:
    run, layers = network.run, network.parts["task_network"]
    assert isinstance(run, HeadedRun)
    hidden = {layer.output[0] for layer in layers[:-1]}
    units = " or ".join(map(str, sorted(hidden)))
    return "\n".join(
        [
            f"{_plural(layers[0].copies, 'random task network')} h(z)",
            (
                f"{_plural(len(layers) - 1, 'hidden layer')} of {units} units,"
                f" {layers[0].activation.lower()}"
            ),
            f"{sum(layer.parameters for layer in layers):,} parameters each, never trained",
            f"weights from N(0, {run.tasks.weight_std:g}²), seed {run.tasks.seed}",
            f"inputs: {run.tasks.input_scaling} values, factors: {run.tasks.subsets}",
        ]
    )


def _learner(network: Described) -> str:
    encoder, heads = network.parts["encoder"], network.parts["heads"]
    return "\n".join(
        [
            f"learner f, {row_label(network.run.name())}",
            f"encoder of {len(encoder)} layers, {sum(layer.parameters for layer in encoder):,}",
            f"{network.run.code_count} codes",
            (
                f"{_plural(heads[0].copies, 'head')},"
                f" {sum(layer.parameters for layer in heads) * heads[0].copies:,}"
            ),
            "(numbers of parameters)",
        ]
    )


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
