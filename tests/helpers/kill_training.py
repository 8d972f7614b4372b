"""Run `mtdis train` and kill this very process with SIGKILL after some steps: kill_training.py
STEPS train ...
"""

import os
import signal
import sys
from typing import Any

from mtdis.cli import main
from mtdis.training import loop as training
from mtdis.training import reports, run


def killing(steps: int) -> training.Observer:
    left = [steps]

    def observe(step: training.Step) -> None:
        left[0] -= not step.resumed
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return observe


def watch(bar: Any) -> training.Observer:
    return killing(int(sys.argv[1]))


run.watch = watch
reports.SECONDS = 0.0  # the history is written at every epoch
sys.exit(main(sys.argv[2:]))
