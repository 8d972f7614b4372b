"""The cards in docs/metrics are those that their command makes of kept scores, and the scores are
those of the metrics.
"""

import numpy as np
import pytest
from helpers.places import ROOT

from benchmarks import metric_cards, validity
from mtdis.scoring.oracle_codes import ENCODERS, STRUCTURES, oracle

CHEAP = ("mig", "factor_vae", "mcc", "linear_r2")
TOLD = 2e-3
"""How far a processor may move a score: kept ones are rounded to five digits."""


def test_every_card_is_as_its_command_makes_it() -> None:
    for file, text in metric_cards.pages().items():
        assert (validity.FOLDER / file).read_text() == text, "run python -m benchmarks.metric_cards"


def test_all_cells_of_all_metrics_are_kept() -> None:
    rows, anchors = metric_cards.read()
    cells = rows.groupby(["metric", "key"]).size()
    assert set(cells) == {len(STRUCTURES) * len(ENCODERS) * len(validity.SEEDS)}
    assert set(rows["metric"]) == set(anchors["metric"])
    assert set(rows["metric"]) <= set(validity.names())


@pytest.mark.parametrize("name", CHEAP)
def test_kept_scores_are_those_of_the_metric(name: str) -> None:
    rows, _ = metric_cards.read()
    for structure, encoder in (("holes", "rotated"), ("correlated", "monotone")):
        cell = rows[
            rows["metric"].eq(name)
            & rows["structure"].eq(structure)
            & rows["encoder"].eq(encoder)
            & rows["seed"].eq(1)
        ]
        found = validity.scores(validity.drawing_few(name), *oracle(structure, encoder, 1))
        assert dict(zip(cell["key"], cell["value"], strict=True)) == pytest.approx(found, abs=TOLD)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_structures_are_what_they_are_called(structure: str) -> None:
    _, classes = oracle(structure, "identity", 0)
    assert all(len(np.unique(column)) > 1 for column in classes.T)
    combinations = len(np.unique(classes, axis=0))
    together = abs(np.corrcoef(classes.T)[2, 3])
    whole = np.prod(classes.max(axis=0) + 1)
    assert (combinations == whole) == (structure == "independent")
    assert (together > 0.5) == (structure in ("correlated", "redundant"))


def test_encoders_hold_the_factors_as_they_are_called() -> None:
    codes = {name: oracle("independent", name, 0)[0] for name in ENCODERS}
    factors = codes["identity"]
    np.testing.assert_allclose(np.abs(codes["permuted"][:, [1, 2, 3, 0]]), np.abs(factors))
    assert (np.diff(codes["monotone"][np.argsort(factors[:, 1], kind="stable"), 1]) >= 0).all()
    angles = codes["sin_cos"].reshape(len(factors), 2, 4)
    np.testing.assert_allclose((angles**2).sum(axis=1), 1)
    np.testing.assert_allclose(codes["rotated"] ** 2 @ np.ones(4), factors**2 @ np.ones(4))
    ranks = {name: np.linalg.matrix_rank(table) for name, table in codes.items()}
    assert (ranks["linear_mix"], ranks["under_complete"], ranks["over_complete"]) == (4, 2, 4)
    assert codes["over_complete"].shape[1] == codes["several_codes"].shape[1] == 8
    assert np.abs(np.corrcoef(codes["noise"].T, factors.T)[:4, 4:]).max() < 0.05


def test_what_the_page_on_scores_says_of_them_is_kept() -> None:
    rows, _ = metric_cards.read()
    factor_vae = metric_cards.map_of(rows, "factor_vae", "eval_accuracy")["independent"]
    mig = metric_cards.map_of(rows, "mig", "discrete_mig")["independent"]
    sap = metric_cards.map_of(rows, "sap", "SAP_score")["independent"]
    said = (
        f"FactorVAE gives *rotated* factors {factor_vae['rotated']:.2f} of 1",
        f"two copies of every factor take MIG from {mig['identity']:.2f} to"
        f" {mig['several_codes']:.2f}",
    )
    page = " ".join((ROOT / "docs/scores.md").read_text().replace(" 0.", " .").split())
    assert all(text.replace(" 0.", " .") in page for text in said), said
    assert sap["monotone"] > sap["identity"]
