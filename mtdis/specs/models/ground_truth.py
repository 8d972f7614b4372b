"""The true factors as codes: the best that heads on frozen codes could be given (paper, Table
1).
"""

from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.run import FactorRun


class GroundTruth(FactorRun):
    """One code per factor of the dataset, constant ones too."""

    label: ClassVar[str] = "true factors"
    colour: ClassVar[str] = "#F0E442"
    order: ClassVar[int] = 80

    scaling: Literal["raw", "standardised"] = Field(
        "raw",
        description=(
            "factor values as they are in the dataset, or with mean 0 and standard deviation 1"
        ),
    )

    @property
    def networks(self) -> tuple[str, ...]:
        """One table of codes, under this name."""
        return ("ground_truth",)

    @property
    def code_count(self) -> int:
        """The number of factors."""
        return len(self.dataset.names)
