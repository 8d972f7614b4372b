"""Time the training of one run for some seconds on made-up images, and print how fast it went as
JSON.

Nothing of it is kept and no dataset is needed; `mtdis plan --hours --pilot` uses it where no run is
finished.
"""

import json
from argparse import ArgumentParser, Namespace

from mtdis.commands._options import json_mapping
from mtdis.errors import ConfigError
from mtdis.specs.run import Run, TrainedRun
from mtdis.training.pilot import timed

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--spec", type=json_mapping, required=True, help="spec of the run as JSON")
    parser.add_argument("--seconds", type=float, default=30, help="how long to train (default 30)")


def run(args: Namespace) -> None:
    """Train for so long and print images per second, counted once for each network that saw one."""
    spec = Run.from_fields(args.spec)
    if not isinstance(spec, TrainedRun):
        raise ConfigError(f"{spec.name()} trains nothing; a pilot needs a kind that does.")
    print(json.dumps(timed(spec, args.seconds)))
