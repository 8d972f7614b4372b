"""Find the fields of a spec that nothing reads: two values of them give the same bytes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import h5py
from helpers.small_study import DATASET, TASKS

from mtdis.artifacts import datasets
from mtdis.artifacts.stages import Sources
from mtdis.data.tasks import make_targets
from mtdis.discover import members
from mtdis.errors import ConfigError
from mtdis.specs.base import Spec
from mtdis.specs.ids import canonical
from mtdis.specs.run import Run
from mtdis.specs.stage import ON_NETWORK, ON_TARGETS, Stage
from mtdis.specs.targets import Targets, targets_of
from mtdis.stages._run import run_stage
from mtdis.training.jobs.job_file import Job
from mtdis.training.run import trainer

SMALL: dict[str, Any] = {
    "dataset": DATASET,
    "seed": 1,
    "latent_size": 3,
    "epochs": 2,
    "batch_size": 16,
    "tasks": TASKS,
    "head_layers": [8],
    "discriminator_layers": [8],
    "halve_every": 1,
    "images": 4,
    "fit_images": 16,
    "permutations": 19,
    "rows": 10,
    "n_neighbors": 5,
    "angles": [0, 45],
    "train_rows": [40],
    "test_rows": 20,
    "rotations": 2,
    "labels": 20,
    "steps": 4,
}
"""Values of fields that make a computation short, or leave a second value room to differ."""
OTHERS: dict[str, list[Any]] = {
    "held_out": [["shape", "orientation"]],
    "arms": [["trees"]],
    "angles": [[0, 30]],
}
"""Second values that can't be found from the type and the value of a field."""
BESIDE: dict[str, dict[str, Any]] = {
    "split_seed": {"keep_codes": "test"},
    "held_out": {"keep_codes": "test"},
    "momentum": {"optimiser": "sgd"},
    "capacity_steps": {"capacity": 25.0},
}
"""What shows a field where a kind has neither losses nor training that would."""
PARENTS: dict[str, dict[str, Any]] = {
    "unseen_combinations": {"held_out": ["shape", "scale"]},
}
"""Fields of the run without which a stage does not fit it."""
UNSEEN: dict[str, str] = {
    "dataset": "what its fields do to images and factors is the datasets' own contract",
    "parent": "its fields are tried where it is not a parent",
    "torch_threads": "sums of images this small may have the same bits on any number of threads",
    "ground_truth.seed": "the factors are the same for each; it pairs them with the runs of a seed",
    "architecture.network": "the networks of a run have the same layers",
}
"""Fields, or spec.field, whose values need not differ in their bytes, and why."""


class Results:
    """Runs and stages computed in a folder: the bytes that must depend on their specs."""

    def __init__(self, data: Path, folder: Path) -> None:
        """Images lie in `data` as d.json."""
        self.dataset, self.folder, self.numbers = data / "d.json", folder, count()
        self.train = trainer(self.dataset, float("inf"))
        self.records: dict[str, Path] = {}

    def content(self, spec: Spec) -> Mapping[str, Any]:
        """Result, codes or arrays, weights and history of a run or stage."""
        record = self.record(spec)
        found = {"result": json.loads(record.read_text())["result"]}
        for path in record.parent.iterdir():
            if path.suffix == ".h5":
                with h5py.File(path) as file:
                    file.visititems(
                        lambda name, item: (
                            found.update({name: item[()].tobytes()})
                            if isinstance(item, h5py.Dataset)
                            else None
                        )
                    )
            elif path != record:
                found[path.name] = path.read_bytes()
        return found

    def record(self, spec: Spec) -> Path:
        """The record of targets, a run or a stage, computed once."""
        key = canonical(spec)
        if key not in self.records:
            out = self.folder / str(next(self.numbers)) / "record.json"
            with redirect_stderr(StringIO()):
                self._compute(spec, out)
            self.records[key] = out
        return self.records[key]

    def _compute(self, spec: Spec, out: Path) -> None:
        if isinstance(spec, Targets):
            values = datasets.read_dataset(self.dataset, "values")
            datasets.write_targets(out, spec, make_targets(values, spec.tasks))
        elif isinstance(spec, Run):
            self.train(Job(spec, self.dataset, self._targets(targets_of(spec)), out))
        else:
            assert isinstance(spec, Stage)
            parent, targets = self.record(spec.parent), self._targets(spec.targets)
            other = self.record(spec.other) if spec.other else None
            checkpoint = out.with_name("checkpoint")
            sources = Sources(parent, self.dataset, targets, checkpoint, other=other)
            run_stage(spec, sources, out)

    def _targets(self, spec: Targets | None) -> Path | None:
        return self.record(spec) if spec else None


