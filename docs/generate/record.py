"""Keep the outcome of the record study, and write the pages that tell of it from what is kept.

python -m docs.generate.record --keep results/studies/record
python -m docs.generate.record [--check]
"""

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from scipy.stats import kstest

from docs.generate.fields import table
from docs.generate.links import ROOT
from mtdis import paths
from mtdis.reporting.claims.verdicts import SUPPORTED, p_text
from mtdis.reporting.labels import HEADLINE, dataset_label, row_label, shown
from mtdis.reporting.statistics import of_runs, variants
from mtdis.reporting.summaries.calibration import calibrated_networks
from mtdis.reporting.summaries.losses import own_fits
from mtdis.reporting.summaries.scores import score_table
from mtdis.reporting.tables import claims as claims_table
from mtdis.study import Study
from mtdis.study.started import config_of

KEPT = ROOT / "docs/results/2026-11-30"
TEMPLATES = Path(__file__).parent / "templates"
README = ROOT / "README.md"
PAGE = ROOT / "docs/record.md"
SHOWN = re.compile(r"(?<=<!-- record -->\n).*?(?=<!-- /record -->)", re.DOTALL)
"""What README takes from here."""
FIGURES = {
    "kinds": ("figure3", "claims", "p_values"),
    "task_counts": ("figure14",),
    "no_axes": ("p_values",),
    "sparse": ("p_values",),
    "sparse_factors": ("p_values",),
}
"""Experiment → figures that are kept."""
NAMES = {"long": "long.parquet", "nulls": "nulls.parquet", "made": "made.json"}
ROWS = ("random", "single_mean", "single_max", "multi_head", "one_head")


@dataclass(frozen=True)
class Kept:
    """The outcome of the study, as the repository holds it."""

    table: pd.DataFrame
    nulls: pd.DataFrame
    study: Study
    made: Mapping[str, Any]
    """What made it: see `made_of`."""

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
    for experiment, names in FIGURES.items():
        for name in names:
            picture = study / "figures" / experiment / f"{name}.png"
            shutil.copy(picture, folder / f"{experiment}-{name}.png")
    made = made_of(sorted(set(table["run"])))
    (folder / NAMES["made"]).write_text(json.dumps(made, indent=1) + "\n")
    lines = kept(folder).claims.drop(columns=["published_mean", "difference", "comparable"])
    lines.to_csv(folder / "claims.csv", index=False)


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


def scores(found: Kept) -> str:
    """The scores of the kinds, a line per score and kind, a column per dataset."""
    lines = score_table(found.rows("kinds"), "5")
    fits = own_fits(of_runs(found.rows("kinds"))).assign(key="r2")
    columns = list(dict.fromkeys(lines["dataset"]))
    rows = []
    for metric, key in HEADLINE:
        for row in ROWS:
            cells = lines[lines["key"].eq(key) & lines["row"].eq(row)].set_index("dataset")
            if len(cells):
                numbers = [
                    _spread(cells.loc[name, "mean"], cells.loc[name, "sd"]) for name in columns
                ]
                rows.append([shown(metric, key).label, row_label(row), *numbers])
    for row in dict.fromkeys(fits["row"]):
        own = fits[fits["row"].eq(row)].groupby("dataset")["value"]
        numbers = [_spread(own.mean()[name], own.std()[name]) for name in columns]
        rows.append(["test R² of tasks", row_label(row), *numbers])
    return table(["score", "kind", *map(dataset_label, columns)], rows)


def contrasts(found: Kept) -> str:
    """The claims that compare kinds: difference, interval and adjusted p of each score and dataset;
    bold where they are supported.
    """
    lines = found.claims[found.claims["test"].isin(["higher", "trend"])]
    columns = list(dict.fromkeys(lines["dataset"]))
    rows = []
    for (claim, metric, key), cells in lines.groupby(["claim", "metric", "key"], sort=False):
        of = {line["dataset"]: line for line in cells.to_dict("records")}
        texts = [_contrast(of[name]) if name in of else "" for name in columns]
        rows.append([_words(claim), shown(metric, key).label, *texts])
    return table(["claim", "score", *map(dataset_label, columns)], rows)


def axes(found: Kept) -> str:
    """The axes of the codes against rotations of them, by MIG and FactorVAE: a line per experiment,
    kind, setting and dataset.
    """
    rows = []
    for name in found.study.experiments:
        tested = found.claims[found.claims["experiment"].eq(name)]
        for label, part in variants(of_runs(found.rows(name))):
            networks = calibrated_networks(part)
            for (dataset, kind), own in networks.groupby(["dataset", "kind"], sort=False):
                if name == "task_counts" or own["p"].isna().all():
                    continue
                head = [_words(name), row_label(str(kind)), _setting(label), dataset_label(dataset)]
                rows.append([*head, *_aligned(own, tested, label)])
    columns = ["networks", "MIG", "rotated", "best", "alignment", "p", "FactorVAE", "rotated", "p"]
    return table(["experiment", "kind", "setting", "dataset", *columns], rows)


