"""Images along each latent dimension, made by a trained decoder (paper, section 4.2.2, Figures 7
and 10 to 12).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtdis.artifacts import runs, stages
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.errors import ConfigError
from mtdis.specs.stages.traversal import Traversal
from mtdis.stages._decoding import READINGS, decode
from mtdis.training.networks import make_decoder


def compute(stage: Traversal, sources: Sources) -> Outcome:
    """A test image, its reconstruction, and a frame per code and offset.

    `input`, `reconstruction` (S, S, C), `frames` (D, steps, S, S, C), all uint8; `offsets` (steps,)
    in the stage's unit, `unit_size` (D,): what one unit is of each code.
    """
    torch.set_num_threads(stage.parent.torch_threads)
    kept = stages.read_stage(sources.parent).arrays
    count = len(kept["codes"])
    # A spec can't know how many where combinations of an incomplete grid are held out.
    if stage.image > count:
        raise ConfigError(
            f"traversal: the decoder keeps {count} test images; found image {stage.image}."
        )
    place = stage.image - 1
    code, sizes = kept["codes"][place], unit_sizes(stage, kept)
    offsets = np.round(stage.low + stage.step * np.arange(stage.steps), 9)
    moved = traverse(code, starts(stage, code, kept), sizes, offsets)
    decoder = make_decoder(kept["inputs"].shape[3], kept["inputs"].shape[1], len(code))
    decoder.load_state_dict(runs.read_weights(sources.parent, "decoder"))
    pictures = partial(decode, decoder, READINGS[stage.parent.loss], device=torch.device("cpu"))
    frames = pictures(moved.reshape(-1, len(code)))
    return Outcome(
        arrays={
            "input": kept["inputs"][place],
            "reconstruction": pictures(code[None])[0],
            "frames": frames.reshape(*moved.shape[:2], *frames.shape[1:]),
            "offsets": offsets,
            "unit_size": sizes,
        }
    )


def unit_sizes(stage: Traversal, kept: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The step (D,) of each code for an offset of one."""
    sizes: NDArray[np.float64] = (
        kept["code_sd"] if stage.unit == "sd" else np.ones_like(kept["code_sd"])
    )
    return sizes


def starts(
    stage: Traversal, code: NDArray[np.float32], kept: Mapping[str, NDArray[Any]]
) -> NDArray[np.float64]:
    """The value (D,) of each code at an offset of nought: the image's own, or where codes are set 0
    or, in units of its spread, its mean.
    """
    centre = kept["code_mean"] if stage.unit == "sd" else np.zeros_like(kept["code_mean"])
    found: NDArray[np.float64] = code.astype(np.float64) if stage.move == "add" else centre
    return found


def traverse(
    code: NDArray[np.float32],
    start: NDArray[np.float64],
    sizes: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Codes (D, steps, D) of which block d has element d at each offset from `start` (D,), in units
    of `sizes` (D,).
    """
    moved = np.tile(code.astype(np.float64), (len(code), len(offsets), 1))
    every = np.arange(len(code))
    moved[every, :, every] = start[:, None] + np.outer(sizes, offsets)
    return moved.astype(np.float32)
