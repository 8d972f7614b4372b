"""`mtdis doctor`: what is wrong is BAD with a fix and makes the exit status 1.

Programs are faked by scripts.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import finish, of_kind, score, study_in, text

from mtdis import kernels
from mtdis.cli import main
from mtdis.operations import doctor

Program = Callable[[str, str], None]
Findings = dict[str, dict[str, str]]
UP = "gpu* up 4 1-00:00:00 gpu:a100:8(S:0-1)\nold down 2 2:00 (null)"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Puts a program on an otherwise empty path."""
    shell = shutil.which("sh")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def put(name: str, body: str) -> None:
        text(f"bin/{name}", f"#!{shell}\n{body}\n").chmod(0o755)

    return put


def examined(capsys: pytest.CaptureFixture[str], status: int = 0) -> Findings:
    assert main(["doctor", "--json"]) == status
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert all(set(one) == {"thing", "standing", "found", "fix"} for one in found)
    assert all(one["fix"] for one in found if one["standing"] == "BAD")
    return {one["thing"]: one for one in found}


def slurm(
    program: Program, sacct: str = "exit 0", age: int = 300, sinfo: str = f"echo '{UP}'"
) -> None:
    program("sbatch", "exit 0")
    program("sinfo", sinfo)
    program("sacct", sacct)
    program("scontrol", f"echo 'MaxJobCount = 1'\necho 'MinJobAge               = {age} sec'")


def test_a_machine_without_slurm_and_gpu_is_well(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_in(tmp_path)
    found = examined(capsys)
    assert found["slurm"]["found"].startswith("no sbatch here")
    assert found["torch"]["standing"] == "ok"
    assert found["config"]["found"] == "study small: 6 runs"
    assert found["folder results"]["found"] == "will be made"


def test_partitions_gpus_and_accounting_are_told(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    slurm(program)
    found = examined(capsys)
    assert (
        found["partition gpu*"]["found"]
        == "up, 4 nodes, time limit 1-00:00:00, GPUs gpu:a100:8(S:0-1)"
    )
    assert (found["partition old"]["standing"], found["partition old"]["found"]) == (
        "note",
        "down, 2 nodes, time limit 2:00, GPUs none",
    )
    assert found["sacct"]["standing"] == "ok"
    assert found["MinJobAge"]["found"] == "300 s"


@pytest.mark.parametrize(("age", "standing"), [(300, "ok"), (119, "BAD")])
def test_without_accounting_slurm_must_remember_ended_jobs(
    age: int, standing: str, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    slurm(program, "echo 'Slurm accounting storage is disabled' >&2; exit 1", age)
    found = examined(capsys, status=int(standing == "BAD"))
    assert found["sacct"]["standing"] == "note"
    assert "status: squeue" in found["sacct"]["fix"]
    assert found["MinJobAge"]["standing"] == standing


@pytest.mark.parametrize(("age", "standing"), [(120, "ok"), (119, "note")])
def test_with_accounting_a_short_memory_needs_another_setting(
    age: int, standing: str, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    slurm(program, age=age)
    found = examined(capsys)["MinJobAge"]
    assert found["standing"] == standing
    assert ("status: sacct" in found["fix"]) == (standing == "note")


def test_a_silent_controller_is_bad(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    slurm(program, sinfo="echo 'Unable to contact slurm controller' >&2; exit 1")
    assert "Unable to contact" in examined(capsys, status=1)["slurm"]["found"]


def test_a_gpu_that_torch_cannot_use_is_bad(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program("nvidia-smi", "echo 'NVIDIA H200'; echo 'NVIDIA H200'")
    monkeypatch.setattr(doctor, "torch_cuda", lambda: "")
    assert (
        examined(capsys, status=1)["gpu"]["found"]
        == "NVIDIA H200, NVIDIA H200, which this torch can't use"
    )
    monkeypatch.setattr(doctor, "torch_cuda", lambda: "12.8")
    found = examined(capsys)
    assert found["gpu"]["found"] == "NVIDIA H200, NVIDIA H200"
    assert found["torch"]["found"].endswith("for CUDA 12.8")


def test_the_cuda_of_torch_is_what_torch_says() -> None:
    import torch

    assert doctor.torch_cuda() == (torch.version.cuda or "")


@pytest.mark.parametrize(
    ("version", "slurm_is_here", "standing"),
    [("2.8.1", True, "ok"), ("2.7.1", True, "BAD"), ("", False, "note")],
)
def test_old_packages_are_named_with_what_is_needed(
    version: str,
    slurm_is_here: bool,
    standing: str,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if slurm_is_here:
        slurm(program)
    monkeypatch.setattr(doctor, "_version", lambda name: version if "slurm" in name else "99.0")
    found = {one.thing: one for one in doctor.findings(Path())}["snakemake-executor-plugin-slurm"]
    assert found.standing == standing
    assert standing == "ok" or ("2.8 or newer is needed" in found.found and "[slurm]" in found.fix)


def test_a_folder_that_can_not_be_written_is_bad(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("results").mkdir()
    access = os.access  # root may write anywhere
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != "results" and access(path, mode)
    )
    found = examined(capsys, status=1)
    assert found["folder results"]["standing"] == "BAD"
    assert found["folder data"]["standing"] == "ok"


def test_little_disk_is_bad(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LOW_DISK", 2**70)
    assert "mtdis prune" in examined(capsys, status=1)["disk"]["fix"]


def test_a_lock_and_a_wrong_config_are_told(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_in(tmp_path)
    text(".snakemake/locks/0.input.lock", "")
    assert "snakemake --unlock" in examined(capsys)["lock"]["fix"]
    text("config.yaml", "name: x\nexperiments: {a: {kind: multi_heads}}")
    assert "multi_head" in examined(capsys, status=1)["config"]["found"]


def test_text_has_a_line_each(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["ok", "python"]
    assert all(line.split()[0] in ("ok", "note") for line in lines)
    assert lines[-1].endswith("→ run in the folder that holds it")


def test_results_of_mixed_kernels_are_a_note_with_the_setting_that_ends_it(
    program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    finish(study, of_kind(study, "random"), kernels="ATen AVX512, 1 thread")
    assert "kernels of results" not in examined(capsys)
    finish(study, of_kind(study, "multi_head"), kernels="ATen AVX2, 1 thread")
    found = examined(capsys)["kernels of results"]
    assert found["standing"] == "note"
    assert found["found"] == "mixed: ATen AVX2 (1), AVX512 (1)"
    assert "MTDIS_KERNELS=avx2" in found["fix"]
    score(study, of_kind(study, "random"), kernels="ATen SSE, 1 thread")
    found = examined(capsys)["kernels of results"]
    assert found["found"] == "mixed: ATen AVX2 (1), AVX512 (1), SSE (1)"


def test_the_processor_and_the_setting_are_shown(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MTDIS_KERNELS", "native")
    found = examined(capsys)["processor"]["found"]
    assert found.startswith(kernels.processor())
    assert found.endswith("MTDIS_KERNELS: native")
