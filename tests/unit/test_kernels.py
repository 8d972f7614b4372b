"""The kernels that a record names are those in force, one setting fixes them, and results that mix
several are told.

The libraries read their settings when they are loaded, so that most is tried in processes of their
own.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy  # noqa: F401 - one test needs it to be loaded
import pytest
from helpers.places import ROOT
from helpers.small_study import spec_of

from mtdis import kernels
from mtdis.errors import ConfigError

HAS_AVX2 = kernels.LEVELS["AVX2"] <= set(kernels._cpuinfo("flags").split())
needs_avx2 = pytest.mark.skipif(not HAS_AVX2, reason="needs a processor with AVX2")
CONVOLVE = """
import torch
torch.nn.Conv2d(3, 8, 4)(torch.zeros(1, 3, 8, 8))
from mtdis import kernels
print("level", kernels.onednn_level())
"""
ONEDNN_SAYS = {
    "Intel SSE4.1": "SSE41",
    "Intel AVX": "AVX",
    "Intel AVX2": "AVX2",
    "Intel AVX2 with Intel DL Boost": "AVX2_VNNI",
    "Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions": "AVX512_CORE",
    "Intel AVX-512 with Intel DL Boost": "AVX512_CORE_VNNI",
    "Intel AVX-512 with Intel DL Boost and bfloat16 support": "AVX512_CORE_BF16",
}
"""What oneDNN 3.12 prints of itself, for the levels of processors that we have had."""


def plain(**changes: str) -> dict[str, str]:
    """An environment without settings of kernels, but for these."""
    ours = {kernels.SETTING, "DNNL_MAX_CPU_ISA", *kernels.FIXED}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"PYTHONPATH": str(ROOT)} | changes


def python(code: str, **changes: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=plain(**changes)
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["", "SSE41", "AVX", "AVX2", "AVX512_CORE", "nonsense"])
def test_the_level_of_onednn_is_the_one_that_it_prints_itself(limit: str) -> None:
    said = python(CONVOLVE, DNNL_VERBOSE="1", **({"ONEDNN_MAX_CPU_ISA": limit} if limit else {}))
    (line,) = [line for line in said.splitlines() if "cpu,isa:" in line]
    name = line.partition("isa:")[2]
    if name not in ONEDNN_SAYS:
        pytest.skip(f"a processor that we have not had: {name}")
    assert f"level {ONEDNN_SAYS[name]}" in said


def test_levels_are_told_from_the_flags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(kernels, "CPUINFO", info)
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    haswell = "fpu sse4_1 sse4_2 avx fma avx2"
    skylake = f"{haswell} avx512f avx512dq avx512bw avx512vl"
    for flags, level in {
        "fpu": "",
        haswell: "AVX2",
        f"{haswell} avx_vnni": "AVX2_VNNI",
        skylake: "AVX512_CORE",
        f"{skylake} avx512_bf16": "AVX512_CORE",  # no processor has it without VNNI
        f"{skylake} avx_vnni avx512_vnni avx512_bf16": "AVX512_CORE_BF16",
    }.items():
        info.write_text(f"model name\t: A\nflags\t\t: {flags}\n\nmodel name\t: B\nflags\t\t: fpu\n")
        assert kernels.onednn_level() == level
    assert kernels.processor() == "A"


def test_another_kind_of_machine_has_a_line_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kernels, "CPUINFO", tmp_path / "none")
    assert kernels.onednn_level() == ""
    assert "oneDNN" not in kernels.in_force()
    assert kernels.in_force("cuda (NVIDIA H200)").startswith("GPU NVIDIA H200, ")


@pytest.mark.slow
@needs_avx2
def test_the_setting_fixes_every_library() -> None:
    code = (
        "from mtdis import kernels; kernels.fix(); import torch, numpy; print(kernels.in_force())"
    )
    fixed = python(code, OMP_NUM_THREADS="1", MTDIS_KERNELS="avx2")
    assert fixed.strip() == (
        "ATen AVX2, oneDNN AVX2, MKL COMPATIBLE, BLAS Haswell, NumPy X86_V3, 1 thread"
    )
    assert python(code, MTDIS_KERNELS="native") == python(code)


@pytest.mark.slow
@needs_avx2
def test_the_compiler_of_numba_is_told_too() -> None:
    code = """
