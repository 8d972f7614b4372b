"""Figure 3 of the paper: does an encoder of all tasks disentangle better than an encoder of one?"""

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.bars import draw_bars

KINDS = ("random", "single_task", "multi_head")
ROWS = ("random", "single_mean", "single_max", "single_min", "multi_head")
CAPTION = (
    "Do encoders that serve all tasks disentangle better than untrained ones and than those that"
    " serve one task? Compare the multi-head bar with the highest single task (upward triangle),"
    " not only with the single-task bar: a gain beyond the best task is not one lucky task. The"
    " paper saw multi-head codes above nearly all others on its three datasets, mostly by more than"
    " a standard deviation; with three seeds that is an observation, not a test. Bars are means"
    " over seeds and lines one standard deviation (ddof 1), circles single seeds; for single tasks"
    " the mean over the tasks of a seed comes first. Triangles are the tasks with the highest and"
    " the lowest mean over seeds. Diamonds are published values (ddof 0), hollow where conditions"
    " differ. A cross marks bars some of whose networks diverged: those are left out and counted, n"
    " counts the seeds left. The scores reach from 0 to 1; the axes do not."
    " FactorVAE is exactly 0 where no code's variance reaches its threshold, as of untrained"
    " encoders: that is no measure of their axes."
    " Where scores were calibrated, a pale band shows what 5 to 95 % of the rotations of the white"
    " codes score: a hollow square inside it is a score that arbitrary axes of these codes have,"
    " and the short line is the best aligned rotation. The band belongs to that square, not to the"
    " bar."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Random, single-task and multi-head encoders, a panel per key, dataset and variant."""
    return draw_bars(frame, ROWS)
