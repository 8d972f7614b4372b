"""The details of a run on the page: spec, losses over epochs, correlations of codes with factors,
and what its stages made.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtdis import paths
from mtdis.artifacts import datasets, files, records, runs
from mtdis.artifacts.stages import StageResult
from mtdis.errors import UserError
from mtdis.reporting.labels import dataset_label, row_label
from mtdis.reporting.page.pictures import Pictures
from mtdis.reporting.statistics import value_text
from mtdis.specs.ids import flatten, identify
from mtdis.specs.run import Run

MOST_RUNS = 300
"""Runs with details on a page, those with stages before others."""
MOST_EPOCHS, MOST_CODES, MOST_POINTS, MOST_STEPS = 100, 5_000, 2_000, 41
"""Epochs of a curve, rows of codes that correlations are of, points of an embedding, and values of
a traversal that a page has; of more, evenly spaced ones."""
HISTORY = "history.csv"
Details = dict[str, Any]


class Found(NamedTuple):
    """A finished run with its record and the results of its stages."""

    run: Run
    record: Mapping[str, Any]
    stages: Sequence[StageResult]


def details(found: Found, pictures: Pictures) -> Details:
    """What the page shows of a run; what of it can't be read is named under `problems`."""
    run, problems = found.run, list[str]()
    path = Path(paths.run(identify(run)))
    shown: Details = {
        "name": _name(run),
        "spec": [[name, value_text(value)] for name, value in flatten(run.resolved())],
        "diverged": [n["network"] for n in found.record["result"]["networks"] if n["diverged"]],
        "networks": list(run.networks),
        "seconds": found.record["execution"].get("seconds"),
        "file": str(path),
    }
    for part, read in (("history", _history), ("correlations", _correlations)):
        try:
            shown[part] = read(path, found.record, run)
        except UserError as error:
            problems.append(str(error))
            shown[part] = {}
    made = {"decoder": _decoder, "traversal": _traversal, "umap": _umap}
    for kind, show in made.items():
        shown[kind] = [
            show(stage, pictures)
            for stage in found.stages
            if stage.spec["stage"] == kind and not stage.diverged
        ]
    lost = [s.spec["stage"] for s in found.stages if s.diverged and s.spec["stage"] in made]
    return shown | {"problems": [*problems, *(f"{kind}: diverged" for kind in lost)]}


def chosen(found: Iterable[Found], most: int = MOST_RUNS) -> list[Found]:
    """The runs with details: those with stages, then others, as many as the page has room for."""
    ordered = sorted(found, key=lambda one: not one.stages)
    return ordered[:most]


def _name(run: Run) -> str:
    return f"{row_label(run.name())}, {dataset_label(run.dataset.title)}, seed {run.seed}"


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Places 0 … count-1, or so many evenly spaced ones with both ends."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _history(path: Path, record: Mapping[str, Any], run: Run) -> dict[str, list[list[Any]]]:
    """Network → (epoch, training loss) in order; empty for runs that learn nothing."""
    del run
    source = path.with_name(HISTORY)
    if HISTORY not in record["files"]:
        return {}
    files.verify(source, record["files"][HISTORY], f"Delete {path} and run snakemake.")
    frame = pd.read_csv(source, dtype={"network": str})
    return {
        str(network): part.iloc[evenly(len(part), MOST_EPOCHS)][["epoch", "train_loss"]]
        .astype(object)
        .where(lambda p: p.notna(), None)
        .values.tolist()
        for network, part in frame.groupby("network", sort=False)
    }


def _correlations(path: Path, record: Mapping[str, Any], run: Run) -> Details:
    """The factors that vary, and per network |ρ| (codes × factors), NaN-free."""
    dataset = Path(paths.dataset(identify(run.dataset)))
    factors = datasets.read_dataset(dataset, "factors")
    names = records.read_json(dataset, "mtdis dataset")["names"]
    found: Details = {"factors": [], "networks": {}}
    for network in (n["network"] for n in record["result"]["networks"] if not n["diverged"]):
        codes, rows = runs.read_codes(path, network)
        few = evenly(len(codes), MOST_CODES)
        classes = factors[rows[few]]
        varying = np.flatnonzero(np.ptp(classes, axis=0) > 0)
        found["factors"] = [names[place] for place in varying]
        strength = rank_correlations(codes[few], classes[:, varying])
        found["networks"][network] = np.round(strength, 3).tolist()
        found["rows"] = len(few)
    return found


def rank_correlations(codes: NDArray[Any], factors: NDArray[Any]) -> NDArray[np.float64]:
    """|ρ| of Spearman between codes (n, d) and factors (n, K), (d, K); 0 for a constant code."""
    ranks = [_centred(pd.DataFrame(part).rank().to_numpy()) for part in (codes, factors)]
    found: NDArray[np.float64] = np.abs(ranks[0].T @ ranks[1])
    return found


def _centred(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = ranks - ranks.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    scaled: NDArray[np.float64] = np.divide(
        centred, length, out=np.zeros_like(centred), where=length > 0
    )
    return scaled


def _decoder(stage: StageResult, pictures: Pictures) -> Details:
    sheet = pictures.sheet([stage.arrays["inputs"], stage.arrays["reconstructions"]])
    return {"network": stage.spec["network"], "sheet": sheet._asdict()}


def _traversal(stage: StageResult, pictures: Pictures) -> Details:
    arrays, spec = stage.arrays, stage.spec
    steps = evenly(len(arrays["offsets"]), MOST_STEPS)
    return {
        "network": spec["parent"]["network"],
        "unit": spec["unit"],
        "move": spec.get("move", "add"),
        "offsets": arrays["offsets"][steps].tolist(),
        "sheet": pictures.sheet(list(arrays["frames"][:, steps]))._asdict(),
        "image": pictures.sheet([np.stack([arrays["input"], arrays["reconstruction"]])])._asdict(),
    }


def _umap(stage: StageResult, pictures: Pictures) -> Details:
    del pictures
    arrays = stage.arrays
    few = evenly(len(arrays["embedding"]), MOST_POINTS)
    factors = arrays["factors"][few]
    varying = np.flatnonzero(np.ptp(factors, axis=0) > 0)
    return {
        "network": stage.spec["network"],
        "points": np.round(arrays["embedding"][few].astype(np.float64), 3).tolist(),
        "factors": [arrays["names"][place].decode() for place in varying],
        "classes": factors[:, varying].tolist(),
        "of": len(arrays["embedding"]),
    }
