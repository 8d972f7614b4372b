"""One run from its records to its results: load, train, encode, write; the record last."""

import sys
from collections.abc import Mapping
from contextlib import closing
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
from mtdis.training.graphs import Graphs
from mtdis.training.jobs.gpu_sharing import READY
from mtdis.training.jobs.job_file import Job, Lazy, Train
from mtdis.training.networks import Network, TaskNetwork
from mtdis.training.reports import Report
from mtdis.training.task_errors import split_losses

SAMPLE = 20_000
"""Rows whose codes are kept by `keep_codes: sample`."""
REFRESH_SECONDS = 2.0
"""How often the loss is fetched for the bar: fetching makes the device wait."""


def trainer(dataset: Path, checkpoint_seconds: float) -> Train:
    """A function that trains runs on a dataset, which it reads once for each kind of device."""
    images = {
        name: Lazy(partial(load_images, dataset, torch.device(name))) for name in ("cpu", "cuda")
    }
    return partial(train_one, images=images, checkpoint_seconds=checkpoint_seconds, graphs=Graphs())


def train_one(
    job: Job, images: Mapping[str, Lazy[Images]], checkpoint_seconds: float, graphs: Graphs
) -> None:
    """Train a run, encode all images, and write the results; the record comes last.

    `images` gives the dataset by the kind of device that it is used on, `graphs` those of earlier
    runs.
    """
    started = monotonic()
    spec = job.spec
    files.check_writable(job.out)
    files.record_id(spec)
    files.remove_leftovers(
        *(
            job.out.with_name(name)
            for name in (
                *records.SEALED,
                records.CHECKPOINT,
                records.PROGRESS,
                job.out.name,
                READY,
            )
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
        data = learned(spec, images[device.type](), job.dataset, job.targets)
        trained = train_and_encode(spec, data, split, job.out, checkpoint_seconds, graphs=graphs)
    seconds = trained.pop("seconds_before") + monotonic() - started
    execution = provenance.execution(device_name(device), seconds) | trained.pop("execution")
    sources = records.stood_on(dataset=job.dataset, targets=job.targets)
    runs.write_run(job.out, spec, execution=execution, stood_on=sources, **trained)
    for name in (records.CHECKPOINT, records.PROGRESS):
        job.out.with_name(name).unlink(missing_ok=True)


def check_inputs(spec: Run, dataset: Path, targets: Path | None) -> None:
    """Raise ArtifactError or ConfigError unless the records are those that the spec names."""
    records.read_record(dataset, spec.dataset, "mtdis dataset")
    wanted = targets_of(spec)
    if wanted and targets is None:
        raise ConfigError(
            f"{spec.name()} learns tasks: give their record by --targets; `mtdis targets` makes it."
        )
    if wanted and targets:
        records.read_record(targets, wanted, "mtdis targets")


def load(dataset: Path, targets: Path | None, device: torch.device) -> Images:
    """A dataset and its targets, for use on the device."""
    return with_targets(load_images(dataset, device), targets)


def load_images(dataset: Path, device: torch.device) -> Images:
    """The images of a dataset on the device; on the CPU, to be copied batch by batch, if the device
    has no room for them.
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
    """The images with the targets of this record, if one is given."""
    if targets is None:
        return images
    return replace(
        images, targets=torch.from_numpy(datasets.read_targets(targets)).to(images.pixels.device)
    )


def learned(spec: Run, images: Images, dataset: Path, targets: Path | None) -> Images:
    """The images with what the run learns: tasks of this record, or for a kind that defines
    `targets_of_factors` what it makes of the factor values.
    """
    make = getattr(
        import_module(f"mtdis.training.models.{spec.name()}"), "targets_of_factors", None
    )
    if make is None:
        return with_targets(images, targets)
    made = torch.from_numpy(make(spec, datasets.read_dataset(dataset, "values")))
    return replace(images, targets=made.to(images.pixels.device))


def codes_from_factors(spec: FactorRun, dataset: Path, split: Split) -> dict[str, Any]:
    """Make the codes of a control from the factor values; gives arguments of `runs.write_run`."""
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
    graphs: Graphs | None = None,
) -> dict[str, Any]:
    """Train the networks of a run and encode all images.

    Gives the arguments of `runs.write_run`, and the seconds that training took before it was
    resumed.
    """
    _, height, width, channels = images.pixels.shape
    networks = training.build(spec, (height, width, channels), images.device)
    training.fit(spec, networks, images, split["train"])
    progress = Progress()
    if isinstance(spec, TrainedRun):
        progress = _train(
            spec, networks, images, split["train"], record, checkpoint_seconds, observe, graphs
        )
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


def _train(
    spec: TrainedRun,
    networks: Mapping[str, Network],
    images: Images,
    rows: NDArray[np.int64],
    record: Path,
    checkpoint_seconds: float,
    observe: training.Observer | None,
    graphs: Graphs | None,
) -> Progress:
    """Train the networks of a run in place; a bar, its log and its folder tell how far it is."""
    steps = training.steps_of(spec, rows)
    seen = steps * spec.batch_size * len(networks)
    with (
        progress_bar(seen * spec.epochs, spec.name(), "images") as bar,
        closing(Report(spec, record, steps, tuple(networks))) as report,
    ):
        return training.train(
            spec,
            training.learners_of(spec, networks),
            images,
            rows,
            record.with_name(records.CHECKPOINT),
            checkpoint_seconds,
            observe or watch(bar),
            report,
            graphs,
        )


def watch(bar: Any) -> training.Observer:
    """An observer that moves the bar at each step, and shows the loss every few seconds if the bar
    is seen.
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
