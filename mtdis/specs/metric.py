"""What every metric's settings share."""

from typing import ClassVar

from pydantic import Field

from mtdis.specs.base import Spec
from mtdis.specs.family import member_of


class Metric(Spec):
    """The settings of one disentanglement metric: the keyword arguments of its `score`."""

    named: ClassVar[str | None] = "name"

    seed: int = Field(0, ge=0, lt=2**32, description="seed of the sample and of the estimators")

    @classmethod
    def member(cls, name: str) -> type["Metric"]:
        """The settings class of a metric by its name."""
        found: type[Metric] = member_of("metrics", name, "metric")
        return found
