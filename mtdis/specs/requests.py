"""Requests that a training or a stage makes of the machine it runs on."""

from typing import TYPE_CHECKING, ClassVar

from mtdis.specs.dataset import Dataset

PROGRAM_MIB = 3072
"""Memory of the program beside the images."""


class Requests:
    """Threads, GPUs and memory, from the fields of a run or stage."""

    needs_gpu: ClassVar[bool] = False

    if TYPE_CHECKING:  # a field of runs, a property of stages

        @property
        def dataset(self) -> Dataset:
            """The images."""

    @property
    def threads(self) -> int:
        """CPU threads that are used: the field `torch_threads` where there is one."""
        return int(getattr(self, "torch_threads", 1))

    @property
    def gpus(self) -> int:
        """Number of GPUs that are used where there are some."""
        return int(self.needs_gpu)

    @property
    def memory_mib(self) -> int:
        """Memory in MiB: the images, as read and as held, and the program."""
        height, width, channels = self.dataset.image_shape
        return PROGRAM_MIB + 2 * self.dataset.count * height * width * channels // 2**20
