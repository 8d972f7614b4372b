"""Table 4 of the paper: how well decoders restore test images from the frozen codes of each kind of
network.
"""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.comparison import beside_published, by_dataset
from mtdis.reporting.labels import row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, variant_fields, variants
from mtdis.reporting.summaries.stage_networks import over_seeds, stage_frame

STAGES = ("decoder",)
KEYS = [("reconstruction", "mse"), ("reconstruction", "bce_sum")]
"""Both readings of the paper's numbers, in the order of the blocks."""
NO_DIFFERENCE = ("images", "seed", "torch_threads")
"""What may be set of a decoder without making its errors other ones than the paper's."""
COLUMNS = [*CELL, "row", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", *BESIDE]
CAPTION = (
    "How much of an image do the codes keep? Errors on the test split of decoders trained on the"
    " frozen codes of each network, after the paper's Table 4; lower is better. The paper prints"
    " one number per cell and calls it the reconstruction error: those of Shapes3D and MPI3D can be"
    " squared errors per pixel and channel, those of dSprites can't and fit the cross-entropy"
    " summed over an image, so that both are given. The cross-entropy of an image with greys is"
    " above 0 even if it is restored exactly. Look for the distance between networks of all tasks"
    " and the others; the paper found their errors 2 to 9 times smaller, and those of a single task"
    " larger than of the untrained network. A decoder that learns nothing from its codes gives the"
    " mean image. Decoders learn slowly from codes of a small scale, such as those of untrained"
    " networks: with scaling=standardised all codes have mean 0 and standard deviation 1. Mean ±"
    " standard deviation over the shown seeds, whose number is in parentheses"
    " (several single-task networks of a seed are averaged first); published values, of one network"
    " each, in brackets."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per variant, dataset, key, settings of the decoder and kind of run, the published
    value beside it.

    Raises ValueError without any stage.
    """
    del frame  # it holds the same values beside those of everything else
    if not stages:
        raise ValueError("nothing to draw: there is no result of the stage decoder.")
    values = stage_frame(stages, KEYS)
    unlike = []  # the differences from the paper's runs and from its decoders
    for of_run, settings in zip(values["unlike_paper"], values["settings"], strict=True):
        fields = [text for text in settings.split(", ") if text]
        own = [f"decoder.{f}" for f in fields if f.partition("=")[0] not in NO_DIFFERENCE]
        unlike.append(", ".join(filter(None, [of_run, *own])))
    values = values.assign(row=values["kind"], unlike_paper=unlike)
    parts = [_part(part).assign(**label) for label, part in variants(values)]
    return (
        pd.concat(parts).reindex(columns=[*variant_fields(values), *COLUMNS]).reset_index(drop=True)
    )


def _part(part: pd.DataFrame) -> pd.DataFrame:
    """The lines of one variant: by key, settings, dataset in the paper's order, and kind."""
    lines = by_dataset(beside_published(over_seeds(part), part, published.numbers("4")))
    keys = {key: place for place, (_, key) in enumerate(KEYS)}
    lines = lines.assign(
        key_place=lines["key"].map(keys),
        dataset_place=pd.factorize(lines["dataset"])[0],
        row_place=lines["row"].map(row_place),
    )
    return lines.sort_values(["key_place", "settings", "dataset_place", "row_place"], kind="stable")
