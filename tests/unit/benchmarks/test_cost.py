"""What a command took is its own: nothing of the process that asked, all of its children."""

import sys
from pathlib import Path

import pytest

from benchmarks.cost import cost

MIB = 2**20


def test_memory_of_the_process_that_asks_does_not_count(tmp_path: Path) -> None:
    ours = b"x" * (300 * MIB)
    taken = cost(tmp_path, [sys.executable, "-c", "print('hello')"], {})
    assert len(ours) == 300 * MIB
    assert 1 < taken.mebibytes < 200
    assert taken.output == "hello\n"


def test_memory_of_a_child_of_the_command_counts(tmp_path: Path) -> None:
    large = f"x = b'x' * {300 * MIB}"
    small = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}], check=True)"
    taken = cost(tmp_path, [sys.executable, "-c", small], {})
    assert 300 < taken.mebibytes < 400
    assert taken.cpu_seconds > 0
    assert taken.seconds > 0


def test_a_command_has_its_folder_and_its_variables(tmp_path: Path) -> None:
    taken = cost(
        tmp_path,
        [sys.executable, "-c", "import os; print(os.getcwd(), os.environ['A_NAME'])"],
        {"A_NAME": "b"},
    )
    assert taken.output.split() == [str(tmp_path), "b"]


def test_a_command_that_fails_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"status 3\n.*too bad"):
        cost(tmp_path, [sys.executable, "-c", "import sys; print('too bad'); sys.exit(3)"], {})
