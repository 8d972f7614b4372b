"""The untrained encoder with its own untrained heads (paper, Figure 13)."""

from typing import ClassVar

from mtdis.specs.run import HeadedRun


class Untrained(HeadedRun):
    """Encoder and heads as those of the same seed that learn all tasks start.

    Its codes are those of `random`, which has no heads; this kind is for the errors of its heads.
    """

    label: ClassVar[str] = "untrained"
    colour: ClassVar[str] = "#BBBBBB"
    order: ClassVar[int] = 11

    @property
    def networks(self) -> tuple[str, ...]:
        """One untrained network."""
        return ("untrained",)
