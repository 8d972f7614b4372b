"""One table of what was made fast, each side run here and now: python -m benchmarks

Nothing is asserted: a table is a measurement of one machine at one time.
"""

import os
import platform
from datetime import date

from benchmarks import boosting, render_dsprites, training

HEAD = "| what | ours | alternative | unit | ratio |\n|---|---|---|---|---|"


def main() -> None:
    machine = f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores"
    print(f"{machine}, one thread a side; smallest–largest of the repeats\n\n{HEAD}", flush=True)
    for module in (render_dsprites, boosting, training):
        for row in module.measure():
            print(row, flush=True)


if __name__ == "__main__":
    main()
