"""A finished run for scripts and notebooks: its settings, codes and factors, and its networks.

    run = mtdis.load_run("results/runs/multi_head+…")
    run.codes["multi_head"], run.factors      # (n, d) and (n, K), of the same images
    run.encode(images)                        # codes of other images

Everything is read when it is asked for, checked against the run's record, and kept. Only networks
and `encode` bring torch.
"""

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mtdis import paths
from mtdis.artifacts import datasets, records, runs
from mtdis.artifacts.shapes import RunContent
from mtdis.specs.ids import identify
from mtdis.specs.run import FactorRun, Run

if TYPE_CHECKING:
    from mtdis.training.networks import Network

MADE_BY = "mtdis train"


@dataclass(frozen=True)
class SavedRun:
    """A run on disk; `mtdis.load_run` makes it."""

    record: Path
    """The run.json; what it seals lies beside it."""
    data: Path
    """The folder of datasets."""
    spec: Run
    """The settings, defaults included."""

    @property
    def id(self) -> str:
        """The name of the run's folder, which identifies its settings."""
        return identify(self.spec)

    @property
    def result(self) -> dict[str, Any]:
        """Losses of each network on each part of the split, and whether it diverged."""
        content: dict[str, Any] = records.read_record(self.record, self.spec, MADE_BY)["result"]
        return content

    @cached_property
    def codes(self) -> dict[str, NDArray[np.float32]]:
        """Codes (n, d) of each network, of the images that `rows` names."""
        return {name: runs.read_codes(self.record, name)[0] for name in self.spec.networks}

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows (n,) of the dataset that codes are kept of, ascending; mostly all of them."""
        return runs.read_rows(self.record)

    @cached_property
    def factors(self) -> NDArray[np.int64]:
        """Integer classes (n, K) of the same images; ArtifactError without the dataset."""
        factors: NDArray[np.int64] = datasets.read_dataset(self._dataset, "factors")[self.rows]
        return factors

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the K factors, the constant ones included."""
        return tuple(self.spec.dataset.names)

    @cached_property
    def images(self) -> NDArray[np.uint8]:
        """The images (n, S, S, C) that codes are kept of; ArtifactError without the dataset."""
        images: NDArray[np.uint8] = datasets.read_dataset(self._dataset, "images")[self.rows]
        return images

    @cached_property
    def networks(self) -> dict[str, "Network"]:
        """The trained modules by name, on the CPU; none where codes are made of the factors."""
        import torch

        from mtdis.training.loop import build

        if isinstance(self.spec, FactorRun):
            return {}
        made = build(self.spec, self.spec.dataset.image_shape, torch.device("cpu"))
        for name, network in made.items():
            network.load_state_dict(runs.read_weights(self.record, name))
            network.requires_grad_(False).train(False)
        return made

    def encode(self, images: NDArray[np.uint8], network: str | None = None) -> NDArray[np.float32]:
        """Codes (n, d) of images (n, S, S, C) uint8, scaled as the dataset's are.

        `network` may be left out where the run has one. ValueError for an unknown network, a run
        without any, and images of another shape, type or range.
        """
        name = self._network(network)
        self._check_images(images)
        import torch

        from mtdis.training.batches import Images, encode

        pixels = torch.from_numpy(np.array(images, order="C"))
        return encode(self.networks[name], Images(pixels, self.spec.dataset.white, None))

    @property
    def _dataset(self) -> Path:
        return self.data / Path(paths.dataset(identify(self.spec.dataset))).name

    def _network(self, name: str | None) -> str:
        there = () if isinstance(self.spec, FactorRun) else self.spec.networks
        if not there:
            raise ValueError(
                f"{self.id} has no network: its codes are made of the factors; use `codes`."
            )
        chosen = there[0] if name is None and len(there) == 1 else name
        if chosen not in there:
            found = "none was named" if name is None else f"found {name!r}"
            raise ValueError(f"network must be one of {', '.join(there)}; {found}.")
        return chosen

    def _check_images(self, images: NDArray[np.uint8]) -> None:
        shape, white = self.spec.dataset.image_shape, self.spec.dataset.white
        wanted = f"images must be (n, {', '.join(map(str, shape))}) of uint8 in 0..{white}"
        if images.shape[1:] != shape or images.dtype != np.uint8:
            raise ValueError(f"{wanted}; found {images.shape} of {images.dtype}.")
        if images.size and images.max() > white:
            raise ValueError(f"{wanted}; found {images.max()}.")


def load(path: str | PathLike[str], data: str | PathLike[str] | None = None) -> SavedRun:
    """The run of a folder or of the run.json in it; see `mtdis.load_run`."""
    record = Path(path)
    if record.name != Path(paths.run("id")).name:
        record = record / Path(paths.run("id")).name
    spec = Run.from_fields(records.read_json(record, MADE_BY, RunContent)["spec"])
    records.read_record(record, spec, MADE_BY)
    beside = record.absolute().parents[3] / Path(paths.dataset("id")).parent
    return SavedRun(record, beside if data is None else Path(data), spec)
