"""What the controls came to, a line per kind, setting and dataset: python -m benchmarks.controls

Reads the long table of a finished study of `workflow/configs/controls.yaml`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mtdis.reporting.labels import dataset_label

FIELDS = ["scaling", "matrix", "latent_activation", "code_penalty"]
SCORES = {"MIG": ("mig", "discrete_mig"), "FactorVAE": ("factor_vae", "eval_accuracy")}
TWO_P = ("p_whitened", "p_standardised")
HEAD = [
    "experiment", "kind", "dataset", "test R²", "rank", "live",
    *(f"{name}: {column}" for name in SCORES
      for column in ("white", "rotated [5, 95 %]", "best", "alignment", "p ≤ .05")),
    "symmetry",
]  # fmt: skip


def values(rows: pd.DataFrame, metric: str, key: str, transform: str = "none") -> pd.Series:
    """One score of each network; not those of codes that were scaled before."""
    chosen = (rows.metric == metric) & (rows.key == key) & (rows["transform"] == transform)
    return rows[chosen & ~rows.settings.str.contains("scaling", na=False)].value.dropna()


def score(rows: pd.DataFrame, metric: str, key: str) -> list[str]:
    """White codes, their rotations, the best rotation, alignment, and networks with p ≤ .05."""
    calibrated = f"{metric}_calibrated"
    said = {
        name: values(rows, calibrated, f"{key}.{name}")
        for name in ("null_mean", "null_q05", "null_q95", "alignment", *TWO_P)
    }
    white, best = values(rows, metric, key, "whitened"), values(rows, metric, key, "oriented")
    null = "{:.3f} [{:.3f}, {:.3f}]".format(*(said[n].mean() for n in list(said)[:3]))
    aligned = said["alignment"]
    larger = [max(pair) for pair in zip(*(said[p] for p in TWO_P), strict=True)]
    return [
        f"{white.mean():.3f} ({len(white)})",
        null,
        f"{best.mean():.3f}",
        f"{aligned.mean():.2f} ({len(aligned)})" if len(aligned) else "",
        f"{sum(value <= 0.05 for value in larger)} of {len(larger)}",
    ]


def lines(table: pd.DataFrame) -> Iterator[list[str]]:
    """The cells of each line."""
    fields = [f"spec.{name}" for name in FIELDS if f"spec.{name}" in table]
    by = ["experiment", "kind", *fields, "dataset"]
    for group, rows in table.groupby(by, sort=False, dropna=False):
        experiment, kind, *settings, dataset = group
        r2, rank = values(rows, "r2", "test"), values(rows, "effective_rank", "effective_rank")
        live = values(rows, "codes", "live")
        yield [
            str(experiment),
            ", ".join(str(value) for value in (kind, *settings) if pd.notna(value)),
            dataset_label(str(dataset)),
            f"{r2.mean():.2f}" if len(r2) else "",
            f"{rank.mean():.1f}",
            f"{live.mean():.1f}",
            *(cell for metric, key in SCORES.values() for cell in score(rows, metric, key)),
            str(rows.symmetry.dropna().iloc[0]),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("table", nargs="?", default="results/studies/controls/tables/long.parquet")
    table = pd.read_parquet(Path(parser.parse_args().table))
    for cells in [HEAD, ["---"] * len(HEAD), *lines(table)]:
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
