"""Mutual information gap by the formula of the paper's Appendix B.1, beside what was run
(`mig`).
"""

from pydantic import Field

from mtdis.specs.metric import Metric


class MigPaper(Metric):
    """Settings of MIG normalised by the information of all codes."""

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
