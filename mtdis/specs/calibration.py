"""The settings of a calibration: how many nulls a score is put beside, and from which seed."""

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from mtdis.specs.base import Spec
from mtdis.specs.metric import Metric


class Calibration(Spec):
    """Numbers of rotated and permuted scores; `stop_after` ends a null that is plainly reached."""

    named: ClassVar[str | None] = "kind"

    rotations: int = Field(
        19, ge=0, description="rotated scores per null; p is at least 1 / (rotations + 1)"
    )
    permutations: int = Field(
        19, ge=0, description="scores with the images' factors permuted: the chance level"
    )
    seed: int = Field(0, ge=0, lt=2**32, description="seed of the rotations and permutations")
    stop_after: int = Field(
        0,
        ge=0,
        description="a null ends once so many rotated scores reach the score, which is exact"
        " (Besag and Clifford 1991); 0: never",
    )


class CalibratedMetric(NamedTuple):
    """A metric with its settings, and how its scores are calibrated."""

    metric: Metric
    calibration: Calibration

    def elided(self) -> dict[str, Any]:
        """Both as JSON values."""
        return {"metric": self.metric.elided(), "calibration": self.calibration.elided()}

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> "CalibratedMetric":
        """The pair of what `elided` gave; ConfigError says which field is wrong."""
        own = {k: v for k, v in fields["calibration"].items() if k != Calibration.named}
        return cls(Metric.from_fields(fields["metric"]), Calibration.parse(own))
