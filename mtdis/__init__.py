"""How task supervision shapes disentangled representations, as a study that Snakemake runs.

For scripts and notebooks: `mtdis.load_run` opens a finished run, `mtdis.metrics` scores codes.
"""

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtdis.training.saved_run import SavedRun

__all__ = ["load_run"]


def load_run(path: str | PathLike[str], data: str | PathLike[str] | None = None) -> "SavedRun":
    """A finished run by its folder, or by the run.json in it: settings, networks, codes, factors.

    `data` is the folder of datasets; without it the one beside the `results` that the run lies in.
    Nothing but the record is read before it is asked for. ArtifactError if the record is missing or
    damaged.
    """
    from mtdis.training import saved_run  # here, so that `import mtdis` stays light

    return saved_run.load(path, data)
