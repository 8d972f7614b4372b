"""Progress for people: bars, only on a terminal so that logs stay readable, and durations."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm


def progress_bar(total: int, label: str, unit: str) -> "tqdm[Any]":
    """A bar with speed and time left; silent where standard error is not a terminal."""
    from tqdm import tqdm  # commands that only say how long something takes go without

    return tqdm(
        total=total, desc=label, unit=f" {unit}", unit_scale=True, disable=None, dynamic_ncols=True
    )


def duration(seconds: float) -> str:
    """Seconds for people: `45 s`, `12 min`, `3.4 h`, `120 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 100 else f"{hours:,.0f} h"
