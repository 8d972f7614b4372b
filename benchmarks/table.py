"""A line of the benchmark table: ours and the alternative, both run here, with their spread."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = "| what | ours | alternative | unit | ratio | goal |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Row:
    """Rates of both sides over the repeats: higher is better."""

    what: str
    unit: str
    ours: Sequence[float]
    alternative: Sequence[float]
    name: str
    """What the alternative is."""
    goal: float | None = None
    """The ratio that was asked for, where one was."""

    @property
    def ratio(self) -> float:
        """Best of ours over best of the alternative."""
        return max(self.ours) / max(self.alternative)

    @property
    def ratios(self) -> tuple[float, float]:
        """Our worst over their best, and our best over their worst."""
        return min(self.ours) / max(self.alternative), max(self.ours) / min(self.alternative)

    def __str__(self) -> str:
        ours, other = (
            f"{min(rates):,.0f}–{max(rates):,.0f}" for rates in (self.ours, self.alternative)
        )
        low, high = self.ratios
        ratio = f"{self.ratio:.1f} ({low:.1f}–{high:.1f})"
        goal = "" if self.goal is None else f"≥ {self.goal:g}"
        return f"| {self.what} | {ours} | {other} ({self.name}) | {self.unit} | {ratio} | {goal} |"
