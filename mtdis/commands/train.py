"""Train one run or many: weights, codes, history, losses, and the record that seals them.

A killed one is resumed.
"""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path

import torch

from mtdis.commands._options import json_mapping
from mtdis.errors import ConfigError
from mtdis.specs.run import Run
from mtdis.training import interrupts
from mtdis.training.gpus import choose_gpu
from mtdis.training.jobs.gpu_sharing import READY, train_own, train_with_others
from mtdis.training.jobs.job_file import Job, read_jobs, train_all
from mtdis.training.run import trainer

GROUP = "step"

TOGETHER_ON_GPU = 4
"""Runs of a job file that train at once on a GPU: one small network leaves most of it idle."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--spec", type=json_mapping, help="spec of the run as JSON")
    parser.add_argument("--dataset", type=Path, help="record of its dataset")
    parser.add_argument(
        "--targets", type=Path, nargs="?", help="record of its targets, for kinds that learn tasks"
    )
    parser.add_argument("--out", type=Path, help="record to write; its siblings lie beside it")
    parser.add_argument(
        "--jobs",
        type=Path,
        help=(
            'instead of these, a file of many runs: one JSON mapping with "spec", "dataset",'
            ' "targets" and "out" per line; finished ones are skipped, the failed are named in the'
            " end and make the exit status 1"
        ),
    )
    parser.add_argument(
        "--queue",
        type=Path,
        help=(
            "a file like that of --jobs: with --together, runs of it that nobody has begun are"
            f" trained beside the one of --spec, and their records left as {READY} for the command"
            " that trains them"
        ),
    )
    parser.add_argument(
        "--together",
        type=int,
        help=(
            "runs of --jobs or --queue trained at once (default 1; of --jobs on a GPU"
            f" {TOGETHER_ON_GPU})"
        ),
    )
    parser.add_argument(
        "--checkpoint-seconds",
        type=float,
        default=300,
        help="time between checkpoints (default 300)",
    )


def run(args: Namespace) -> int:
    """Train one run, or all of a job file; a signal is obeyed once checkpoints are saved."""
    given = [name for name in ("spec", "dataset", "out") if getattr(args, name) is not None]
    if args.jobs is None and len(given) < 3:
        raise ConfigError("give --spec, --dataset and --out for one run, or --jobs for many.")
    if args.jobs is not None and (given or args.targets):
        raise ConfigError(f"--jobs names all of its runs; leave out --{(*given, 'targets')[0]}.")

    of_dataset = partial(trainer, checkpoint_seconds=args.checkpoint_seconds)
    if args.jobs is None:
        own = Job(Run.from_fields(args.spec), args.dataset, args.targets, args.out)
        with interrupts.handled():
            return train_with_others(own, of_dataset, args.queue, args.together or 1)
    jobs = read_jobs(args.jobs)
    if any(job.spec.needs_gpu for job in jobs):
        choose_gpu()
    together = args.together or (TOGETHER_ON_GPU if torch.cuda.is_available() else 1)
    with interrupts.handled():
        return train_all(
            jobs, lambda dataset: partial(train_own, train=of_dataset(dataset)), max(1, together)
        )
