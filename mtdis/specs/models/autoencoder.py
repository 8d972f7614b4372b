"""The vanilla auto-encoder (paper, section 3.2.2)."""

from typing import ClassVar

from mtdis.specs.models._autoencoder_run import AutoencoderRun


class Autoencoder(AutoencoderRun):
    """Learns to reconstruct images from their codes, and nothing else."""

    label: ClassVar[str] = "auto-encoder"
    colour: ClassVar[str] = "#009E73"
    order: ClassVar[int] = 50
