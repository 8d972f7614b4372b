"""The vanilla auto-encoder (paper, section 3.2.2)."""

from mtdis.specs.models._autoencoder_run import AutoencoderRun


class Autoencoder(AutoencoderRun):
    """Learns to reconstruct images from their codes, and nothing else."""
