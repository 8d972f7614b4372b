"""The untrained encoder: the floor of every comparison (paper, section 4.1)."""

from mtdis.specs.run import Run


class Random(Run):
    """An encoder at its initial values."""

    @property
    def networks(self) -> tuple[str, ...]:
        """One untrained network."""
        return ("random",)
