"""Figure 13 of the paper: the test error on the tasks, and on each network's own."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtdis.reporting.drawing.bars import TICKS, bar_handles, bars_height, draw_panel
from mtdis.reporting.drawing.panels import (
    Layout,
    Panel,
    cells_of,
    draw_diverged,
    draw_grid,
    draw_published,
    mark_handles,
    nothing,
    spread_evenly,
)
from mtdis.reporting.drawing.style import MARKS, row_colour
from mtdis.reporting.labels import difference_row, kind_of, kinds
from mtdis.reporting.statistics import of_runs, variant_text, variants
from mtdis.reporting.summaries.losses import (
    TOTAL,
    kind_points,
    learned_tasks,
    loss_rows,
    loss_table,
    losses_on_test,
    own_task_points,
    own_task_table,
    printed_losses,
)

READS = "tasks"
EVERY, OWN, EACH = "mean MSE,\nall tasks", "mean MSE,\ntrained tasks", "MSE,\ntrained task"
CAPTION = (
    "How well are the tasks solved? Top: the mean test error over all tasks, as in the paper's"
    " figure, where a single-task network counts with the heads that it never trained; this bar"
    " says little. The kind `untrained` has its own heads at their initial values, which predict"
    " nearly 0 and so err by the mean square of the targets. Middle and bottom: single-task"
    " networks on the one task that each has learned, which is what sharing has to beat. On this"
    " the paper's own numbers favour sharing on dSprites and MPI3D and single tasks on Shapes3D."
    " Lower is better. Bars and squares are means over seeds with one standard deviation (ddof 1),"
    " circles single seeds; n counts them. Diamonds are published values (Tables 8 to 10), hollow"
    " where conditions differ. A cross marks means some of whose networks diverged: those are left"
    " out and counted."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Test error over all tasks, over trained tasks, and of each task, for each dataset and
    variant.
    """
    panels = _panels(of_runs(learned_tasks(frame)))
    tasks = max(panel.table["column"].nunique() for panel in panels)
    width = max(0.8 + 0.25 * tasks, 3.2)
    # The bars of all tasks and of trained ones differ in what a single-task network counts for, not
    # in colour.
    kinds = [
        panel._replace(table=panel.table.assign(row=panel.table["row"].map(kind_of)))
        for panel in panels
    ]
    handles = [*bar_handles(kinds), *mark_handles(panels)]
    return draw_grid(
        panels,
        lambda axes, panel: (_draw_tasks if panel.label == EACH else draw_panel)(axes, panel),
        handles,
        Layout(width, bars_height(panels), abreast=1),
    )


def _panels(frame: pd.DataFrame) -> list[Panel]:
    found = []
    for label, part in variants(frame):
        mse = part[part["metric"].eq("mse") | part["diverged"]]
        losses = losses_on_test(mse)
        losses = losses[losses["metric"].eq("mse")]
        if len(losses):
            found += _variant_panels(mse, losses, variant_text(label))
    if not found:
        raise nothing("losses on tasks")
    order = [EVERY, OWN, EACH]
    return sorted(found, key=lambda panel: order.index(panel.label))


def _variant_panels(frame: pd.DataFrame, losses: pd.DataFrame, variant: str) -> list[Panel]:
    own = own_task_points(losses)
    every = kind_points(losses)
    totals = loss_table(frame, lambda x: loss_rows(kind_points(x)), _printed_totals())
    tasks = own_task_table(frame)
    tasks = tasks[~tasks["row"].isin(list(map(difference_row, kinds())))]
    panels = []
    for key, dataset, lines in cells_of(totals[totals["metric"] == "mse"]):
        seeds = every[every["dataset"] == dataset]
        panels.append(Panel((EVERY, *key), (dataset, variant), EVERY, TICKS, lines, seeds))
    for key, dataset, lines in cells_of(tasks[tasks["metric"] == "mse"]):
        total = lines["column"] == TOTAL
        seeds = own[own["dataset"] == dataset]
        means = seeds[seeds["column"] == TOTAL]
        panels.append(Panel((OWN, *key), (dataset, variant), OWN, TICKS, lines[total], means))
        panels.append(
            Panel(
                (EACH, *key),
                (dataset, variant),
                EACH,
                "task",
                lines[~total],
                seeds.drop(means.index),
            )
        )
    return panels


def _printed_totals() -> pd.DataFrame:
    """The printed totals: of single tasks the mean over the ten networks, as in the paper's
    figure.
    """
    every = printed_losses()
    totals = every[every["column"] == TOTAL]
    single = totals[totals["row"] != "multi_head"]
    means = single.groupby("dataset", as_index=False)["mean"].mean()
    first = single.drop_duplicates("dataset").drop(columns="mean").assign(row="single_mean")
    return pd.concat([first.merge(means), totals[totals["row"] == "multi_head"]])


def _draw_tasks(axes: Axes, panel: Panel) -> None:
    """Draw each task's networks side by side."""
    columns, rows = (list(panel.table[name].unique()) for name in ("column", "row"))
    for line in panel.table.to_dict("records"):
        beside = 0.8 * ((rows.index(line["row"]) + 0.5) / len(rows) - 0.5)
        seeds = panel.points[
            (panel.points["row"] == line["row"]) & (panel.points["column"] == line["column"])
        ]
        values = seeds["value"].dropna()
        x, colour = columns.index(line["column"]) + beside, row_colour(line["row"])
        if line["diverged"]:
            draw_diverged(axes, x)
        if line["n"] > 1:
            axes.errorbar(x, line["mean"], yerr=line["sd"], color=colour, linewidth=1.2, capsize=2)
        if line["n"]:
            axes.plot(x, line["mean"], color=colour, marker="s", markersize=5, linestyle="none")
            mark = MARKS["seed"][1] | {"markersize": 2.5}
            axes.plot(spread_evenly(x, values, 0.1), values, **mark, zorder=3)
        draw_published(axes, x + 0.08, line)
    axes.set_xticks(range(len(columns)), [column.removeprefix("task ") for column in columns])
    axes.set_xlim(-0.5, len(columns) - 0.5)
