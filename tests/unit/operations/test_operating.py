"""What the user's commands share: none imports torch, tables fit the terminal, sizes and durations
are readable.
"""

import json
import subprocess
import sys
from errno import EACCES
from pathlib import Path

import pytest
from helpers.small_results import finish, of_kind, score, study_in

from mtdis.cli import main
from mtdis.commands import _text as columns
from mtdis.progress import duration

HEAVY = {"torch", "numpy", "h5py", "pandas", "scipy", "sklearn"}
RUN = "multi_head+version=2+dataset=dsprites_rendered+seed="
COMMANDS = {
    "plan": ["plan", "--hours"],
    "status": ["status"],
    "show": ["show", f"{RUN}1"],
    "diff": ["diff", f"{RUN}1", f"{RUN}2"],
    "prune": ["prune", "--data"],
    "doctor": ["doctor"],
    "tables": ["tables", "--partial"],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_of_the_user_imports_torch_and_each_prints_json(
    command: str, tmp_path: Path
) -> None:
    study = study_in(tmp_path)
    for seed in (1, 2):
        finish(study, of_kind(study, "multi_head", seed))
    score(study, of_kind(study, "multi_head", 1))
    words = [*COMMANDS[command], "--json"]
    code = (
        f"import sys; from mtdis.cli import main; s = main({words!r}); print('|', *sys.modules);"
        " sys.exit(s)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 or (command == "doctor" and done.returncode == 1), (
        done.stderr
    )  # SLURM may be down
    printed, _, modules = done.stdout.rpartition("|")
    json.loads(printed)
    allowed = HEAVY - {"torch"} if command == "tables" else set()
    assert set(modules.split()) & HEAVY <= allowed


def test_what_may_not_be_read_is_named_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(path: Path) -> bool:  # root may read everything
        if path.name == "shapes":
            raise PermissionError(EACCES, "Permission denied", str(path))
        return is_dir(path)

    is_dir = Path.is_dir
    study_in(tmp_path)
    monkeypatch.setattr(Path, "is_dir", locked)
    assert main(["own", "shapes"]) == 2
    assert (
        capsys.readouterr().err
        == "mtdis: error: own/shapes: Permission denied. See that you may read and write there.\n"
    )


def test_columns_are_aligned_and_numbers_flush_right() -> None:
    table = columns.aligned([["name", "n", "what"], ["a", 1, "x"], ["long name", 12345, "y"]])
    assert table.splitlines() == [
        "name            n  what",
        "a               1  x",
        "long name  12,345  y",
    ]


def test_lines_are_cut_to_the_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    assert columns.cut("x" * 500) == "x" * 500
    monkeypatch.setattr(columns, "terminal_width", lambda: 10)
    assert columns.cut("x" * 500) == "x" * 9 + "…"
    assert columns.cut("x" * 10) == "x" * 10
    assert max(map(len, columns.aligned([["a" * 30, "b"], ["c", "d"]]).splitlines())) == 10


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (2**30, "1.0 GiB"), (5 * 2**40, "5.0 TiB")],
)
def test_sizes_are_readable(count: int, text: str) -> None:
    assert columns.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (600, "10 min"), (5400, "1.5 h"), (3600 * 1234, "1,234 h")],
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text
