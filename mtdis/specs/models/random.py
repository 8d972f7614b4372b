"""The untrained encoder: the floor of every comparison (paper, section 4.1)."""

from mtdis.specs.run import EncoderRun


class Random(EncoderRun):
    """An encoder at its initial values."""

    @property
    def networks(self) -> tuple[str, ...]:
        """One untrained network."""
        return ("random",)
