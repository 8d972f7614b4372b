"""How alike the codes of two runs are that differ in the seed alone."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from mtdis.specs.run import Run
from mtdis.specs.shown import Shown
from mtdis.specs.stage import NetworkStage

METRIC = "seed_consistency"


class SeedConsistency(NetworkStage):
    """Settings of the comparison of a network with that of the same name in another seed's run."""

    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {
        (METRIC, "matched_pearson"): Shown("matched codes (Pearson)"),
        (METRIC, "matched_spearman"): Shown("matched codes (Spearman)"),
        (METRIC, "procrustes"): Shown("R² up to a rotation"),
        (METRIC, "procrustes_white"): Shown("R² of white codes up to a rotation"),
        (METRIC, "second_from_first"): Shown("linear R² of the other seed's codes"),
        (METRIC, "first_from_second"): Shown("linear R² from the other seed's codes"),
        (METRIC, "mean_cca"): Shown("mean canonical correlation"),
        (METRIC, "linear_cka"): Shown("linear CKA"),
    }

    other_seed: int = Field(
        2, ge=0, lt=2**32, description="seed of the run that it is compared with, all else equal"
    )

    @property
    def other(self) -> Run | None:
        """The parent with the other seed."""
        return self.parent.model_copy(update={"seed": self.other_seed})

    @model_validator(mode="after")
    def _seeds_differ(self) -> Self:
        if self.other_seed == self.parent.seed:
            raise ValueError(
                f"other_seed {self.other_seed} is the run's own, whose codes are the same; name"
                " another seed of the experiment"
            )
        return self
