"""What a record says of how it was made."""

import subprocess
import sys

import pytest

from mtdis.artifacts import provenance

MIB = 2**20
PRINT = "from mtdis.artifacts import provenance; {}; print(provenance.peak_memory())"


def peak(doing: str) -> float:
    command = [sys.executable, "-c", PRINT.format(doing)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not provenance.STATUS.exists(), reason="only Linux tells a process's own peak")
def test_peak_memory_is_not_that_of_the_process_that_started_this_one() -> None:
    ours = b"x" * (400 * MIB)
    assert provenance.peak_memory() > 400
    assert 5 < peak("pass") < 100
    assert len(ours) == 400 * MIB


def test_peak_memory_counts_what_was_given_back() -> None:
    assert 300 < peak(f"x = b'x' * {300 * MIB}; del x") < 400


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1024), ("darwin", MIB)])
def test_without_proc_getrusage_tells(
    platform: str, unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "STATUS", provenance.STATUS.with_name("nothing"))
    monkeypatch.setattr(sys, "platform", platform)
    counted = provenance.resource.getrusage(provenance.resource.RUSAGE_SELF).ru_maxrss
    assert provenance.peak_memory() == pytest.approx(counted / unit, rel=0.01)


def test_processor_and_kernels_are_recorded() -> None:
    about = provenance.execution("cuda (NVIDIA H200)", 1)
    assert about["processor"]
    assert about["kernels"].startswith("GPU NVIDIA H200, ")