def small(cls: type[Spec], **fields: Any) -> dict[str, Any]:
    """Fields of a spec of this class: its defaults, and what makes it small."""
    return {name: value for name, value in SMALL.items() if name in cls.model_fields} | fields


def small_stage(cls: type[Stage]) -> dict[str, Any]:
    """Fields of a stage on the smallest parent: a run with as many networks as may be."""
    if cls.stands_on == ON_TARGETS:
        return small(cls, parent={"dataset": DATASET, "tasks": TASKS})
    if cls.stands_on != ON_NETWORK:
        below = Stage.member(cls.stands_on)
        return small(cls, parent=below.parse(small_stage(below)))
    kinds = (Run.member(kind) for kind in members("models"))
    parents = [kind.parse(small(kind, **PARENTS.get(cls.name(), {}))) for kind in kinds]
    runs = [run for run in parents if cls.fits(run)]
    parent = max(runs, key=lambda run: len(run.networks))
    return small(cls, parent=parent, network=parent.networks[0])


def unread(
    cls: type[Spec],
    fields: Mapping[str, Any],
    content: Callable[[Spec], Mapping[str, Any]],
    only: str | None = None,
) -> list[str]:
    """Fields of a class, those of specs within it dotted, no two values of which differ in content.

    `fields` make the spec from which each differs in one field.
    """
    return [
        name
        for name in _names(cls)
        if only in (None, name)
        and not {name, name.split(".")[0], f"{cls.name()}.{name}"} & set(UNSEEN)
        and not _is_read(cls, fields, name, content)
    ]


def _names(cls: type[Spec], above: str = "") -> Iterator[str]:
    for name, field in cls.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Spec) and above + name not in UNSEEN:
            yield from _names(inner, f"{above}{name}.")
        else:
            yield above + name


def _is_read(
    cls: type[Spec],
    fields: Mapping[str, Any],
    name: str,
    content: Callable[[Spec], Mapping[str, Any]],
) -> bool:
    """Return whether one of some other values of a field gives another content."""
    spec = cls.parse(dict(fields) | BESIDE.get(name, {}))
    *path, last = name.split(".")
    owner: Any = spec
    for step in path:
        owner = getattr(owner, step)
    tried = []
    for value in _others(owner, last):
        changed = {last: value}
        for step in reversed(path):
            changed = {step: fields.get(step, {}) | changed}
        try:
            other = cls.parse(dict(fields) | BESIDE.get(name, {}) | changed)
        except ConfigError:
            continue
        tried.append(value)
        if content(other) != content(spec):
            return True
    assert tried, f"{cls.__name__}.{name}: name another legal value of it in OTHERS"
    return False


def _others(owner: Spec, name: str) -> list[Any]:
    """Other values of a field, some of them perhaps not legal."""
    value: Any = getattr(owner, name)
    annotation = type(owner).model_fields[name].annotation
    if name in OTHERS:
        return OTHERS[name]
    if name == "network":
        return [other for other in owner.parent.networks if other != value]  # type: ignore[attr-defined]
    if get_origin(annotation) is Literal:
        return [other for other in get_args(annotation) if other != value]
    if isinstance(value, int):
        return [value + 1, 2 * value, value - 1, value + 10]
    if isinstance(value, float):
        return [2 * value, value / 2, value + 1, value - 1, 0.9]
    if isinstance(value, tuple) and value and isinstance(value[0], (int, float)):
        return [[value[0] + 1, *value[1:]], [*value, value[-1]]]
    return []
