"""The layers of a network, read off the real modules (paper, Tables 2 and 3, Figures 1 and 2)."""

from mtdis.specs.run import EncoderRun, Run
from mtdis.specs.stage import NetworkStage


class Architecture(NetworkStage):
    """No settings beside the network."""

    @classmethod
    def fits(cls, run: Run) -> bool:
        """Return whether the run has networks."""
        return isinstance(run, EncoderRun)
