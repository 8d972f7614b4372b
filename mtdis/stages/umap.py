"""UMAP of the codes of the test split (paper, section 4.2.1)."""

import warnings
from functools import cache
from importlib.util import find_spec
from types import ModuleType

import numpy as np
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

from mtdis.artifacts import datasets, records, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import split_of
from mtdis.numba_cache import is_cacheable
from mtdis.randomness import generator, stream_seed
from mtdis.specs.stages.umap import Umap


def compute(stage: Umap, sources: Sources) -> Outcome:
    """The embedding (n, 2), and the classes (n, K) of its images."""
    codes, rows = runs.read_codes(sources.parent, stage.network)
    factors = datasets.read_dataset(sources.dataset, "factors")
    test = split_of(stage.parent, len(factors), lambda: factors)["test"]
    chosen = np.flatnonzero(np.isin(rows, test))
    if len(chosen) > stage.rows:
        chosen = np.sort(
            generator(stage.seed, "umap rows").choice(chosen, stage.rows, replace=False)
        )
    names = records.read_json(sources.dataset, "mtdis dataset")["names"]
    arrays = {"embedding": embed(codes[chosen], stage.n_neighbors, stage.min_dist, stage.seed)}
    return Outcome(
        arrays=arrays | {"factors": factors[rows[chosen]], "names": np.array(names, dtype="S")}
    )


def embed(
    codes: NDArray[np.float32], n_neighbors: int, min_dist: float, seed: int
) -> NDArray[np.float32]:
    """Two coordinates (n, 2) of each code (n, d); the same for the same seed.

    Neighbours are at most n - 1. Raises ValueError for fewer than 4 codes and for codes that are
    not finite.
    """
    if len(codes) < 4:
        raise ValueError(
            f"{len(codes)} codes can't be embedded, at least 4 are needed; keep more classes of"
            " factors."
        )
    if not np.isfinite(codes).all():
        lost = (~np.isfinite(codes)).any(axis=1).sum()
        raise ValueError(
            f"{lost} of {len(codes)} codes are not finite; UMAP needs finite ones. Train the run"
            " again."
        )
    neighbours = min(n_neighbors, len(codes) - 1)
    state = stream_seed(seed, "umap") % 2**32
    # One thread, since the order of threads would enter the result.
    model = _umap().UMAP(n_neighbors=neighbours, min_dist=min_dist, random_state=state, n_jobs=1)
    found: NDArray[np.float32] = np.asarray(model.fit_transform(codes), dtype=np.float32)
    return found


@cache
def _umap() -> ModuleType:
    """The package, seconds to import, with what it compiles kept on disk: most of it is not by
    default, and is 20 seconds of each process.
    """
    cacheable = [
        is_cacheable(spec.origin)  # else pynndescent would refuse to be imported
        for package in ("umap", "pynndescent")
        if (spec := find_spec(package)) and spec.origin
    ]
    with warnings.catch_warnings():
        # It says that it found no TensorFlow, which it would need for another estimator only.
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        import umap
        from umap import layouts, umap_, utils
    for function in (one for part in (layouts, umap_, utils) for one in vars(part).values()):
        if isinstance(function, Dispatcher) and all(cacheable):
            function.enable_caching()
    package: ModuleType = umap
    return package
