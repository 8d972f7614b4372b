"""Disentanglement, completeness, informativeness by the formulas of the paper's Appendix B.4,
beside `dci`.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class DciPaper(Metric):
    """Settings of DCI with the paper's logarithms and its normalised error."""

    references: ClassVar[tuple[str, ...]] = ("eastwood2018", "maziarka2021")
    shown: ClassVar[Mapping[str, Shown]] = {
        "disentanglement": Shown("DCI disentanglement by Appendix B"),
        "completeness": Shown("DCI completeness by Appendix B"),
        "normalised_error": Shown("DCI error by Appendix B", "lowest"),
    }

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    estimator: Literal["mtdis", "sklearn"] = Field(
        "mtdis",
        description="who grows the trees: our own code, or scikit-learn, whose trees ours equal",
    )
