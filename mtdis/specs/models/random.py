"""The untrained encoder: the floor of every comparison (paper, section 4.1)."""

from typing import ClassVar

from mtdis.specs.run import ActivatedRun


class Random(ActivatedRun):
    """An encoder at its initial values."""

    label: ClassVar[str] = "random"
    colour: ClassVar[str] = "#999999"
    order: ClassVar[int] = 10

    @property
    def networks(self) -> tuple[str, ...]:
        """One untrained network."""
        return ("random",)
