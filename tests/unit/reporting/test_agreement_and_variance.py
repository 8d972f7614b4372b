"""The tables of how scores agree, and of what their spread comes from."""

import numpy as np
import pandas as pd
import pytest
from helpers.calibration import calibrated
from helpers.long_table import make_long_table
from scipy.stats import kendalltau

from mtdis.reporting.tables import agreement, variance

KEYS = ("discrete_mig", "eval_accuracy", "informativeness_test")


def _pair(table: pd.DataFrame, dataset: str, first: str, second: str) -> pd.DataFrame:
    both = {first, second}
    named = table["row"].isin(both) & table["column"].isin(both)
    return table[named & table["dataset"].eq(dataset)]


def test_taus_are_within_datasets_and_their_mean_is_over_them() -> None:
    frame = make_long_table(datasets=("dsprites", "shapes3d"), keys=KEYS)
    mig = frame["metric"].eq("mig") & frame["dataset"].eq("shapes3d")
    frame.loc[mig, "value"] = -frame.loc[mig, "value"]  # the reverse order in one dataset
    table = agreement.make(frame)
    found = {}
    for dataset in ("dsprites", "shapes3d"):
        rows = frame[frame["dataset"].eq(dataset)].set_index(["run", "network"])
        one, other = (rows[rows["metric"].eq(m)]["value"] for m in ("mig", "factor_vae"))
        found[dataset] = kendalltau(one, other.loc[one.index]).statistic
        plain, _ = _pair(table, dataset, "MIG", "FactorVAE score")["mean"]
        assert plain == pytest.approx(found[dataset])
    assert found["dsprites"] * found["shapes3d"] < 0
    mean = _pair(table, "mean over datasets", "MIG", "FactorVAE score").iloc[0]
    assert mean["mean"] == pytest.approx(np.mean(list(found.values())))
    assert (mean["n"], mean["sd"]) == (2, pytest.approx(np.std(list(found.values()), ddof=1)))


def test_the_effective_rank_is_taken_out_where_it_is_known() -> None:
    frame = make_long_table(keys=KEYS)
    titles = set(agreement.make(frame)["metric"])
    assert not any("effective rank" in title for title in titles)
    mapped, _ = calibrated(frame)
    ranks = frame.drop_duplicates(["run", "network"]).assign(
        metric="codes", key="effective_rank", value=lambda f: np.arange(len(f), dtype=float)
    )
    titles = set(agreement.make(pd.concat([mapped, ranks]))["metric"])
    assert any("DCI informativeness and effective rank" in title for title in titles)


def test_components_are_those_of_the_seeds_that_vary() -> None:
    frame = make_long_table(kinds=("multi_head",), keys=("discrete_mig",), seeds=(1, 2, 3))
    frame = pd.concat([frame.assign(metric_seed=s, **{"spec.tasks.seed": 658}) for s in (0, 1)])
    frame["value"] = frame["seed"] + 0.1 * frame["metric_seed"]
    table = variance.make(frame).set_index("column")
    # (seed) varies by 1, the sample by .1 * .1 / 2, and nothing by both
    assert table.loc["model seed", "mean"] == pytest.approx(1.0)
    assert table.loc["metric seed", "mean"] == pytest.approx(0.005)
    assert table.loc["task seed", "text"] == "– (6)"
    assert "its variance is unknown" in table.loc["task seed", "note"]
    zipped = frame.assign(**{"spec.tasks.seed": frame["seed"]})
    assert "model seed + task seed" in set(variance.make(zipped)["column"]) | {
        " + ".join(sorted(name.split(" + "))) for name in variance.make(zipped)["column"]
    }
