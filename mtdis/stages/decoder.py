"""A decoder that learns to restore images from frozen codes (paper, sections 4.2.2 and C.2, Table
4).
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtdis.artifacts import datasets, records
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import Split
from mtdis.randomness import generator
from mtdis.specs.stages.decoder import Decoder
from mtdis.stages._decoding import READINGS, decode, pictures, reconstruction_errors
from mtdis.stages._training import all_codes, fit
from mtdis.training import networks
from mtdis.training.batches import CodedImages, Images
from mtdis.training.devices import device_name, fits, set_up
from mtdis.training.learner import Learner

METRIC = "reconstruction"
SUFFIXES = {"test": "", "train": "_train"}
"""Endings of the keys `mse` and `bce_sum`: errors are those of the test split where a key does not
say otherwise.
"""


def compute(stage: Decoder, sources: Sources) -> Outcome:
    """Errors of the trained decoder on the training and test split, some test images, and its
    weights.
    """
    device = set_up(stage.torch_threads, stage.needs_gpu)
    data, split = load(stage, sources, device)
    decoder = build(stage, data).to(device)
    reading = READINGS[stage.loss]

    def loss(codes: Tensor, images: Tensor) -> Tensor:
        return reading.loss(decoder(codes).to(images.dtype), images)

    learner = Learner(stage, decoder, loss)
    progress = fit(stage, learner, data, split["train"], sources)
    errors = {part: reconstruction_errors(decoder, reading, data, split[part]) for part in SUFFIXES}
    diverged = (
        bool(progress.diverged)
        or not np.isfinite([v for part in errors.values() for v in part.values()]).all()
    )
    return Outcome(
        rows=[
            {"metric": METRIC, "key": f"{key}{SUFFIXES[part]}", "value": value}
            for part, by_key in errors.items()
            for key, value in by_key.items()
            if not diverged
        ],
        arrays={} if diverged else shown(stage, decoder, data, split),
        weights={
            f"decoder.{key}": value.cpu().contiguous()
            for key, value in decoder.state_dict().items()
        },
        history=progress.history,
        diverged=diverged,
        device=device_name(device),
        execution=progress.execution,
        seconds_before=progress.seconds_before,
    )


def load(stage: Decoder, sources: Sources, device: torch.device) -> tuple[CodedImages, Split]:
    """Codes, scaled, and images of the parent's dataset, and its split; on the device if they fit
    there.
    """
    pixels = torch.from_numpy(datasets.read_dataset(sources.dataset, "images"))
    place = device if fits(pixels.nbytes, device) else torch.device("cpu")
    codes, split = all_codes(stage, sources, place)
    if stage.scaling == "standardised":
        codes = standardised(codes, torch.from_numpy(split["train"]))
    white = records.read_json(sources.dataset, "mtdis dataset")["white"]
    return CodedImages(codes, Images(pixels.to(place), white, None, device)), split


def standardised(codes: Tensor, rows: Tensor) -> Tensor:
    """Codes (N, D) with mean 0 and standard deviation 1 on these rows; 0 where one is constant
    there.
    """
    fitted = codes[rows.to(codes.device)].double()
    spread = fitted.std(dim=0, correction=0)
    spread = torch.where(spread > 0, spread, torch.inf)
    return ((codes.double() - fitted.mean(dim=0)) / spread).float()


def build(stage: Decoder, data: CodedImages) -> nn.Module:
    """The decoder at its initial values, which are those of an auto-encoder of the same seed."""
    _, size, _, channels = data.images.pixels.shape
    decoder = networks.make_decoder(channels, size, data.codes.shape[1])
    networks.initialise(decoder, "pytorch", stage.seed, "decoder")
    return decoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def shown(
    stage: Decoder, decoder: nn.Module, data: CodedImages, split: Split
) -> dict[str, NDArray[Any]]:
    """Images `rows` of the dataset as they are and as they are restored, and their codes.

    `inputs`, `reconstructions` (n, S, S, C) uint8, `codes` (n, D); `code_mean`, `code_sd` (D,) over
    the test split.
    """
    # The same images for all networks on a dataset: drawn by the decoder's seed alone.
    count = min(stage.kept_images, len(split["test"]))
    rows = np.sort(
        generator(stage.seed, "shown images").choice(split["test"], count, replace=False)
    )
    chosen = data.codes[torch.from_numpy(rows)].cpu().numpy()
    tested = data.codes[torch.from_numpy(split["test"])].cpu().numpy().astype(np.float64)
    return {
        "rows": rows,
        "inputs": pictures(data.images.batch(torch.from_numpy(rows))),
        "reconstructions": decode(decoder, READINGS[stage.loss], chosen, data.device),
        "codes": chosen,
        "code_mean": tested.mean(axis=0),
        "code_sd": tested.std(axis=0),
    }
