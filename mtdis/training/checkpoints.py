"""Checkpoints: the state of a training as tensors and text, resumed to the same bytes."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from mtdis.artifacts.checkpoints import DAMAGES, seal_of
from mtdis.artifacts.files import write_weights
from mtdis.specs.base import Spec
from mtdis.specs.ids import canonical
from mtdis.training.learner import Learner
from mtdis.training.optimisers import Optimiser

SUMS = "sums"
"""Key of the losses so far; those of a network's tensors hold a slash."""


@dataclass
class Progress:
    """The state of a training beside its networks and optimisers."""

    epoch: int = 0
    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    sums: Tensor | None = None
    """Losses (n,) of the n networks that have not diverged, summed over the epoch's steps; on the
    device.
    """
    execution: dict[str, Any] = field(default_factory=dict)
    """How this process trained: precision in force, step mode, what autotune measured. Recorded,
    not resumed.
    """
    seconds_before: float = 0.0
    """Duration of the training before this process resumed it."""
    kernels: list[str] = field(default_factory=list)
    """The kernels that the training was computed by, in order; more than one if it was resumed by
    others.
    """
    started: float = field(default_factory=monotonic)


def save(path: Path, spec: Spec, learners: Mapping[str, Learner], progress: Progress) -> None:
    """Write a checkpoint atomically, as tensors and text."""
    tensors = {} if progress.sums is None else {SUMS: progress.sums}
    for name, learner in learners.items():
        tensors |= _state(name, learner)
    about = {
        "run": canonical(spec),
        "epoch": progress.epoch,
        "step": progress.step,
        "history": progress.history,
        "diverged": progress.diverged,
        "seconds": progress.seconds_before + monotonic() - progress.started,
        "kernels": progress.kernels,
    }
    whole = {key: tensor.contiguous() for key, tensor in tensors.items()}
    about["seal"] = _seal(about, whole)
    write_weights(path, whole, {"about": json.dumps(about)})


def _seal(about: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    return seal_of(about, {key: tensor.cpu().numpy() for key, tensor in tensors.items()})


def _state(name: str, learner: Learner) -> dict[str, Tensor]:
    """Parameters and, once there are any, their optimiser's moments and step counts, by name."""
    found = {f"{name}/{key}": value.detach() for key, value in learner.module.named_parameters()}
    for optimiser in learner.optimisers:
        for key, parameter in learner.module.named_parameters():
            found |= {f"{name}/{key}/{k}": v for k, v in optimiser.state.get(parameter, {}).items()}
    return found


def resume(path: Path, spec: Spec, learners: Mapping[str, Learner]) -> Progress:
    """Load a checkpoint of this spec into the learners in place.

    Without one, start from the beginning; also if it is damaged: it is set aside, and said.
    """
    if not path.exists():
        return Progress()
    try:
        about, tensors = _read(path, learners)
    except DAMAGES as error:
        aside = path.with_name(f"damaged-{path.name}")
        path.replace(aside)
        print(
            f"{path} is damaged ({error}): it is set aside as {aside.name}, and the training begins"
            " anew",
            file=sys.stderr,
        )
        return Progress()
    if about["run"] != canonical(spec):
        return Progress()
    for name, learner in learners.items():
        _load(name, learner, tensors)
    return Progress(
        about["epoch"],
        about["step"],
        about["history"],
        about["diverged"],
        tensors.get(SUMS),
        seconds_before=about["seconds"],
        kernels=about.get("kernels", []),
    )


def note_kernels(progress: Progress, now: str) -> None:
    """Note the kernels that compute from here on.

    If the training was begun by others, its bytes are those of neither: said and recorded.
    """
    if progress.kernels and progress.kernels[-1] != now:
        print(
            f"resumed under other kernels than it was begun: {progress.kernels[-1]}; now {now}."
            " Its bytes will be those of neither (docs/same-bytes.md)",
            file=sys.stderr,
        )
    if progress.kernels[-1:] != [now]:
        progress.kernels.append(now)
    if len(progress.kernels) > 1:
        progress.execution["resumed_from_other_kernels"] = progress.kernels[:-1]


def _read(path: Path, learners: Mapping[str, Learner]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The text and the tensors of a checkpoint; ValueError unless they are those it was sealed
    with. Checkpoints from before there were seals are held to have every parameter.
    """
    if not path.is_file():
        raise ValueError("it is no regular file")
    with safe_open(path, "pt") as file:
        about = json.loads((file.metadata() or {})["about"])
        tensors = {key: file.get_tensor(key) for key in sorted(file.keys())}
    seal = about.get("seal")
    if seal is not None and seal != _seal(about, tensors):
        raise ValueError("its content is not that of its seal")
    if seal is None:
        for name, learner in learners.items():
            for key, parameter in learner.module.named_parameters():
                if tensors[f"{name}/{key}"].shape != parameter.shape:
                    raise ValueError(f"{name}/{key} is of another shape")
    return about, tensors


def _load(name: str, learner: Learner, tensors: Mapping[str, Tensor]) -> None:
    """Copy into the existing tensors: their memory layout, which kernels and so bits depend on,
    stays.
    """
    owner: dict[Tensor, Optimiser] = {p: o for o in learner.optimisers for p in o.parameters}
    for key, parameter in learner.module.named_parameters():
        parameter.data.copy_(tensors[f"{name}/{key}"])
        prefix = f"{name}/{key}/"
        held = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        if held:
            owner[parameter].state[parameter] = {
                k: (
                    torch.zeros_like(parameter).copy_(v)
                    if v.shape == parameter.shape
                    else v.to(parameter.device)  # Adam's count of steps
                )
                for k, v in held.items()
            }
