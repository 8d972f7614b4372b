"""The files with which a study runs: of the checkout, or of the package where it was installed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mtdis.errors import ArtifactError, ConfigError

PARTS = ("Snakefile", "config.yaml", "envs/mtdis.yaml", "workflow", "profiles")
"""What lies in a checkout and runs a study; setup.py puts the same into wheels."""
SUFFIXES = ("", ".smk", ".yaml", ".rst")
PACKAGE = Path(__file__).parents[1]
PACKED = "_workflow"
"""The folder of the package that holds them in a wheel."""


def root() -> Path:
    """The folder that holds PARTS; ArtifactError if neither checkout nor wheel does."""
    for folder in (PACKAGE / PACKED, PACKAGE.parent):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise ArtifactError(
        f"{PACKAGE} has no {', '.join(PARTS)}, which run a study: it was installed by other means"
        " than a wheel of mtdis or a checkout (pip install -e .). Install one of these."
    )


def names(folder: Path) -> Iterator[str]:
    """The paths of the files in PARTS, relative to the folder that holds them, sorted.

    Only of the kinds that belong there: what a user's editor or snakemake leaves is none.
    """
    for part in sorted(PARTS):
        found = [folder / part] if (folder / part).is_file() else (folder / part).rglob("*")
        for path in sorted(found):
            inner = path.relative_to(folder)
            hidden = any(step.startswith(".") for step in inner.parts)
            if path.is_file() and path.suffix in SUFFIXES and not hidden:
                yield inner.as_posix()


def write(target: Path) -> list[str]:
    """Write the files into a folder, made if need be; their paths in it.

    ConfigError, before any is written, if one is there already.
    """
    source = root()
    wanted = list(names(source))
    there = [name for name in wanted if (target / name).exists()]
    if there:
        more = f" and {len(there) - 3} more" if len(there) > 3 else ""
        raise ConfigError(
            f"{target} has {', '.join(there[:3])}{more} already; nothing was written. Name a new"
            " folder, or move these away."
        )
    for name in wanted:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, target / name)  # profiles hold a program
    return wanted
