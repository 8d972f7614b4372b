"""Which device a training takes, and what its bits depend on there."""

from contextlib import suppress
from ctypes import CDLL

import torch

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's mallopt (malloc.h)."""


def set_up(threads: int, needs_gpu: bool) -> torch.device:
    """Choose the device and fix what its bits depend on: threads, and deterministic kernels."""
    keep_freed_memory()
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if needs_gpu and torch.cuda.is_available() else "cpu")


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory: given back, every large activation costs page faults at each step."""
    with suppress(OSError, AttributeError):  # another C library, another allocator
        libc = CDLL(None)
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**26)):
            libc.mallopt(option, value)


def device_name(device: torch.device) -> str:
    """The device in words, for the log and the record."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''})"
