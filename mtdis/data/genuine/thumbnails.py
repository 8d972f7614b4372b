"""Images made smaller, as disentanglement_lib does for Cars3D and smallNORB."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64


def thumbnail(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image (H, W) or (H, W, 3) as (64, 64) or (64, 64, 3), by Pillow's Lanczos filter, which
    antialiases.

    disentanglement_lib calls `thumbnail` (Cars3D) and `resize` (smallNORB) with the filter's old
    name ANTIALIAS; from 128 and 96 pixels both give these bytes.
    """
    return np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS))
