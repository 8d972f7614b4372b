"""Figure 14 of the paper: does an encoder of more tasks disentangle better?"""

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.sweeps import draw_sweep

READS = "tasks"
SWEEPS = "tasks.count"
CAPTION = (
    "Do more tasks make codes more disentangled? Follow the lines from left to right; tasks are"
    " nested, so a run of 20 learns the 10 of the run before and 10 more. The steps of the axis are"
    " not proportional. The paper has 5 to 50 tasks and saw no clear trend; where the question is"
    " decided, from 1 to 4 tasks, it has none. Squares are means over seeds with one standard"
    " deviation (ddof 1), circles single seeds, n counts them. A red cross at the top, with their"
    " number, marks networks that diverged: they are left out, where the paper drew its diverged"
    " run (40 tasks, MPI3D) as a low score. The scores reach from 0 to 1; the axes do not."
    " Where scores were calibrated, a pale band shows what 5 to 95 % of the rotations of the white"
    " codes score: a small hollow square inside it is a score that arbitrary axes of these codes"
    " have, and the short line is the best aligned rotation. The band belongs to that square, not"
    " to the filled one."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Scores against the number of tasks, a panel per key, dataset and variant."""
    return draw_sweep(frame, "spec.tasks.count", float, "number of tasks", "-")
