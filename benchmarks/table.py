"""A line of the benchmark table: ours and the alternative, both run here, with their spread."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """Rates of both sides over the repeats: higher is better."""

    what: str
    unit: str
    ours: Sequence[float]
    alternative: Sequence[float]
    name: str
    """What the alternative is."""

    @property
    def ratio(self) -> float:
        """Best of ours over best of the alternative."""
        return max(self.ours) / max(self.alternative)

    def __str__(self) -> str:
        ours, other = (f"{min(rates):,.0f}–{max(rates):,.0f}" for rates in (self.ours, self.alternative))
        return f"| {self.what} | {ours} | {other} ({self.name}) | {self.unit} | {self.ratio:.1f} |"
