"""Principal components of the images, from as many as a small matrix of products holds."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh
from torch import nn

from mtdis.randomness import generator
from mtdis.specs.models.pca import Pca
from mtdis.training.batches import Images
from mtdis.training.networks import TaskNetwork


def build(run: Pca, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """A linear encoder of all pixels, zero until `fit` fills it."""
    height, width, channels = image_shape
    linear = nn.Linear(height * width * channels, run.latent_size, device="meta")
    encoder = nn.Sequential(nn.Flatten(), linear).to_empty(device="cpu")
    for parameter in encoder.parameters():
        nn.init.zeros_(parameter)
    return TaskNetwork(encoder, None)


@torch.no_grad()
def fit(run: Pca, model: TaskNetwork, images: Images, rows: NDArray[np.int64]) -> None:
    """Fill the encoder from some of these rows (n,) of the training split."""
    count = min(run.fit_images, len(rows))
    drawn = np.sort(generator(run.seed, "pca images").choice(rows, count, replace=False))
    pixels = images.batch(torch.from_numpy(drawn)).flatten(1).double().cpu().numpy()
    components, mean = principal_components(pixels, run.latent_size)
    linear = model.encoder.get_submodule("1")
    linear.get_parameter("weight").copy_(torch.from_numpy(components))
    linear.get_parameter("bias").copy_(torch.from_numpy(-components @ mean))


def principal_components(
    table: NDArray[np.float64], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Components (count, P), by falling variance, and the mean (P,) of a table (n, P).

    Rows are orthonormal, but zero where nothing varies any more; the entry of each that is largest
    in size is positive. From the smaller of the matrices of products (P, P) and (n, n): bounded by
    n² values however large the images are.
    """
    mean = table.mean(axis=0)
    centred = table - mean
    wide = centred.shape[0] < centred.shape[1]
    products = centred @ centred.T if wide else centred.T @ centred
    last = len(products) - 1
    variances, vectors = eigh(products, subset_by_index=(last - count + 1, last))
    found = (vectors.T @ centred if wide else vectors.T)[::-1]
    there = variances[::-1, None] > 1e-10 * max(variances[-1], 0)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    components = np.where(there, found / np.where(lengths > 0, lengths, 1), 0.0)
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    return components * np.where(largest < 0, -1, 1), mean
