"""The layers of a network, read off the real modules (paper, Tables 2 and 3, Figures 1 and 2)."""

from collections.abc import Mapping
from typing import ClassVar

from mtdis.specs.run import EncoderRun, Run
from mtdis.specs.shown import Shown
from mtdis.specs.stage import NetworkStage

PARTS = ("encoder", "decoder", "discriminator", "heads", "task_network", "network")
"""The parts of networks, as the rows of layers name them."""


class Architecture(NetworkStage):
    """No settings beside the network."""

    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {
        ("layers", part): Shown(part.replace("_", " ").capitalize(), "neither") for part in PARTS
    }

    @classmethod
    def fits(cls, run: Run) -> bool:
        """Return whether the run has networks."""
        return isinstance(run, EncoderRun)
