"""Who may import whom: the rooms of the package, the arrows between them, and what each room stays
without.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

PACKAGE = ROOT / "mtdis"
BASE = {
    "errors",
    "pasting",
    "paths",
    "progress",
    "randomness",
    "discover",
    "numba_cache",
    "kernels",
    "program",
    "atomic",
}
"""Single modules that every room may import."""
ARROWS: dict[str, set[str]] = {
    "specs": set(),
    "study": {"specs"},
    "artifacts": {"specs"},
    "metrics": {"specs"},
    "data": {"specs", "artifacts"},
    "training": {"specs", "artifacts", "data"},
    "scoring": {"specs", "artifacts", "data", "metrics"},
    "stages": {"specs", "artifacts", "data", "metrics", "training", "scoring"},
    "reporting": {"specs", "artifacts"},
    "operations": {"specs", "artifacts", "study", "reporting"},
}
"""Room → the rooms that it may import beside the single modules. `commands` may import all of them,
`cli` the commands; nothing imports `commands` or `cli`."""
WITHOUT = {
    "torch": {
        "specs", "study", "artifacts", "data", "metrics", "scoring", "reporting", "operations",
    },
    "numpy": {"specs", "study"},
    "pandas": {"specs", "study"},
    "matplotlib": {
        "specs", "study", "artifacts", "data", "metrics", "training", "scoring", "stages",
    },
    "snakemake": {*ARROWS, "commands"},
}  # fmt: skip
"""Package → the rooms that importing does not bring it."""


def room_of(module: str) -> str:
    """The room of a module of mtdis, or the single module's own name."""
    return module.split(".")[1] if "." in module else "mtdis"


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(source: str) -> set[str]:
    """The modules of mtdis that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            names = {f"mtdis.{alias.name}" for alias in node.names}
            found |= names if node.module == "mtdis" else {node.module or ""}
    return {name for name in found if name.split(".")[0] == "mtdis"}


def against(module: str, source: str) -> set[str]:
    """What a module imports against the arrows."""
    room = room_of(module)
    if room == "commands":
        allowed = BASE | set(ARROWS) | {"commands"}
    elif room == "mtdis":  # the package itself: its face for scripts, imported when it is called
        allowed = {"training"}
    elif room == "cli":
        allowed = BASE | {"commands"}
    elif room in BASE:
        allowed = BASE
    else:
        allowed = BASE | ARROWS.get(room, set()) | {room}
    return {name for name in imported(source) if room_of(name) not in allowed}


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def test_every_room_has_its_arrows() -> None:
    rooms = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()}
    assert rooms == {*ARROWS, "commands"}
    assert {path.stem for path in PACKAGE.glob("[!_]*.py")} == BASE | {"cli"}


def test_no_import_goes_against_the_arrows() -> None:
    wrong = {name: against(name, path.read_text("utf-8")) for name, path in MODULES.items()}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("mtdis.artifacts.stages", "from mtdis.stages import umap", "mtdis.stages"),
        ("mtdis.scoring.run_scores", "from mtdis.study import Study", "mtdis.study"),
        ("mtdis.reporting.tables.table1", "from mtdis.data import tasks", "mtdis.data"),
        ("mtdis.training.loop", "    import mtdis.commands.train", "mtdis.commands.train"),
        ("mtdis.errors", "from mtdis import specs", "mtdis.specs"),
    ],
)
def test_an_arrow_broken_on_purpose_is_caught(module: str, line: str, broken: str) -> None:
    source = MODULES[module].read_text("utf-8")
    assert against(module, source) == set()
    within = f"\ndef late() -> None:\n{line}\n" if line.startswith(" ") else f"\n{line}\n"
    assert against(module, source + within) == {broken}


@pytest.mark.slow
@pytest.mark.parametrize("room", [*ARROWS, "commands"])
def test_importing_a_room_brings_nothing_that_it_stays_without(room: str) -> None:
    banned = sorted(package for package, rooms in WITHOUT.items() if room in rooms)
    names = [n for n in MODULES if room_of(n) == room]
    modules = ", ".join(names)
    code = f"import sys, {modules}; print(*({set(banned)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


TRAINS = ("train", "stage", "pilot")
"""The commands that need torch."""


@pytest.mark.slow
def test_commands_that_people_use_bring_no_torch() -> None:
    """Each command is imported when it is called, so that the others answer at once."""
    names = [n for n in MODULES if room_of(n) == "commands" and n.rsplit(".", 1)[-1] not in TRAINS]
    code = f"import sys, {', '.join(names)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_modules_that_texts_name_are_there() -> None:
    """Docstrings, messages and pages that name a module of mtdis name one that exists."""
    of_the_build = ROOT / "docs/project"  # copies of pages at the root
    pages = [
        page
        for page in ROOT.glob("docs/**/*.md")
        if page.parent != of_the_build and page.name != "extending.md"  # it names new ones
    ]
    texts = [*MODULES.values(), *pages, ROOT / "README.md"]
    named = {
        (str(path.relative_to(ROOT)), word)
        for path in texts
        for word in re.findall(r"\bmtdis/[a-z0-9_/]+\.py\b", path.read_text("utf-8"))
    }
    assert {(path, word) for path, word in named if not (ROOT / word).exists()} == set()