from mtdis import kernels; kernels.fix()
import numba
from numba.core import codegen
target = numba.core.registry.cpu_target.target_context.codegen()
print(target.magic_tuple()[1:])
"""
    assert python(code, MTDIS_KERNELS="avx2").strip() == "('haswell', '+avx2,+fma')"


def test_an_unknown_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.SETTING, "sse")
    with pytest.raises(ConfigError, match="MTDIS_KERNELS is 'sse'; give avx2, or native"):
        kernels.fix()


def test_a_processor_without_avx2_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("model name : Old One\nflags : fpu sse4_1 avx\n")
    monkeypatch.setattr(kernels, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setenv(kernels.SETTING, "avx2")
    with pytest.raises(ConfigError, match=r"this processor \(Old One\) lacks"):
        kernels.fix()


@needs_avx2
def test_a_setting_that_comes_too_late_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in kernels.FIXED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(kernels.SETTING, "avx2")
    with pytest.raises(ConfigError, match="was loaded before; set it before Python starts"):
        kernels.fix()


def trained(data: Path, out: Path, **changes: str) -> tuple[dict[str, str], bytes]:
    """The execution and the weights of a small training in a process of its own."""
    words = ["--spec", json.dumps(spec_of("multi_head")), "--dataset", str(data / "d.json")]
    words += ["--targets", str(data / "t.json"), "--out", str(out / "run.json")]
    subprocess.run(
        [sys.executable, "-m", "mtdis.cli", "train", *words],
        env=plain(**changes),
        capture_output=True,
        check=True,
    )
    execution = json.loads((out / "run.json").read_text())["execution"]
    return execution, (out / "weights.safetensors").read_bytes()


@pytest.mark.slow
@needs_avx2
def test_equal_kernels_give_equal_bytes_whatever_way_they_were_set(
    data: Path, tmp_path: Path
) -> None:
    """Also where the environment had other settings before: the one setting wins."""
    first, ours = trained(data, tmp_path / "a", MTDIS_KERNELS="avx2")
    again, theirs = trained(
        data, tmp_path / "b", MTDIS_KERNELS="avx2", ATEN_CPU_CAPABILITY="default", MKL_CBWR="AUTO"
    )
    assert first["kernels"] == again["kernels"]
    assert ours == theirs
    assert first["processor"] == kernels.processor()


@pytest.mark.slow
def test_other_kernels_are_another_line(data: Path, tmp_path: Path) -> None:
    """And other bytes: if not, nothing of this would be needed."""
    lowest = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    if kernels.onednn_level() in ("", "SSE41"):
        pytest.skip("this processor has no other kernels")
    native, ours = trained(data, tmp_path / "a")
    lower, theirs = trained(data, tmp_path / "b", **lowest)
    assert native["kernels"] != lower["kernels"]
    assert "ATen DEFAULT" in lower["kernels"]
    assert "oneDNN SSE41" in lower["kernels"]
    assert ours != theirs


def test_mixed_kernels_are_counted_by_library() -> None:
    lines = [
        "ATen AVX512, BLAS Haswell, 1 thread",
        "ATen AVX512, BLAS Haswell, 4 threads",
        "BLAS Haswell, 1 thread",
        "ATen AVX2, BLAS Haswell, 1 thread",
        "",
    ]
    assert kernels.mixed(lines) == {"ATen": {"AVX2": 1, "AVX512": 2}}
    assert kernels.mixed(lines[:3]) == {}
    assert kernels.mixed(["GPU A100, ATen AVX2", "GPU H100, ATen AVX2", "ATen AVX2"]) == {
        "GPU": {"A100": 1, "H100": 1}
    }


@pytest.mark.parametrize(
    ("written", "exported", "in_jobs"),
    [
        ("native", {}, "native"),
        ("avx2", {}, "avx2"),
        ("avx2", {"MTDIS_KERNELS": "native"}, "native"),
    ],
)
def test_the_slurm_profile_hands_the_setting_to_its_jobs(
    written: str, exported: dict[str, str], in_jobs: str, tmp_path: Path
) -> None:
    """By the environment, which SLURM's jobs inherit; what the user exported wins."""
    profile = (ROOT / "profiles/slurm/config.v8+.yaml").read_text()
    assert "\n  kernels: native\n" in profile
    (tmp_path / "p.yaml").write_text(profile.replace("kernels: native", f"kernels: {written}"))
    code = "import os, yte; yte.process_yaml(open('p.yaml')); print(os.environ['MTDIS_KERNELS'])"
    assert python(code, **exported).strip() == in_jobs
