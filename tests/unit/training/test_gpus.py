"""GPUs of one machine: each process takes its own, a killed one gives it back, SLURM's and the
user's choice stands.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtdis.training.gpus import choose_gpu, lock_one, visible

HOLD = """
import sys
from pathlib import Path
from mtdis.training.gpus import choose_gpu
variables = {}
choose_gpu(variables, Path(sys.argv[1]), Path(sys.argv[2]))
print(variables["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The device files of a machine with two GPUs."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (folder / name).touch()
    return folder


@contextmanager
def another(machine: Path, locks: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Another process that has chosen a GPU; the one that CUDA shows it."""
    words = [sys.executable, "-c", HOLD, str(machine), str(locks)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip(), process
        process.stdin.close()


def test_two_processes_take_two_gpus_and_a_killed_one_gives_its_own_back(
    machine: Path, tmp_path: Path
) -> None:
    locks = tmp_path / "locks"
    with another(machine, locks) as (first, killed), another(machine, locks) as (second, _):
        assert {first, second} == {"0", "1"}
        assert lock_one(visible({}, machine), locks) is None
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert lock_one(visible({}, machine), locks) == first
    assert lock_one(visible({}, machine), locks) == second


def test_a_third_process_shares_and_says_so(
    machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with another(machine, tmp_path / "locks"), another(machine, tmp_path / "locks"):
        variables: dict[str, str] = {}
        choose_gpu(variables, machine, tmp_path / "locks")
    assert variables["CUDA_VISIBLE_DEVICES"] in ("0", "1")
    assert "each of the 2 GPUs is taken" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        ({"CUDA_VISIBLE_DEVICES": "1"}, ["1"]),
        ({"CUDA_VISIBLE_DEVICES": ""}, []),
        ({"SLURM_JOB_ID": "7"}, ["0", "1"]),
    ],
)
def test_the_choice_of_the_user_and_of_slurm_stands(
    variables: dict[str, str], seen: list[str], machine: Path, tmp_path: Path
) -> None:
    before = dict(variables)
    assert visible(variables, machine) == seen
    choose_gpu(variables, machine, tmp_path / "locks")
    assert variables == before
    assert not (tmp_path / "locks").exists()


def test_one_of_the_gpus_that_the_user_lists_is_chosen(machine: Path, tmp_path: Path) -> None:
    variables = {"CUDA_VISIBLE_DEVICES": "GPU-8f2e, GPU-11c0"}
    choose_gpu(variables, machine, tmp_path / "locks")
    assert variables == {"CUDA_VISIBLE_DEVICES": "GPU-8f2e"}


def test_a_machine_without_gpus_is_left_alone(tmp_path: Path) -> None:
    variables: dict[str, str] = {}
    choose_gpu(variables, tmp_path, tmp_path / "locks")
    assert variables == {}


def test_processes_of_one_allocation_take_a_gpu_each(tmp_path: Path) -> None:
    job = {"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "0,1"}
    first, second, other = dict(job), dict(job), job | {"SLURM_JOB_ID": "8"}
    for variables in (first, other, second):  # the numbers of another job mean other GPUs
        choose_gpu(variables, tmp_path, tmp_path / "locks")
    assert [v["CUDA_VISIBLE_DEVICES"] for v in (first, second, other)] == ["0", "1", "0"]


@pytest.mark.parametrize(
    ("listed", "seen"), [("-1", []), ("NoDevFiles", []), ("", []), ("1,-1,0", ["1"])]
)
def test_names_of_no_gpu_count_as_none(listed: str, seen: list[str], machine: Path) -> None:
    assert visible({"CUDA_VISIBLE_DEVICES": listed}, machine) == seen


def test_a_folder_of_locks_that_is_a_link_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "locks").symlink_to("elsewhere")
    (tmp_path / "file").touch()
    assert lock_one(["0"], tmp_path / "locks") is None
    assert lock_one(["0"], tmp_path / "file") is None
    assert list((tmp_path / "elsewhere").iterdir()) == []
