"""What tables and figures are made of: the long table, stages, and the draws of calibrations."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from mtdis import paths
from mtdis.artifacts import files
from mtdis.artifacts.calibrations import CALIBRATED
from mtdis.artifacts.stages import read_stage
from mtdis.reporting.long_table import no_nulls


def inputs(module: ModuleType, long: Path, stages: Sequence[Path]) -> list[Any]:
    """The arguments of a table's `make` or a figure's `draw`: the long table, the stages if there
    are some, and the draws beside the long table if the module reads them (NULLS).

    Without calibrations there are no draws: the table of them is empty.
    """
    frame = files.read_frame(long)
    given: list[Any] = [frame]
    if stages:
        given.append([read_stage(path) for path in stages])
    if getattr(module, "NULLS", False):
        # a file of draws may be left of a config that calibrated: the long table knows
        calibrated = frame["metric"].str.endswith(CALIBRATED).any()
        path = long.with_name(Path(paths.nulls("x", "x")).name)
        given.append(files.read_frame(path) if calibrated else no_nulls())
    return given
