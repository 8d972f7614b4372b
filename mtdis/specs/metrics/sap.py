"""Separated attribute predictability (Kumar et al., 2018), settings of the disentanglement_lib
study.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Sap(Metric):
    """Settings of SAP with one linear support vector machine per code and factor."""

    references: ClassVar[tuple[str, ...]] = ("kumar2018", "locatello2019")
    shown: ClassVar[Mapping[str, Shown]] = {
        "SAP_score": Shown("SAP"),
    }

    version: ClassVar[int] = 2
    """2: the primal machines are solved to their optimum, no longer to scikit-learn's tolerance."""

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    solver: Literal["primal", "dual"] = Field(
        "primal",
        description=(
            "of the linear machines: primal is scikit-learn's present choice, dual that before 1.5"
        ),
    )
