"""Keep the outcome of the record study, and write the pages that tell of it from what is kept.

python -m docs.generate.record --keep results/studies/record
python -m docs.generate.record --again same=FOLDER lower=FOLDER
python -m docs.generate.record [--check]

`--again`: some runs of the study were made once more in another folder, `lower` with fewer
instructions of the processor.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from scipy.stats import kstest

from docs.generate.fields import table
from docs.generate.links import ROOT
from docs.generate.outcome import KEPT, NAMES, Kept, again_of, keep, kept
from mtdis.reporting.claims.verdicts import SUPPORTED, p_text
from mtdis.reporting.labels import HEADLINE, dataset_label, kind_of, row_label, row_place, shown
from mtdis.reporting.statistics import of_runs, variants
from mtdis.reporting.summaries.calibration import calibrated_networks
from mtdis.reporting.summaries.losses import own_fits
from mtdis.reporting.summaries.scores import score_table

TEMPLATES = Path(__file__).parent / "templates"
README = ROOT / "README.md"
PAGE = ROOT / "docs/record.md"
SHOWN = re.compile(r"(?<=<!-- record -->\n).*?(?=<!-- /record -->)", re.DOTALL)
"""What README takes from here."""
DATASETS = ("dsprites_rendered", "shapes3d_rendered", "mpi3d_real_rendered")
PRESSURES = (("with", True), ("without", False))
LEVEL = 0.05
ROWS = ("random", "single_mean", "single_max", "multi_head", "one_head")


def moved(found: Kept) -> str:
    """By how much each score moved under fewer instructions, beside its spread over seeds."""
    lower = found.again["lower"]
    rows = [
        [shown(metric, key).label, f"{lower['apart'][key]:.3f}", f"{lower['sd'][key]:.3f}"]
        for metric, key in HEADLINE
    ]
    return table(["score", "largest difference", "sd over seeds, multi-head"], rows)


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
            networks = _calibrated(part)
            groups = networks.groupby(["dataset", "kind"], sort=False)
            for (dataset, kind), own in sorted(groups, key=lambda group: _place(*group[0])):
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


def even(found: Kept, experiment: str) -> dict[str, str]:
    """The p of a Kolmogorov–Smirnov test of an experiment's p-values (of white codes, which are
    exact) against even ones, by metric, and how many there are.
    """
    networks = _calibrated(of_runs(found.rows(experiment)))
    step = 1 / (1 + int(found.nulls["draw"].max()))
    values = {m: own["p_whitened"].dropna() - step / 2 for m, own in networks.groupby("metric")}
    tested = {str(m): p_text(float(kstest(own, "uniform").pvalue)) for m, own in values.items()}
    return tested | {"n": str(len(values["mig"]))}


def higher(found: Kept) -> dict[str, str]:
    """Experiment and claim → on how many of its scores and datasets the adjusted p is at most .05,
    of axes that are above chance or of differences: `3 of 18`.
    """
    tested = found.claims[found.claims["reason"].eq("")]
    said = {}
    for (experiment, claim), lines in tested.groupby(["experiment", "claim"]):
        found_so = int(lines["adjusted_p"].le(LEVEL).sum())
        said[f"{experiment}.{claim}"] = f"{found_so} of {len(lines)}"
    return said


def means(found: Kept) -> dict[str, str]:
    """Metric and row of Table 5 → the means on the datasets, of DCI its informativeness."""
    lines = score_table(found.rows("kinds"), "5")
    keys = dict(HEADLINE)  # the last key of each metric
    chosen = lines[[keys[metric] == key for metric, key in lines[["metric", "key"]].to_numpy()]]
    groups = chosen.groupby(["metric", "row"], sort=False)
    return {f"{metric}.{row}": _three(own) for (metric, row), own in groups}


def fits(found: Kept, experiment: str) -> dict[str, str]:
    """Row of Table 5 → the mean R² of tasks on the test split on the datasets of an experiment."""
    points = own_fits(of_runs(found.rows(experiment)))
    own = points.groupby(["row", "dataset"], sort=False)["value"].mean().rename("mean")
    return {row: _three(lines) for row, lines in own.reset_index().groupby("row", sort=False)}


def brief(found: Kept) -> str:
    """The table of README: a line per kind, means on the three datasets."""
    scored, fitted = means(found), fits(found, "kinds")
    networks = _calibrated(of_runs(found.rows("kinds")))
    mig = networks[networks["metric"].eq("mig")]
    rows = []
    for row in ("random", "single_mean", "multi_head", "one_head"):
        kind = mig[mig["kind"].eq(kind_of(row))].groupby("dataset")
        mapped = (
            kind[name].mean().rename("mean").reset_index() for name in ("whitened", "null_mean")
        )
        cells = [scored[f"factor_vae.{row}"], *map(_three, mapped), scored[f"dci.{row}"]]
        rows.append([row_label(row), *cells, fitted.get(row, "")])
    heads = ("FactorVAE", "MIG, white codes", "their rotations", "DCI informativeness", "test R²")
    return table(["", *heads], rows)


def controls(found: Kept) -> dict[str, str]:
    """What the page says of the controls and of the arm `sparse`."""
    pressed = {name: _networks(found, "sparse_factors", relu=relu) for name, relu in PRESSURES}
    own, free = pressed["with"], pressed["without"]
    lines = found.claims[found.claims["experiment"].eq("sparse_factors")]
    relu = lines["spec.latent_activation"].eq("relu")
    tested = {m: lines[relu & lines["metric"].eq(m)].iloc[0] for m in ("mig", "factor_vae")}
    below = lines[~relu & lines["metric"].eq("mig")].iloc[0]
    sparse = _networks(found, "sparse")
    sprites = _networks(found, "kinds")
    sprites = sprites[sprites["kind"].eq("random") & sprites["dataset"].eq(DATASETS[0])]
    true = _calibrated(of_runs(found.rows("true_factors")))
    return {
        "white": _short(own["whitened"].mean()),
        "rotated": _short(own["null_mean"].mean()),
        "mig_p": p_text(tested["mig"]["adjusted_p"]),
        "factor_vae_p": p_text(tested["factor_vae"]["adjusted_p"]),
        "below": _short(-below["mean"], 3),
        "below_interval": f"[{_short(-below['high'], 3)}, {_short(-below['low'], 3)}]",
        "free": f"{_short(free['whitened'].mean())} and {_short(free['null_mean'].mean())}",
        "sparse_rank": f"{sparse['effective_rank'].mean():.1f}",
        "sparse_lost": str(int(sparse["p"].isna().sum())),
        "random_sprites": f"{int(sprites['p'].le(LEVEL).sum())} of {len(sprites)}",
        "true": f"{int(true['p'].le(LEVEL).sum())} of {len(true)}",
    }


def texts(found: Kept) -> dict[Path, str]:
    """Each page with what is kept."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    rises = found.claims[found.claims["claim"].eq("more_tasks_help")].groupby("metric").first()
    given = {
        "scores": scores(found),
        "contrasts": contrasts(found),
        "axes": axes(found),
        "brief": brief(found),
        "higher": higher(found),
        "means": means(found),
        "fits": {name: fits(found, name) for name in ("kinds", "no_axes", "sparse")},
        "trend": {metric: _contrast(line) for metric, line in rises.iterrows()},
        "controls": controls(found),
        "even": even(found, "no_axes"),
        "made": found.made,
        "again": found.again,
        "moved": moved(found),
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
    parser.add_argument("--again", nargs="*", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    args = parser.parse_args()
    if args.keep:
        keep(args.keep)
    if args.again:
        table = kept().rows("kinds")
        folders = dict(word.split("=", 1) for word in args.again)
        again = {name: again_of(Path(folder), table) for name, folder in folders.items()}
        (KEPT / NAMES["again"]).write_text(json.dumps(again, indent=1) + "\n")
    made = texts(kept())
    stale = [path for path in made if not path.exists() or path.read_text() != made[path]]
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale' if args.check else 'is written'}")
        if not args.check:
            path.write_text(made[path])
    return int(args.check and bool(stale))


def _contrast(line: Mapping[str, Any]) -> str:
    bounds = f"[{line['low']:+.3f}, {line['high']:+.3f}]"
    text = f"{line['mean']:+.3f} {bounds}, p {p_text(line['adjusted_p'])}"
    return f"**{text}**" if line["verdict"] == SUPPORTED else text


def _p(line: Mapping[str, Any]) -> str:
    text = p_text(line["adjusted_p"])
    return f"**{text}**" if line["verdict"] == SUPPORTED else text


def _place(dataset: str, kind: str) -> tuple[int, int]:
    return DATASETS.index(dataset), row_place(kind)


def _calibrated(rows: pd.DataFrame) -> pd.DataFrame:
    """`calibrated_networks` of the keys that the paper reports."""
    networks = calibrated_networks(rows)
    return networks[pd.MultiIndex.from_frame(networks[["metric", "key"]]).isin(HEADLINE)]


def _networks(found: Kept, experiment: str, relu: bool | None = None) -> pd.DataFrame:
    """The networks of an experiment as MIG calibrates them; with relu codes or without."""
    rows = of_runs(found.rows(experiment))
    if relu is not None:
        rows = rows[rows["spec.latent_activation"].eq("relu") == relu]
    networks = _calibrated(rows)
    return networks[networks["metric"].eq("mig")]


def _three(lines: pd.DataFrame) -> str:
    """The means of lines on the datasets that there are: `.41 / .41 / .30`."""
    own = lines.set_index("dataset")["mean"]
    return " / ".join(_short(own[name]) for name in DATASETS if name in own.index)


def _short(value: float, places: int = 2) -> str:
    return f"{value:.{places}f}".replace("0.", ".", 1)


def _spread(mean: float, sd: float) -> str:
    return f"{mean:.3f} ± {sd:.3f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _setting(label: Mapping[str, Any]) -> str:
    return ", ".join(f"{k.removeprefix('spec.')} {v}" for k, v in label.items() if v)


if __name__ == "__main__":
    sys.exit(main())
