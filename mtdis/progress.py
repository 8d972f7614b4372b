"""Progress bars: only on a terminal, so that logs stay readable."""

from typing import Any

from tqdm import tqdm


def progress_bar(total: int, label: str, unit: str) -> "tqdm[Any]":
    """A bar with speed and time left; silent where standard error is not a terminal."""
    return tqdm(
        total=total, desc=label, unit=f" {unit}", unit_scale=True, disable=None, dynamic_ncols=True
    )
