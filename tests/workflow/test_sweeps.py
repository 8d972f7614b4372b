"""A sweep is shown by the config alone: no figure and no table is written for it."""

import re

import pandas as pd

from mtdis import paths

from .conftest import StudyFolder

SHOWN = ((paths.figure, "along"), (paths.table, "effects"))


def test_a_swept_field_is_drawn_and_its_effect_told(finished: StudyFolder) -> None:
    finished.change(kind="random", latent_size=[4, 8], figures=["along"], tables=["effects"])
    figure, table = (show("small", "one", n) for show, n in SHOWN)
    done = finished.snakemake(figure, table)
    assert done.returncode == 0, done.stdout
    assert len(list((finished.path / "results/runs").iterdir())) == 3  # one more than there were
    pdf = (finished.path / figure).read_bytes()
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Type3" not in pdf
    effects = pd.read_csv(finished.path / table)
    assert set(effects["row"]) == {"random, latent size: 4 → 8"}
    long = pd.read_csv(finished.path / paths.long_table("small", "one").replace("parquet", "csv"))
    mig = long[long["metric"].eq("mig")].set_index("spec.latent_size")["value"]
    assert effects["mean"].tolist() == [mig[8] - mig[4]]
    text = (finished.path / table).with_suffix(".md").read_text()
    assert re.search(r"\+?-?0\.\d+; n = 1", text)  # of one pair no interval
