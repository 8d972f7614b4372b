"""Where FactorVAE is 0 because its threshold leaves out every code, figures of scores say so; and
it is 0 for nothing else.
"""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table
from matplotlib.figure import Figure
from matplotlib.text import Text

from mtdis.metrics import factor_table, factor_vae
from mtdis.reporting.drawing.panels import NO_CODE
from mtdis.reporting.figures import figure3
from mtdis.specs.metrics.factor_vae import FactorVae

FIGURES = ("figure3", "figure14", "grid")
"""One of each file that draws scores."""


def of(name: str, zero: str, value: float = 0.0) -> pd.DataFrame:
    """A long table that the figure draws, of which the scores of a metric are a value for the
    multi-head runs of one dataset.
    """
    frame = make_long_table(
        datasets=("dsprites_rendered", "shapes3d_rendered"),
        kinds=("random", "multi_head", "one_head"),
        tasks=4 if name in ("figure3", "figure4") else (2, 4),
        learning_rates=(0.1, 0.01) if name == "grid" else (0.001,),
        keys=("eval_accuracy", "discrete_mig"),
    )
    low = frame["kind"].eq("multi_head") & frame["dataset"].eq("shapes3d_rendered")
    frame.loc[low & frame["metric"].eq(zero), "value"] = value
    return frame


def labels(figure: Figure) -> list[str]:
    """The texts of the figure that have the words, without line breaks."""
    texts = (" ".join(text.get_text().split()) for text in figure.findobj(Text))
    return [text for text in dict.fromkeys(texts) if NO_CODE in text]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_the_zero_is_beside_that_score_alone(name: str) -> None:
    draw = import_module(f"mtdis.reporting.figures.{name}").draw
    said = labels(draw(of(name, "factor_vae")))
    assert [text.partition(" (0 to 1)")[0] for text in said] == ["FactorVAE score"]


@pytest.mark.parametrize(("metric", "value"), [("factor_vae", 1e-4), ("mig", 0.0)])
def test_it_says_so_of_nothing_else(metric: str, value: float) -> None:
    assert labels(figure3.draw(of("figure3", metric, value))) == []


@pytest.mark.parametrize("seed", range(8))
def test_the_score_is_0_exactly_where_no_code_reaches_the_threshold(seed: int) -> None:
    rng = np.random.default_rng(seed)
    factors = factor_table(rng.integers(0, 3, (200, 2)))
    spread = 10 ** rng.uniform(-3, 0, 4)
    codes = (rng.normal(size=(200, 4)) * spread).astype(np.float32)
    settings = FactorVae(num_train=40, num_eval=20, num_variance_estimate=500, batch_size=8)
    for scale in (1, 0.04 / spread.max(), 1e-3):
        found = factor_vae.score(codes * scale, factors, settings)
        assert (found["eval_accuracy"] == 0) == (found["num_active_dims"] == 0)