def _aligned(own: pd.DataFrame, tested: pd.DataFrame, label: Mapping[str, Any]) -> Iterator[str]:
    mig, factor_vae = (own[own["metric"].eq(name)] for name in ("mig", "factor_vae"))
    yield str(len(mig))
    yield from (f"{mig[name].mean():.3f}" for name in ("whitened", "null_mean", "oriented"))
    alignment = mig["alignment"].dropna()
    yield f"{alignment.mean():.2f}" if len(alignment) else ""
    yield _tested(mig, tested, label)
    yield from (f"{factor_vae[name].mean():.3f}" for name in ("whitened", "null_mean"))
    yield _tested(factor_vae, tested, label)


def _tested(own: pd.DataFrame, tested: pd.DataFrame, label: Mapping[str, Any]) -> str:
    """The adjusted p of the claim about these networks' axes, bold where it is supported."""
    first = own.iloc[0]
    chosen = tested["test"].eq("above_chance") & tested["kinds"].eq(first["kind"])
    for column in ("metric", "dataset"):
        chosen &= tested[column].eq(first[column])
    for field, value in label.items():
        if field in tested:
            chosen &= tested[field].eq(value)
    lines = tested[chosen]
    return _p(lines.iloc[0]) if len(lines) else ""


def even(found: Kept, experiment: str) -> dict[str, float]:
    """The p of a Kolmogorov–Smirnov test of an experiment's p-values (of white codes, which are
    exact) against even ones, by metric, and how many there are.
    """
    networks = calibrated_networks(of_runs(found.rows(experiment)))
    step = 1 / (1 + int(found.nulls["draw"].max()))
    values = {m: own["p_whitened"].dropna() - step / 2 for m, own in networks.groupby("metric")}
    tested = {str(m): float(kstest(own, "uniform").pvalue) for m, own in values.items()}
    return tested | {"n": float(len(values["mig"]))}


def verdicts(found: Kept) -> dict[str, str]:
    """Experiment and claim → how many of its scores and datasets it is supported on: `3 of 18`."""
    tested = found.claims[found.claims["reason"].eq("")]
    said = {}
    for (experiment, claim), lines in tested.groupby(["experiment", "claim"]):
        supported = int(lines["verdict"].eq(SUPPORTED).sum())
        said[f"{experiment}.{claim}"] = f"{supported} of {len(lines)}"
    return said


def texts(found: Kept) -> dict[Path, str]:
    """Each page with what is kept."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    given = {
        "scores": scores(found),
        "contrasts": contrasts(found),
        "axes": axes(found),
        "verdicts": verdicts(found),
        "even": even(found, "no_axes"),
        "made": found.made,
        "folder": str(KEPT.relative_to(ROOT / "docs")),
    }
    page, part = (
        environment.get_template(name).render(given)
        for name in ("record.md.jinja", "readme.md.jinja")
    )
    return {PAGE: page, README: SHOWN.sub(lambda _: part, README.read_text())}


def main() -> int:
    """Keep what a study gave, write the pages, or with --check say which are stale."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keep", type=Path, metavar="STUDY", help="folder of the finished study")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    args = parser.parse_args()
    if args.keep:
        keep(args.keep)
    stale = [path for path, text in texts(kept()).items() if path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if args.check else 'is written'}")
        if not args.check:
            path.write_text(texts(kept())[path])
    return int(args.check and bool(stale))


def _contrast(line: Mapping[str, Any]) -> str:
    bounds = f"[{line['low']:+.3f}, {line['high']:+.3f}]"
    text = f"{line['mean']:+.3f} {bounds}, p {p_text(line['adjusted_p'])}"
    return f"**{text}**" if line["verdict"] == SUPPORTED else text


def _p(line: Mapping[str, Any]) -> str:
    text = p_text(line["adjusted_p"])
    return f"**{text}**" if line["verdict"] == SUPPORTED else text


def _spread(mean: float, sd: float) -> str:
    return f"{mean:.3f} ± {sd:.3f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _setting(label: Mapping[str, Any]) -> str:
    return ", ".join(f"{k.removeprefix('spec.')} {v}" for k, v in label.items() if v)


if __name__ == "__main__":
    sys.exit(main())
