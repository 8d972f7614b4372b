"""Figure 15 of the paper: does it matter which factors each task depends on?"""

import pandas as pd
from matplotlib.figure import Figure

from mtdis.reporting.drawing.sweeps import draw_sweep

READS = "tasks"
SWEEPS = "tasks.subsets"
SCHEMES = ("all", "random", "halves", "grow", "pairs", "triples", "positions")
CAPTION = (
    "Do codes disentangle better when each task depends on some of the factors only? Compare every"
    " scheme with all. The paper saw no conclusive effect. Two facts to know: its text names only"
    " random subsets and halves (odd tasks see the first half of the factors, even tasks the"
    " other), while the released code also has growing sets, pairs and triples; and the masks of"
    " the released code are broken: they are used as positions, so that nearly every task depends"
    " on the first two factors, whatever the scheme. If the paper's figure was made with them, it"
    " compares nothing: `positions`, where it is shown, is what all their schemes come to. Here the"
    " other masks are boolean and do what their scheme says. Of six or seven"
    " factors, as the paper's datasets have, triples are the same sets as halves: their points are"
    " equal and no second confirmation. Squares are means over seeds with one standard deviation"
    " (ddof 1), circles single seeds, n counts them; a red cross at the top, with their number,"
    " marks networks that diverged and are left out. The scores reach from 0 to 1; the axes do not."
    " Where scores were calibrated, a pale band shows what 5 to 95 % of the rotations of the white"
    " codes score: a small hollow square inside it is a score that arbitrary axes of these codes"
    " have, and the short line is the best aligned rotation. The band belongs to that square, not"
    " to the filled one."
)


def draw(frame: pd.DataFrame) -> Figure:
    """Scores per scheme of factor subsets, a panel per key, dataset and variant."""
    known = {scheme: place for place, scheme in enumerate(SCHEMES)}
    return draw_sweep(
        frame,
        "spec.tasks.subsets",
        lambda scheme: (known.get(scheme, len(known)), scheme),
        "factors of each task",
        "none",
    )
