"""The device of a training, and the settings that its bits depend on there."""

import os
from contextlib import suppress
from ctypes import CDLL

import torch

from mtdis.specs.run import Precision
from mtdis.training.gpus import choose_gpu

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's mallopt (malloc.h)."""
CUBLAS_WORKSPACE = ":4096:8"
"""With a workspace of fixed size, products on several streams of a GPU give the same bits each time
(cuBLAS manual).
"""
RESERVE = 4 * 2**30
"""Bytes of a GPU that are kept for networks, activations and captured graphs beside a dataset that
lies there.
"""


def set_up(threads: int, needs_gpu: bool) -> torch.device:
    """Choose the device and fix what its bits depend on: threads, and deterministic kernels."""
    keep_freed_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", CUBLAS_WORKSPACE)
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    if needs_gpu:
        choose_gpu()
    return torch.device("cuda" if needs_gpu and torch.cuda.is_available() else "cpu")


def set_precision(precision: Precision, device: torch.device) -> Precision:
    """Fix how a GPU multiplies fp32 numbers, for the whole process; the precision in force there.

    It is the one asked for, but fp32 on a device without TF32.

    bf16 is the learner's doing (see `Learner.step`); what it leaves in fp32 is multiplied
    as under tf32.
    """
    has_tf32 = device.type == "cuda" and torch.cuda.is_tf32_supported()
    products = "tf32" if has_tf32 and precision != "fp32" else "ieee"
    torch.backends.cuda.matmul.fp32_precision = products
    torch.backends.cudnn.conv.fp32_precision = products  # type: ignore[attr-defined]
    return "fp32" if precision == "tf32" and not has_tf32 else precision


def fits(size: int, device: torch.device) -> bool:
    """Return whether so many bytes fit on the device: on a CPU always, they lie there already."""
    if device.type != "cuda":
        return True
    free, _ = torch.cuda.mem_get_info(device)
    held_unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(
        device
    )  # given back when it is needed
    return size + RESERVE <= free + held_unused


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory: given back, every large activation costs page faults at each
    step.
    """
    with suppress(OSError, AttributeError):  # another C library, another allocator
        libc = CDLL(None)
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**26)):
            libc.mallopt(option, value)


def device_name(device: torch.device) -> str:
    """The device in words, for the log and the record."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''})"
