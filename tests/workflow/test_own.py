"""A user's own data from its folder to scores, tables and figures, by the commands of
docs/your_data.md alone.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from helpers.beads import write_beads
from PIL import Image

from mtdis.cli import main

from .conftest import StudyFolder

METRICS = {
    "mig": {"num_train": 200},
    "factor_vae": {"num_train": 60, "num_eval": 30},
    "irs": {"num_train": 200},
}


def config_of(entry: str) -> dict[str, Any]:
    """A study on the dataset of an entry."""
    runs = yaml.safe_load(entry) | {
        "kind": "multi_head",
        "seed": 1,
        "tasks": {"count": 2, "input_scaling": "unit"},
        "epochs": 1,
        "batch_size": 16,
        "head_layers": [8],
        "stages": {"decoder": {"epochs": 1, "batch_size": 16}},
        "tables": ["all_scores"],
        "figures": ["figure6"],
    }
    return {"name": "mine", "metrics": METRICS, "experiments": {"beads": runs}}


def test_own_images_with_holes_end_in_scores_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = StudyFolder(tmp_path)
    write_beads(tmp_path / "own/beads", count=60, side=8)
    assert main(["own", "beads"]) == 0
    folder.write(config_of(capsys.readouterr().out))
    done = folder.snakemake("--keep-going")
    assert done.returncode == 0, done.stdout

    results = tmp_path / "results/studies/mine"
    long = pd.read_parquet(results / "tables/long.parquet")
    scores = long[long["metric"].isin(METRICS)]
    assert set(scores["metric"]) == set(METRICS)
    assert scores["value"].notna().all()
    assert (
        scores["unlike_paper"]
        .str.contains("no full grid in order: metrics draw from its rows")
        .all()
    )
    assert (
        "- own beads: no full grid in order: metrics draw from its rows."
        in (results / "tables/beads/all_scores.md").read_text()
    )
    with Image.open(results / "figures/beads/figure6.png") as picture:
        colours = np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)
    assert len(colours) > 100  # beads, and what a decoder makes of them
    assert folder.planned() == {}

    (record,) = (tmp_path / "data").glob("own*.json")
    assert json.loads(record.read_text())["names"] == ["shape", "hue", "size"]
    table = tmp_path / "own/beads/factors.csv"
    table.write_text(table.read_text().replace(",225.0,", ",226.0,"))
    record.unlink()
    failed = folder.snakemake(str(record.relative_to(tmp_path)))
    assert failed.returncode == 1
    assert "own/beads is not what the config says: checksum is 'sha256-" in failed.stdout
