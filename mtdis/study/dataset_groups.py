"""The paper's three datasets under one word each: `dataset: rendered` or `dataset: genuine`."""

from typing import Any

GROUPS: dict[str, tuple[str, ...]] = {
    "rendered": ("dsprites_rendered", "shapes3d_rendered", "mpi3d_real_rendered"),
    "genuine": ("dsprites", "shapes3d", "mpi3d_real"),
}
"""A word → the datasets that it stands for: a sweep. The paper's MPI3D is the real one."""


def named(given: Any) -> tuple[Any, ...]:
    """The names of the datasets that a value in a config stands for: those of a group, or
    itself.
    """
    return GROUPS.get(given, (given,)) if isinstance(given, str) else (given,)
