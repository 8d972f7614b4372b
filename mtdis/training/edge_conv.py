"""The encoder's last convolutions as matrix products, which leave out the padding: most of what
their kernels meet.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

LARGEST_SIDE = 4
"""Images up to this side gain on a CPU: of 16 taps a side of 2 meets 4 with data, a side of 4 meets
9.
"""


class EdgeConv(nn.Conv2d):
    """A convolution of kernel 4, stride 2 and padding 1 on small images: `Conv2d` up to rounding,
    in fewer operations.

    On a GPU, where launches and not operations are the limit, it is `Conv2d` itself.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to (B, O, S/2, S/2): for each output pixel the product with the taps
        that meet data.
        """
        if images.is_cuda:
            return super().forward(images)
        pixels, kernel, side = (
            images.permute(0, 2, 3, 1),
            self.weight.permute(0, 2, 3, 1),
            images.shape[2],
        )
        spans = []  # the pixels of a line that an output sees, and the taps that see them
        for first in range(-1, side - 2, 2):
            start, stop = max(first, 0), min(first + 4, side)
            spans.append((slice(start, stop), slice(start - first, stop - first)))
        outputs = [
            linear(
                pixels[:, rows, columns].flatten(1), kernel[:, down, across].flatten(1), self.bias
            )
            for rows, down in spans
            for columns, across in spans
        ]
        half = side // 2
        return torch.stack(outputs, 1).reshape(len(images), half, half, -1).permute(0, 3, 1, 2)
