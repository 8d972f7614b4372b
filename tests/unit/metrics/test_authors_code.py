"""MCC and linear DCI against the code of the papers that propose them, on stored tables."""

import hashlib
import json

import numpy as np
import pytest
from helpers.places import REFERENCES

from mtdis.metrics import _matching as matching
from mtdis.metrics import dci
from mtdis.specs.metrics.dci import Dci
from tests.unit.metrics.test_reference import grid, mix

ORACLE = json.loads((REFERENCES / "icebeem_and_qedr.json").read_text())


@pytest.fixture(params=ORACLE["cases"], ids=lambda case: case["table"])
def case(request):
    recipe = ORACLE["tables"][request.param["table"]]
    factors = grid(recipe["sizes"])
    codes = mix(factors, recipe)
    assert hashlib.sha256(codes.tobytes()).hexdigest() == recipe["sha256"]
    return codes, factors, request.param


@pytest.mark.parametrize(
    ("kind", "unit"), [("pearson", matching.unit_columns), ("spearman", matching.unit_ranks)]
)
def test_mcc_is_that_of_icebeem(case, kind, unit):
    codes, factors, theirs = case
    ours = matching.matched(matching.correlate(unit(codes), unit(factors)))
    assert ours == pytest.approx(theirs["mcc"][kind], abs=1e-12)


def test_the_lasso_of_dci_is_that_of_qedr(case):
    codes, factors, known = case
    theirs = known["lasso"]
    importance, r2, _ = dci.lasso((codes, factors), (codes, factors), Dci(importance="lasso"))
    assert importance == pytest.approx(np.array(theirs["importance"]), abs=1e-3)  # its tolerance
    assert dci.from_importance(importance)[0] == pytest.approx(theirs["disentanglement"], abs=1e-3)
    assert 1 - r2 == pytest.approx(np.mean(theirs["normalised_squared_error"]), abs=1e-3)
