"""The outcome of the record study, as the repository keeps it in docs/results."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from docs.generate.links import ROOT
from mtdis import paths
from mtdis.discover import load
from mtdis.reporting.drawing.style import settings
from mtdis.reporting.labels import HEADLINE
from mtdis.reporting.tables import claims as claims_table
from mtdis.study import Study
from mtdis.study.started import config_of

KEPT = ROOT / "docs/results/2026-11-30"
FIGURES = {
    "kinds": ("figure3", "claims", "p_values"),
    "task_counts": ("figure14",),
    "no_axes": ("p_values",),
    "sparse": ("p_values",),
    "sparse_factors": ("p_values",),
}
"""Experiment → figures that are kept."""
NAMES = {
    "long": "long.parquet",
    "nulls": "nulls.parquet",
    "made": "made.json",
    "again": "again.json",
}


@dataclass(frozen=True)
class Kept:
    """The outcome of the study, as the repository holds it."""

    table: pd.DataFrame
    nulls: pd.DataFrame
    study: Study
    made: Mapping[str, Any]
    """What made it: see `made_of`."""
    again: Mapping[str, Any]
    """What became of runs that were made once more: see `again_of`."""

    def rows(self, experiment: str) -> pd.DataFrame:
        """The long table of an experiment."""
        named = self.table["experiment"].str.split(";").map(lambda names: experiment in names)
        return self.table[named].assign(experiment=experiment)

    @cached_property
    def claims(self) -> pd.DataFrame:
        """The lines of the claims of all experiments, tested anew."""
        parts = []
        for name, experiment in self.study.experiments.items():
            if experiment.claims:
                nulls = self.nulls[self.nulls["experiment"].eq(name)]
                found = claims_table.make(self.rows(name), experiment.claims, nulls)
                parts.append(found.assign(experiment=name))
        return pd.concat(parts, ignore_index=True)


def kept(folder: Path = KEPT) -> Kept:
    """Read what is kept."""
    config = config_of(folder)
    assert config is not None
    return Kept(
        pd.read_parquet(folder / NAMES["long"]),
        pd.read_parquet(folder / NAMES["nulls"]),
        Study.from_config(config),
        json.loads((folder / NAMES["made"]).read_text()),
        json.loads((folder / NAMES["again"]).read_text())
        if (folder / NAMES["again"]).exists()
        else {},
    )


def keep(study: Path, folder: Path = KEPT) -> None:
    """Copy from a finished study's folder what is kept of it: no weights, codes or images."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(study / Path(paths.started("x")).name, folder)
    table = pd.read_parquet(study / "tables" / NAMES["long"])
    table.to_parquet(folder / NAMES["long"], compression="zstd", index=False)
    drawn = (study / "tables" / name / NAMES["nulls"] for name in FIGURES)
    nulls = pd.concat([pd.read_parquet(file) for file in drawn if file.exists()])
    nulls.to_parquet(folder / NAMES["nulls"], compression="zstd", index=False)
    made = made_of(sorted(set(table["run"])))
    (folder / NAMES["made"]).write_text(json.dumps(made, indent=1) + "\n")
    found = kept(folder)
    lines = found.claims.drop(columns=["published_mean", "difference", "comparable"])
    lines.to_csv(folder / "claims.csv", index=False)
    draw(found, folder)


def draw(found: Kept, folder: Path) -> None:
    """Draw the figures that are kept, from the tables that are."""
    for experiment, names in FIGURES.items():
        for name in names:
            module = load("mtdis.reporting.figures", name, "figure")
            given: list[Any] = [found.rows(experiment)]
            if getattr(module, "READS_CLAIMS", False):
                nulls = found.nulls[found.nulls["experiment"].eq(experiment)]
                given += [found.study.experiments[experiment].claims, nulls]
            with settings():
                module.draw(*given).savefig(folder / f"{experiment}-{name}.png")


def made_of(runs: Iterable[str]) -> dict[str, Any]:
    """What made these runs, by their records: each processor, kernels, commit and program that
    there was, the number of networks, and the hours of the trainings that were counted.
    """
    records = [json.loads(Path(paths.run(run)).read_text()) for run in runs]
    told = [record["execution"] for record in records]
    each = {
        name: sorted({str(one[name]) for one in told if name in one})
        for name in ("machine", "processor", "kernels", "commit", "program", "python")
    }
    networks = sum(len(record["result"]["networks"]) for record in records)
    seconds = sum(one.get("seconds", 0.0) for one in told)
    return each | {
        "versions": told[0]["versions"],
        "runs": len(records),
        "networks": networks,
        "training_hours": round(seconds / 3600, 2),
    }


def again_of(folder: Path, table: pd.DataFrame) -> dict[str, Any]:
    """How runs that were made once more in a folder differ from those here: files with other bytes,
    and of each score the largest difference over networks, beside the standard deviation over seeds
    of multi-head networks.
    """
    files, kernels = Counter[bool](), set()
    apart: dict[str, float] = {}
    for path in sorted((folder / paths.run("x")).parents[1].glob("*/run.json")):
        other, own = (json.loads(p.read_text()) for p in (path, Path(paths.run(path.parent.name))))
        kernels.add(other["execution"]["kernels"])
        for name, about in own["files"].items():
            files[about["sha256"] == other["files"][name]["sha256"]] += 1
        pair = zip(*(_scores_in(place, own["id"]) for place in (folder, Path())), strict=True)
        for (name, there), (_, here) in pair:
            apart[name] = max(apart.get(name, 0.0), abs(there - here))
    spread = table[table["kind"].eq("multi_head") & table["transform"].eq("none")]
    deviations = spread.groupby(["dataset", "key"])["value"].std()["shapes3d_rendered"]
    return {
        "kernels": sorted(kernels),
        "files": sum(files.values()),
        "other_bytes": files[False],
        "apart": {name: round(value, 4) for name, value in apart.items()},
        "sd": {name: round(float(deviations[name]), 4) for name in apart},
    }


def _scores_in(folder: Path, run: str) -> list[tuple[str, float]]:
    """Key and value of the scores that the paper reports, in order of key and network."""
    rows = json.loads((folder / paths.scores(run)).read_text())["rows"]
    chosen = [row for row in rows if (row["metric"], row["key"]) in HEADLINE]
    return [(r["key"], r["value"]) for r in sorted(chosen, key=lambda r: (r["key"], r["network"]))]
