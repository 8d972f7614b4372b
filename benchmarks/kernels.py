"""What a common instruction set costs: training steps under MTDIS_KERNELS=avx2 beside native ones.

Each side runs in processes of its own, in turns, as the libraries choose their kernels when they
are loaded. Images of 32×32 pixels; by CPU seconds, which other work on the
machine disturbs less than seconds.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.table import Row
from mtdis import kernels

KINDS = ("multi_head", "single_task")
WARM_UP, STEPS, BATCH = 5, 100, 64


class _Enough(Exception):  # noqa: N818 - ends the loop, nothing is wrong
    """All steps are made."""


def measure(repeats: int = 3) -> Iterator[Row]:
    """Images per CPU second of each kind."""
    for kind in KINDS:
        rates = [
            (_rate_under(kernels.AVX2, kind), _rate_under(kernels.NATIVE, kind))
            for _ in range(repeats)
        ]
        fixed, native = zip(*rates, strict=True)
        yield Row(
            f"{kernels.AVX2} kernels, training {kind}, 32x32x3",
            "images per CPU second",
            fixed,
            native,
            kernels.NATIVE,
        )


def _rate_under(setting: str, kind: str) -> float:
    plain = {name: value for name, value in os.environ.items() if name not in kernels.FIXED}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.kernels", kind],
        env=plain | {kernels.SETTING: setting, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def rate(kind: str) -> float:
    """Images per CPU second in this process, under the kernels that the environment asks for."""
    kernels.fix()
    import numpy as np

    from mtdis.specs.run import Run, TrainedRun
    from mtdis.training import loop as training
    from mtdis.training.devices import set_up
    from mtdis.training.pilot import made_up

    dataset = {"name": "dsprites_rendered", "image_size": 32}
    fields = {"dataset": dataset, "tasks": {"count": 4}, "batch_size": BATCH, "epochs": 10**6}
    run = Run.from_fields({"kind": kind, "seed": 1} | fields)
    assert isinstance(run, TrainedRun)
    images = made_up(run, set_up(threads=1, needs_gpu=False))
    networks = training.build(run, run.dataset.image_shape, images.device)
    seen: list[float] = []

    def observe(_: training.Step) -> None:
        seen.append(time.process_time())
        if len(seen) == WARM_UP + STEPS:
            raise _Enough

    learners, rows = training.learners_of(run, networks), np.arange(len(images.pixels))
    with tempfile.TemporaryDirectory() as folder, suppress(_Enough):
        checkpoint = Path(folder, "none")
        training.train(run, learners, images, rows, checkpoint, float("inf"), observe)
    return STEPS * BATCH * len(networks) / (seen[-1] - seen[WARM_UP - 1])


if __name__ == "__main__":
    print(rate(sys.argv[1]))
