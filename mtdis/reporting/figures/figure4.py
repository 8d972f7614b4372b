"""Figure 4 of the paper: does it matter that every task has its own head?"""

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.bars import draw_bars

KINDS = ("multi_head", "one_head")
ROWS = ("multi_head", "one_head")
CAPTION = (
    "Is it the sharing of an encoder by separate heads that disentangles, or only a target of many"
    " dimensions? Both kinds of run learn the same tasks; multi-head has a network of its own for"
    " each task behind the encoder, one-head a single one with as many outputs. The paper saw"
    " higher scores with separate heads in nearly every panel, and took this as evidence for the"
    " sharing; the differences are often within the spread over its three seeds. Bars are means"
    " over seeds and lines one standard deviation (ddof 1), circles single seeds. Diamonds are"
    " published values (ddof 0), hollow where conditions differ. A cross marks bars some of whose"
    " networks diverged: those are left out and counted, n counts the seeds left. The scores reach"
    " from 0 to 1; the axes do not."
    " FactorVAE is exactly 0 where no code's variance reaches its threshold, as of untrained"
    " encoders: that is no measure of their axes."
    " Where scores were calibrated, a pale band shows what 5 to 95 % of the rotations of the white"
    " codes score: a hollow square inside it is a score that arbitrary axes of these codes have,"
    " and the short line is the best aligned rotation. The band belongs to that square, not to the"
    " bar."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Multi-head and one-head encoders, a panel per key, dataset and variant."""
    return draw_bars(frame, ROWS)
