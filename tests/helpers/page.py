"""What tests of the page are given: content in which every text is hostile, and a study's own."""

from typing import Any

import numpy as np
import pandas as pd
from helpers.calibration import calibrated
from helpers.long_table import make_long_table, with_losses

from mtdis.reporting.formats.cells import Block, Cell
from mtdis.reporting.page import answer, outputs
from mtdis.reporting.page.explorer import Dimension, Explorer, Score, explorer
from mtdis.reporting.page.facts import Facts, Standing
from mtdis.reporting.page.html import Content
from mtdis.reporting.page.pictures import Pictures

HOSTILE = (
    """</script><script>window.stolen=1</script><img src=x onerror="window.stolen=2">'"&{{7*7}}"""
)
SOURCE = "data:image/png;base64,iVBORw0KGgo="
WHOLE = Standing(all=2, done=2, diverged=0, missing=0, stale=0)


def facts(runs: Standing = WHOLE, name: str = "small", **changes: Any) -> Facts:
    """The facts of a study of two runs."""
    made = {"mtdis": ("0.1.0",), "commit": ("abc",)}
    return Facts(name, runs, Standing(0, 0, 0, 0, 0), 0, 0.5, made, {"name": name})._replace(
        **changes
    )


def frame(**changes: Any) -> pd.DataFrame:
    """A long table of two kinds with losses and calibrated scores."""
    given = {"kinds": ("random", "multi_head"), "keys": ("discrete_mig", "eval_accuracy")} | changes
    return calibrated(with_losses(make_long_table(**given)))[0]


def hostile() -> Content:
    """Content with a hostile text wherever data has a text."""
    cell = answer.Cell(*[HOSTILE] * 5, "open", HOSTILE)
    claim = answer.Claim(HOSTILE, HOSTILE, HOSTILE, [HOSTILE], [(HOSTILE, [cell])])
    blocks = [Block(HOSTILE, [(HOSTILE, [Cell(HOSTILE)])])]
    table = outputs.Table(HOSTILE, HOSTILE, [HOSTILE], blocks, [HOSTILE], HOSTILE, 1, "")
    figure = outputs.Figure(HOSTILE, HOSTILE, SOURCE, HOSTILE, "")
    lost = figure._replace(source="", problem=HOSTILE)
    experiment = outputs.Experiment(HOSTILE, HOSTILE, HOSTILE, [figure, lost], [table])
    return Content(
        question=HOSTILE,
        verdict=HOSTILE,
        claims={HOSTILE: [claim]},
        facts=facts(name=HOSTILE, made_with={HOSTILE: (HOSTILE,)}, config={HOSTILE: HOSTILE}),
        experiments=[experiment],
        explorer=hostile_rows(),
        runs={HOSTILE: hostile_run()},
        runs_without=1,
        problems=[HOSTILE],
        pictures_beside=False,
    )


def hostile_rows() -> Explorer:
    """Two rows whose every name is hostile."""
    dimensions = [
        Dimension(HOSTILE, HOSTILE, [HOSTILE, f"{HOSTILE}2"], ordered=False),
        Dimension("kind", "kind", ["random", HOSTILE], ordered=False),
    ]
    score = Score(HOSTILE, 3, "highest", {})
    return Explorer(
        dimensions, [score], [[0, 0, 0.5], [1, 1, 0.25]], [HOSTILE, "b"], ["", HOSTILE], HOSTILE,
        [HOSTILE, "two"], [[0, 1], [0]],
    )  # fmt: skip


def hostile_run() -> dict[str, Any]:
    """The details of a run whose every name is hostile, with one embedding."""
    umap = {"network": HOSTILE, "points": [[0, 0], [1, 1]], "factors": [HOSTILE]}
    return {
        "name": HOSTILE,
        "spec": [[HOSTILE, HOSTILE]],
        "diverged": [HOSTILE],
        "networks": [HOSTILE],
        "history": {HOSTILE: [[1, 0.5], [2, 0.25]]},
        "correlations": {"factors": [HOSTILE], "networks": {HOSTILE: [[0.5]]}, "rows": 2},
        "decoder": [],
        "traversal": [],
        "umap": [umap | {"classes": [[0], [1]], "of": 2}],
        "problems": [HOSTILE],
    }


def run_with_stages(pictures: Pictures) -> dict[str, Any]:
    """The details of a run with losses, a decoder, a traversal of two codes, and an embedding."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 3, 8, 8, 3), dtype=np.uint8)
    sheet = pictures.sheet(list(images))._asdict()
    about = {"network": "shared"}
    umap = about | {"points": rng.normal(size=(40, 2)).tolist(), "factors": ["scale", "hue"]}
    return {
        "name": "multi-head, dsprites_rendered, seed 1",
        "spec": [["latent_size", "2"]],
        "diverged": [],
        "networks": ["shared"],
        "history": {"shared": [[epoch, 1 / epoch] for epoch in range(1, 9)]},
        "correlations": {
            "factors": ["scale", "hue"],
            "networks": {"shared": [[0.1, 0.9], [0.4, 0.0]]},
            "rows": 40,
        },
        "decoder": [about | {"sheet": sheet}],
        "traversal": [
            about
            | {"unit": "sd", "move": "add", "offsets": [-1, 0, 1]}
            | {"sheet": sheet, "image": sheet}
        ],
        "umap": [umap | {"classes": rng.integers(0, 3, (40, 2)).tolist(), "of": 50}],
        "problems": [],
    }  # fmt: skip


def content(**changes: Any) -> Content:
    """Content of a small study without stages."""
    made = Content(
        question="Does it?",
        verdict="",
        claims={},
        facts=facts(),
        experiments=[],
        explorer=explorer(frame()),
        runs={},
        runs_without=0,
        problems=[],
        pictures_beside=False,
    )
    return made._replace(**changes)
