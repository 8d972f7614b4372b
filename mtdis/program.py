"""The program of a study, frozen when the study starts: package, Snakefile, rules, environments.

Jobs start for days after that. Each reads the package, and on a cluster the Snakefile, when it
starts: of a checkout that is edited meanwhile, two programs would be mixed in one study. So a start
copies both into FOLDER, named by the hash of their content, and its jobs run the copy. It lies in
.snakemake because it is the driver's own, neither result nor log, and on the file system that the
jobs share with it.

A copy knows itself by its MANIFEST. With it come the files that Python and numba have compiled:
they stand by the dates of the sources, which the copy keeps.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any

from mtdis import atomic

FOLDER = ".snakemake/mtdis"
"""Where copies lie, below the folder that snakemake works in."""
MANIFEST = "program.json"
STUDIES = "studies"
"""Folder of a copy with the configs of the studies that were started with it."""
STUDY = "MTDIS_STUDY"
"""Environment variable of jobs: the file of their study's config."""
INCOMPLETE = ".snakemake/incomplete"
"""Snakemake's markers of jobs that have begun, or wait in a cluster's queue, and have not ended."""
KEPT = 3
"""Copies that stay: of the newest starts."""
LENGTH = 16
"""Hexadecimal digits of the hash that name a copy."""
NAMED = 5
"""Changed files that are named; of more the number is told."""
CACHE = "__pycache__"
HERE = Path(__file__).parents[1]
"""The folder that holds the running package: a checkout, site-packages, or a copy."""
_held: list[int] = []


@dataclass(frozen=True)
class Source:
    """A file of the program, as it was read."""

    path: Path
    content: bytes
    written: int
    """Date of its last change in nanoseconds."""


