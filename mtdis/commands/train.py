"""Train one run or many: weights, codes, history, losses, and the record that seals them.

A killed one is resumed.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtdis.artifacts import datasets, files, provenance, records, runs
from mtdis.commands._options import json_mapping
from mtdis.data.split import Split, split_of
from mtdis.errors import ConfigError
from mtdis.progress import progress_bar
from mtdis.randomness import generator
from mtdis.specs.ids import identify
from mtdis.specs.run import FactorRun, Run, TrainedRun
from mtdis.specs.targets import targets_of
from mtdis.training import loop as training
from mtdis.training.batches import Images, encode, predict
from mtdis.training.checkpoints import Progress
from mtdis.training.devices import device_name, fits, set_up
from mtdis.training.gpus import choose_gpu
from mtdis.training.jobs.gpu_sharing import READY, train_own, train_with_others
from mtdis.training.jobs.job_file import Job, Once, Train, read_jobs, train_all
from mtdis.training.networks import Network, TaskNetwork
from mtdis.training.task_errors import split_losses

SAMPLE = 20_000
"""Rows whose codes are kept by `keep_codes: sample`."""
REFRESH_SECONDS = 2.0
"""How often the loss is fetched for the bar: fetching makes the device wait."""
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
    """Train one run, or all of a job file."""
    given = [name for name in ("spec", "dataset", "out") if getattr(args, name) is not None]
    if args.jobs is None and len(given) < 3:
        raise ConfigError("give --spec, --dataset and --out for one run, or --jobs for many.")
    if args.jobs is not None and (given or args.targets):
        raise ConfigError(f"--jobs names all of its runs; leave out --{(*given, 'targets')[0]}.")

    def trainer(dataset: Path) -> Train:
        images = {
            name: Once(partial(load_images, dataset, torch.device(name)))
            for name in ("cpu", "cuda")
        }
        return partial(train_one, images=images, checkpoint_seconds=args.checkpoint_seconds)

    if args.jobs is None:
        own = Job(Run.from_fields(args.spec), args.dataset, args.targets, args.out)
        return train_with_others(own, trainer, args.queue, args.together or 1)
    jobs = read_jobs(args.jobs)
    if any(job.spec.needs_gpu for job in jobs):
        choose_gpu()
    together = args.together or (TOGETHER_ON_GPU if torch.cuda.is_available() else 1)
    return train_all(
        jobs, lambda dataset: partial(train_own, train=trainer(dataset)), max(1, together)
    )


def train_one(job: Job, images: Mapping[str, Once[Images]], checkpoint_seconds: float) -> None:
    """Train, encode all images (on each kind of device made once for all jobs), write the results.

    The record last.
    """
    started = monotonic()
    spec = job.spec
    files.record_id(spec)
    files.remove_leftovers(
        *(
            job.out.with_name(name)
            for name in (*records.SEALED, records.CHECKPOINT, job.out.name, READY)
        )
    )
    check_inputs(spec, job.dataset, job.targets)
    device = set_up(spec.torch_threads, spec.needs_gpu)
    print(f"training {identify(spec)} on {device_name(device)}", file=sys.stderr)
    split = split_of(
        spec, spec.dataset.count, partial(datasets.read_dataset, job.dataset, "factors")
    )
    if isinstance(spec, FactorRun):
        trained = codes_from_factors(spec, job.dataset, split)
    else:
        data = with_targets(images[device.type](), job.targets)
        trained = train_and_encode(spec, data, split, job.out, checkpoint_seconds)
    seconds = trained.pop("seconds_before") + monotonic() - started
    execution = provenance.execution(device_name(device), seconds) | trained.pop("execution")
    runs.write_run(job.out, spec, execution=execution, **trained)
    checkpoint_of(job.out).unlink(missing_ok=True)


def check_inputs(spec: Run, dataset: Path, targets: Path | None) -> None:
    """ArtifactError or ConfigError unless dataset and targets are those that the spec names."""
    records.read_record(dataset, spec.dataset, "mtdis dataset")
    wanted = targets_of(spec)
    if wanted and targets is None:
        raise ConfigError(
            f"{spec.name()} learns tasks: give their record by --targets; `mtdis targets` makes it."
        )
    if wanted and targets:
        records.read_record(targets, wanted, "mtdis targets")


def checkpoint_of(record: Path) -> Path:
    """Where the checkpoint of a run lies while it trains."""
    return record.with_name(records.CHECKPOINT)


def load(dataset: Path, targets: Path | None, device: torch.device) -> Images:
    """A dataset and its targets, for use on the device."""
    return with_targets(load_images(dataset, device), targets)


def load_images(dataset: Path, device: torch.device) -> Images:
    """The images of a dataset on the device, or on the CPU for use there if the device has no room
    for them.
    """
    pixels = torch.from_numpy(datasets.read_dataset(dataset, "images"))
    white = records.read_json(dataset, "mtdis dataset")["white"]
    if fits(pixels.nbytes, device):
        there = pixels.to(device)
        if device.type == "cuda":
            # other threads will read it on streams of their own
            torch.cuda.current_stream().synchronize()
        return Images(there, white, None)
    print(
        f"{pixels.nbytes / 2**30:.1f} GiB of images stay on the CPU and are copied batch by batch",
        file=sys.stderr,
    )
    return Images(pixels, white, None, used_on=device)


def with_targets(images: Images, targets: Path | None) -> Images:
    """The images with their targets beside them, if there are some."""
    if targets is None:
        return images
    return replace(
        images, targets=torch.from_numpy(datasets.read_targets(targets)).to(images.pixels.device)
    )


def codes_from_factors(spec: FactorRun, dataset: Path, split: Split) -> dict[str, Any]:
    """What `artifacts.write_run` writes of a control whose codes are made from the true factor
    values.
    """
    codes = import_module(f"mtdis.training.models.{spec.name()}").codes_of_factors(
        spec, datasets.read_dataset(dataset, "values")
    )
    rows = _kept_rows(spec, split, len(codes))
    (network,) = spec.networks
    return {
        "result": {"networks": [{"network": network, "diverged": False, "losses": {}}]},
        "codes": {network: codes[rows]},
        "rows": rows,
        "weights": {},
        "history": [],
        "seconds_before": 0.0,
        "execution": {},
    }


def train_and_encode(
    spec: Run,
    images: Images,
    split: Split,
    record: Path,
    checkpoint_seconds: float,
    observe: training.Observer | None = None,
) -> dict[str, Any]:
    """What `artifacts.write_run` writes of a run, and the seconds that training took before it was
    resumed.
    """
    _, height, width, channels = images.pixels.shape
    networks = training.build(spec, (height, width, channels), images.device)
    with progress_bar(_image_count(spec, split["train"]), spec.name(), "images") as bar:
        if isinstance(spec, TrainedRun):
            progress = training.train(
                spec,
                training.learners_of(spec, networks),
                images,
                split["train"],
                checkpoint_of(record),
                checkpoint_seconds,
                observe or _watch(bar),
            )
        else:
            progress = Progress()
    codes = {name: encode(model, images) for name, model in networks.items()}
    rows = _kept_rows(spec, split, len(images.pixels))
    return {
        "result": {
            "networks": [
                _result(n, m, codes[n], images, split, progress) for n, m in networks.items()
            ]
        },
        "codes": {name: table[rows] for name, table in codes.items()},
        "rows": rows,
        "weights": {
            f"{n}.{k}": v.contiguous()
            for n, m in networks.items()
            for k, v in m.state_dict().items()
        },
        "history": progress.history,
        "seconds_before": progress.seconds_before,
        "execution": progress.execution | {"images_on": images.pixels.device.type},
    }


def _image_count(spec: Run, train_rows: NDArray[np.int64]) -> int:
    if not isinstance(spec, TrainedRun):
        return 0
    return len(train_rows) // spec.batch_size * spec.batch_size * spec.epochs * len(spec.networks)


def _watch(bar: Any) -> training.Observer:
    """Moves the bar at each step.

    The loss is shown every few seconds, and only where the bar is.
    """
    shown = monotonic()

    def observe(step: training.Step) -> None:
        nonlocal shown
        if step.resumed:
            bar.initial = step.images  # speed and time left are this process's own
        bar.update(step.images)
        if not bar.disable and step.loss is not None and monotonic() - shown > REFRESH_SECONDS:
            bar.set_postfix(loss=f"{float(step.loss):.4g}")
            shown = monotonic()

    return observe


def _kept_rows(spec: Run, split: Split, count: int) -> NDArray[np.int64]:
    """The rows whose codes are kept, ascending."""
    if spec.keep_codes == "test":
        return np.sort(split["test"])
    if spec.keep_codes == "sample" and count > SAMPLE:
        return np.sort(
            generator(spec.split_seed, "kept codes").choice(count, SAMPLE, replace=False)
        )
    return np.arange(count)


def _result(
    name: str,
    model: Network,
    codes: NDArray[np.float32],
    images: Images,
    split: Split,
    progress: Progress,
) -> dict[str, Any]:
    """A network's losses on each part of the split, and whether it diverged."""
    diverged = name in progress.diverged or not np.isfinite(codes).all()
    losses = {}
    if images.targets is not None and isinstance(model, TaskNetwork) and model.heads is not None:
        predictions = predict(model.heads, codes, images.device)
        losses = split_losses(predictions, images.targets.cpu().numpy(), split)
    return {"network": name, "diverged": diverged, "losses": losses}
