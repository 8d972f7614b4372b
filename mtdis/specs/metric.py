"""Settings that all metrics share."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.base import Spec
from mtdis.specs.ids import identify
from mtdis.specs.shown import Best, Shown


class Metric(Spec):
    """The settings of one disentanglement metric, which its `score` takes."""

    named: ClassVar[str | None] = "name"
    family: ClassVar[str] = "metrics"
    thing: ClassVar[str] = "metric"
    defines: ClassVar[tuple[str, ...]] = ("score(codes, factors, settings)",)
    shown: ClassVar[Mapping[str, Shown]] = {}
    """Key of `score` → how tables and figures show it; without it, by its name and as a score."""
    rotations: ClassVar[int] = 19
    """How many rotations calibrate it unless the config says otherwise, by what one costs.

    0 where a rotation of white codes leaves the score as it is: its null says nothing, and only
    permutations calibrate it. Such a metric has rotations only if the config gives it its own.
    """
    permutations: ClassVar[int] = 19
    """How many permutations of the factors do."""
    calibrated_at: ClassVar[Mapping[str, int]] = {}
    """Sizes above which its calibration is too dear: lowered to them, in the score as well."""

    seed: int = Field(0, ge=0, lt=2**32, description="seed of the sample and of the estimators")

    @property
    def settings_id(self) -> str:
        """The id without the seed: scores of one setting may be averaged over seeds."""
        return identify(self.model_copy(update={"seed": 0}))

    @classmethod
    def best(cls, key: str) -> Best:
        """Which of a key's values is the best one."""
        return cls.shown.get(key, Shown(key)).best
