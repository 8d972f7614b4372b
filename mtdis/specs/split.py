"""The number of images in each part of a split, as far as a spec tells: a plan knows it before
there is any image.
"""

from collections.abc import Sequence
from math import prod

from mtdis.errors import unknown
from mtdis.specs.dataset import Dataset

Counts = tuple[int, int, int]
"""Of training, validation and test."""


def row_counts(rows: int) -> Counts:
    """Of a shuffle that is cut at int(.75 N) and int(.875 N), as in the released code."""
    train, train_and_validation = int(0.75 * rows), int(0.875 * rows)
    return train, train_and_validation - train, rows - train_and_validation


def combination_counts(combinations: int, needed: int) -> Counts:
    """Combinations that train, validate and test: cut as rows are, but two at least are held out
    and `needed` train.

    `needed` is how many it takes for every class to be in training. Where they are fewer than
    `needed` + 2, validation has none.
    """
    held_out = min(max(2, combinations - int(0.75 * combinations)), combinations - needed)
    return combinations - held_out, held_out // 2, held_out - held_out // 2


def image_counts(dataset: Dataset, held_out: Sequence[str]) -> Counts | None:
    """Images of each part.

    None where the dataset itself must be asked: combinations in an incomplete grid.
    """
    if not held_out:
        return row_counts(dataset.count)
    if not dataset.complete:
        return None
    sizes = _sizes(dataset, held_out)
    images = dataset.count // prod(sizes)
    train, validation, test = combination_counts(prod(sizes), max(sizes))
    return train * images, validation * images, test * images


def combined_factors(dataset: Dataset, held_out: Sequence[str]) -> tuple[str, ...]:
    """The factors in the dataset's order.

    ValueError unless they are two or more, each once, and vary in it.
    """
    sizes = _sizes(dataset, held_out)
    if min(sizes) < 2:
        raise ValueError(
            f"{held_out[sizes.index(min(sizes))]} has one class; keep more of them or leave it out"
            " here"
        )
    if len(set(held_out)) < max(2, len(held_out)):
        raise ValueError(
            "combinations need two factors or more, each once; name some of"
            f" {', '.join(dataset.names)}"
        )
    most, needed = min(dataset.count, prod(sizes)), max(sizes)
    if most < needed + 2:
        raise ValueError(too_few(most, needed))
    return tuple(name for name in dataset.names if name in held_out)


def too_few(combinations: int, needed: int) -> str:
    """Message for factors with too few combinations to be split by."""
    return (
        f"these factors have {combinations} combinations of classes, and {needed + 2} are needed:"
        f" {needed} so that every class is in training, one to validate and one to test; name other"
        " or more factors, or keep more classes"
    )


def _sizes(dataset: Dataset, factors: Sequence[str]) -> list[int]:
    """Number of classes of each named factor; ValueError for a name that is none."""
    if strange := [factor for factor in factors if factor not in dataset.names]:
        raise ValueError(unknown("factor", strange[0], dataset.names))
    return [dataset.sizes[dataset.names.index(factor)] for factor in factors]