@dataclass(frozen=True)
class Program:
    """The files of package and workflow as they were at one moment, by their path in a copy."""

    files: Mapping[str, Source]

    @classmethod
    def read(cls, checkout: Path, package: Path = HERE / "mtdis") -> "Program":
        """The program of a package and of the Snakefile in a checkout."""
        found = {f"mtdis/{path.relative_to(package)}": path for path in _sources(package)}
        for folder in ("workflow", "envs"):
            there = _sources(checkout / folder)
            found |= {str(path.relative_to(checkout)): path for path in there}
        found |= {path.name: path for path in [checkout / "Snakefile"] if path.exists()}
        return cls({name: _source(found[name]) for name in sorted(found)})

    @cached_property
    def sums(self) -> dict[str, str]:
        """The SHA-256 of each file."""
        return {name: sha256(file.content).hexdigest() for name, file in self.files.items()}

    @cached_property
    def name(self) -> str:
        """The hash of the content, by which copies and records name the program."""
        return sha256(json.dumps(self.sums, sort_keys=True).encode()).hexdigest()[:LENGTH]

    def freeze(self, folder: Path, about: Mapping[str, Any]) -> Path:
        """Copy the program into a folder unless it is there, whole; the copy."""
        copy, previous = folder / self.name, last_started(folder)
        if not _is_whole(copy, self):
            temporary = folder / f".{self.name}.{os.getpid()}.tmp"
            shutil.rmtree(temporary, ignore_errors=True)
            self._write(temporary, dict(about), previous)
            shutil.rmtree(copy, ignore_errors=True)
            temporary.replace(copy)
        (copy / MANIFEST).touch()
        return copy

    def _write(self, copy: Path, about: dict[str, Any], previous: Path | None) -> None:
        for name, source in self.files.items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.content)
            os.utime(path, ns=(source.written, source.written))
        for name, source in self.files.items():
            if name.endswith("/__init__.py"):
                _copy_compiled(source.path.with_name(CACHE), (copy / name).with_name(CACHE))
                if previous:
                    before = (previous / name).with_name(CACHE)
                    _copy_compiled(before, (copy / name).with_name(CACHE))
        content = about | {"program": self.name, "files": self.sums}
        (copy / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def start(program: Program, folder: Path, config: str) -> tuple[Path, str, str]:
    """Freeze the program of a study that starts, and its config: JSON in the config's own order.

    The copy, the file of the config, and in one line what has changed since the last start, empty
    if nothing has. Copies that nothing uses are removed.
    """
    home = folder / FOLDER
    previous = last_started(home)
    changed = _changed(_manifest(previous), program) if previous else ""
    copy = program.freeze(home, {"commit": commit()})
    study = copy / STUDIES / f"{sha256(config.encode()).hexdigest()[:LENGTH]}.json"
    atomic.write_text(study, config)
    if not _jobs_are_left(folder / INCOMPLETE):
        remove_unused(home, copy)
    return copy, str(study), changed


def shell_prefix(copy: Path) -> str:
    """The beginning of each job's shell command: `mtdis` is that of the copy.

    Not by the environment alone, of which snakemake takes PYTHONPATH away in conda's. Snakemake
    formats the text, so that braces are doubled.
    """
    strict = "set -euo pipefail; " if shutil.which("bash") else ""
    line = f"export PYTHONPATH={quote(str(copy))}${{PYTHONPATH:+:$PYTHONPATH}}; "
    return strict + line.replace("{", "{{").replace("}", "}}")


def config_of_job() -> dict[str, Any] | None:
    """The config of the study whose job this is; None where its driver named none."""
    file = os.environ.get(STUDY)
    if not (file and frozen()):
        return None
    found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    return found


def frozen() -> str:
    """The hash of the copy that runs; empty in a checkout or an installed package."""
    return str(_manifest(HERE).get("program", ""))


def hold() -> None:
    """Keep the copy that runs from being removed as long as this process lives."""
    with suppress(OSError):
        lock = os.open(HERE / MANIFEST, os.O_RDONLY)
        _held.append(lock)
        flock(lock, LOCK_SH | LOCK_NB)


def last_started(home: Path) -> Path | None:
    """The copy that the last study here was started with."""
    return next(iter(_by_start(home)), None)


def remove_unused(home: Path, current: Path) -> None:
    """Remove the copies that no process runs but those of the newest starts."""
    for copy in [found for found in _by_start(home) if found != current][KEPT - 1 :]:
        with suppress(OSError):  # held by a process, or of a user who lets nobody remove it
            lock = os.open(copy / MANIFEST, os.O_RDWR)  # as NFS wants it for an exclusive lock
            try:
                flock(lock, LOCK_EX | LOCK_NB)
                shutil.rmtree(copy)
            finally:
                os.close(lock)


def commit() -> str:
    """The commit of the package's checkout, with '+changes' if it has uncommitted ones; of a copy,
    that of the checkout which it was made of.

    Empty outside a checkout, and in one that does not track the package: installed below another
    project's folder, that one's commit would say nothing.
    """
    if frozen():
        return str(_manifest(HERE)["commit"])
    folder = Path(__file__).parent
    try:
        _git(folder, "ls-files", "--error-unmatch", "__init__.py")
        head = _git(folder, "rev-parse", "HEAD")
        return head + ("+changes" if _git(folder, "status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(folder: Path, *words: str) -> str:
    # a hook's GIT_DIR would name another repository than the one of the folder
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(folder), *words]
    said = subprocess.run(command, capture_output=True, env=variables, check=True).stdout
    return said.decode(errors="replace").strip()


def _sources(folder: Path) -> Iterator[Path]:
    """The files below a folder but for what is compiled, and what editors hide there."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != CACHE and not name.startswith(".")]
        hidden = (name for name in names if name.startswith(".") or name.endswith((".pyc", "~")))
        yield from (Path(parent, name) for name in set(names).difference(hidden))


def _source(path: Path) -> Source:
    return Source(path, path.read_bytes(), path.stat().st_mtime_ns)


def _copy_compiled(source: Path, target: Path) -> None:
    """Copy what is compiled, its permissions as the umask has them; of what another process is
    writing just now, nothing.
    """
    for file in source.iterdir() if source.is_dir() else ():
        if not (target / file.name).exists():
            target.mkdir(exist_ok=True)
            with suppress(OSError):
                shutil.copyfile(file, target / file.name)


def _is_whole(copy: Path, program: Program) -> bool:
    """True if a copy holds these files and their bytes: nobody has edited it."""
    if _manifest(copy).get("program") != program.name:
        return False
    try:
        return Program.read(copy, copy / "mtdis").sums == program.sums
    except OSError:
        return False


def _manifest(copy: Path) -> dict[str, Any]:
    try:
        found = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_start(home: Path) -> list[Path]:
    """The copies in a folder, those of the newest starts first."""
    found = [path for path in home.glob(f"[0-9a-f]*/{MANIFEST}") if path.is_file()]
    return [path.parent for path in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def _changed(before: Mapping[str, Any], program: Program) -> str:
    sums = before.get("files", {})
    names = sorted(n for n in {*sums, *program.sums} if sums.get(n) != program.sums.get(n))
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return (
        f"The program has changed since the last start here: {', '.join(names[:NAMED])}{more}."
        " Jobs take the new one from now on; what is finished stays."
    )


def _jobs_are_left(markers: Path) -> bool:
    """True if a driver that was killed may have left jobs in a cluster's queue."""
    for path in markers.rglob("*") if markers.is_dir() else ():
        with suppress(OSError, ValueError):
            if json.loads(path.read_text(encoding="utf-8")).get("external_jobid"):
                return True
    return False
