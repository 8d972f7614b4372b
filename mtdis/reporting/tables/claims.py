"""The claims of the paper, or of the config, each with a test that can fail."""

from collections.abc import Mapping

import pandas as pd

from mtdis.reporting.claims.table import claims_table
from mtdis.specs.claim import Claim

READS_CLAIMS = True
CAPTION = (
    "Which claims do these runs carry? A line per claim, a column per dataset, a block per score."
    " The verdict first: supported if the p-value adjusted for the family, which is one claim over"
    " all scores and datasets, is at most .05; n too small if the family's size times the least"
    " p-value that so few pairs can have is above .05, with the number that would do (the"
    " adjustment of cells that go together can reach .05 with fewer); else not supported, which is"
    " no evidence of the contrary. Then the difference, in brackets the interval that inverts the"
    " test and in parentheses its level, which of three pairs is .75 and of five .9375; n counts"
    " pairs, which share a seed; p by flipping signs or permuting within seeds, one-sided where the"
    " claim names a direction; adjusted by Westfall and Young's step-down or, over single tasks,"
    " Holm; the least p that n allows; and better, the chance that a seed of the one is better than"
    " one of the other. Axes is the adjusted p of the codes against rotations of themselves, where"
    " they were calibrated: above .05 a higher score is no evidence of alignment. Beyond one sd is"
    " the paper's wording in section 4.1 and no test."
)


def make(
    frame: pd.DataFrame,
    claims: Mapping[str, Claim] | None = None,
    nulls: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One line per variant, claim and cell of its family (`claims_table`); without claims those of
    the paper.
    """
    return claims_table(frame, claims or {}, nulls)
