"""Kernels: the instruction sets that the libraries' arithmetic uses here. A sum is rounded in
another order in each, so that the last bits of a result depend on them (docs/same-bytes.md).

Neither numpy nor torch is imported: of those that are loaded it is told what they use.
"""

import os
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtdis.errors import ConfigError

SETTING = "MTDIS_KERNELS"
"""Environment variable that fixes one instruction set for all libraries."""
NATIVE, AVX2 = "native", "avx2"
FIXED = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",  # MKL's branch AVX2 is silently another one on AMD
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "NUMBA_CPU_FEATURES": "+avx2,+fma",
    "NUMBA_CPU_NAME": "haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
"""How each library is told to use AVX2, read by it when it is loaded or first used."""
CPUINFO = Path("/proc/cpuinfo")
LEVELS = {
    "SSE41": {"sse4_1"},
    "AVX": {"avx"},
    "AVX2": {"avx2", "fma"},
    "AVX2_VNNI": {"avx_vnni"},
    "AVX2_VNNI_2": {"avx_vnni_int8", "avx_ne_convert"},
    "AVX512_CORE": {"avx512f", "avx512bw", "avx512vl", "avx512dq"},
    "AVX512_CORE_VNNI": {"avx512_vnni"},
    "AVX512_CORE_BF16": {"avx512_bf16"},
    "AVX512_CORE_FP16": {"avx512_fp16"},
    "AVX512_CORE_AMX": {"amx_tile", "amx_int8", "amx_bf16"},
}
"""oneDNN's names of instruction sets, ascending, and the flags in /proc/cpuinfo that tell each."""


def fix() -> None:
    """Fix the instruction set that the environment asks for; before numpy and torch are loaded.

    ConfigError if it is unknown, if this processor lacks it, or if it comes too late.
    """
    asked = os.environ.get(SETTING) or NATIVE
    if asked not in (NATIVE, AVX2):
        raise ConfigError(f"{SETTING} is '{asked}'; give {AVX2}, or {NATIVE}, the default.")
    if asked == NATIVE or all(os.environ.get(name) == value for name, value in FIXED.items()):
        return
    if CPUINFO.exists() and not LEVELS["AVX2"] <= _flags():
        raise ConfigError(
            f"{SETTING} is {AVX2}, which this processor ({processor()}) lacks; unset it, or keep"
            " the study off this machine."
        )
    if loaded := sorted({"numpy", "torch"} & sys.modules.keys()):
        raise ConfigError(
            f"{SETTING} is {AVX2}, but {loaded[0]} was loaded before; set it before Python starts."
        )
    os.environ.update(FIXED)


def in_force(device: str = "cpu") -> str:
    """The kernels that results of this process are computed by, as one line.

    The same line means that the same bits are expected of the same spec. `device` is one in words,
    as a record has it.
    """
    level, vendor = onednn_level(), _cpuinfo("vendor_id")
    parts = [f"GPU {found[1]}"] if (found := re.fullmatch(r"cuda \((.*)\)", device)) else []
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None:
        parts.append(f"ATen {torch.backends.cpu.get_cpu_capability()}")
        parts += [f"oneDNN {level}"] if torch.backends.mkldnn.is_available() and level else []
        parts += [f"MKL {_mkl_branch(vendor, level)}"] if torch.backends.mkl.is_available() else []
    if numpy is not None:
        parts.append(f"BLAS {_blas()}")
        parts.append(f"NumPy {_numpy_level(numpy)}")
    threads = 1 if torch is None else torch.get_num_threads()
    return ", ".join([*parts, f"{threads} thread{'s' if threads > 1 else ''}"])


def processor() -> str:
    """The processor's model, as the system names it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def onednn_level() -> str:
    """The instruction set that oneDNN uses at most, by its own name: the processor's best, or what
    the environment allows.

    It has no function in torch that tells. Empty where /proc/cpuinfo tells nothing.
    """
    environment = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA", "")
    names = list(LEVELS)
    allowed = (
        names[: names.index(environment.upper()) + 1] if environment.upper() in names else names
    )
    flags, needed, found = _flags(), set[str](), ""
    for name in allowed:
        is_side_branch = name.startswith("AVX2_")  # no AVX-512 needs it
        if needed | LEVELS[name] <= flags:
            found = name
        needed |= set() if is_side_branch else LEVELS[name]
    return found


def mixed(kernels: Iterable[str]) -> dict[str, dict[str, int]]:
    """The number of results by instruction set, of each library of which they used several.

    Threads are the spec's own business, and a library that was not loaded says nothing.
    """
    found: dict[str, Counter[str]] = {}
    for line in filter(None, kernels):
        for part in line.split(", "):
            library, _, level = part.partition(" ")
            found.setdefault(library, Counter())[level] += 1
    return {
        library: dict(sorted(counts.items()))
        for library, counts in sorted(found.items())
        if len(counts) > 1 and not library.isdigit()
    }


def _mkl_branch(vendor: str, level: str) -> str:
    """The branch of MKL: one that is the same everywhere, or by vendor and processor."""
    asked = os.environ.get("MKL_CBWR", "").upper().partition(",")[0]
    return asked if asked == "COMPATIBLE" else f"{asked or 'AUTO'} of {vendor} {level}".rstrip()


def _blas() -> str:
    """The kernels of the BLAS that numpy uses."""
    from threadpoolctl import threadpool_info

    all_of_them = [one for one in threadpool_info() if one["user_api"] == "blas"]
    own = [one for one in all_of_them if "numpy" in one["filepath"]] or all_of_them
    return " ".join(sorted({str(one.get("architecture", one["internal_api"])) for one in own}))


def _numpy_level(numpy: Any) -> str:
    """The highest instruction set that numpy's own loops use."""
    about = numpy.show_config(mode="dicts").get("SIMD Extensions", {})
    levels = ["baseline", *about.get("baseline", ()), *about.get("found", ())]
    return str(levels[-1])


def _flags() -> set[str]:
    return set(_cpuinfo("flags").split())


def _cpuinfo(name: str) -> str:
    """A field of the first processor in /proc/cpuinfo; empty if there is none."""
    if not CPUINFO.exists():
        return ""
    found = re.search(rf"^{name}\s*:\s*(.*)$", CPUINFO.read_text(), re.MULTILINE)
    return found[1].strip() if found else ""
