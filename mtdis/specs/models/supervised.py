"""The factors themselves as what is learned: the most that labels could say of the axes."""

from typing import ClassVar

from mtdis.specs.models._hard_sharing_run import RegularisedRun


class Supervised(RegularisedRun):
    """One network with a head per factor that varies; it learns their standardised values."""

    defines: ClassVar[tuple[str, ...]] = (
        *RegularisedRun.defines,
        "targets_of_factors(run, values)",
    )
    label: ClassVar[str] = "supervised"
    colour: ClassVar[str] = "#8C510A"
    order: ClassVar[int] = 45

    @property
    def networks(self) -> tuple[str, ...]:
        """One network for all factors."""
        return ("supervised",)

    @property
    def learned_factors(self) -> tuple[int, ...]:
        """The places, from 0, of the factors with at least two classes."""
        return tuple(place for place, size in enumerate(self.dataset.sizes) if size > 1)

    @property
    def target_count(self) -> int:
        """The number of factors that vary."""
        return len(self.learned_factors)
