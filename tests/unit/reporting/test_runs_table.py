"""The table `runs` has a line per run, what varies among them, and says what is lost."""

import pytest
from helpers.long_table import make_long_table, with_losses

from mtdis.reporting.tables import runs


def test_a_line_per_run_with_what_varies_its_fit_and_its_scores() -> None:
    frame = with_losses(
        make_long_table(
            kinds=("random", "single_task"),
            learning_rates=(0.001, 0.01),
            tasks=2,
            keys=("discrete_mig", "SAP_score"),
            diverged=(("single_task", "task2", 1),),
        )
    )
    frame = frame[~(frame["kind"].eq("random") & frame["metric"].eq("sap") & frame["seed"].eq(0))]
    table = runs.make(frame)
    texts = table.pivot(index="run", columns="column", values="text")
    assert len(texts) == 6
    assert list(table["column"].unique()) == [
        *["kind", "learning_rate", "seed", "MSE on the test split", "R² on the test split"],
        *["MIG", "SAP"],
    ]
    first = texts[texts["kind"].str.startswith("random") & texts["seed"].eq("0")].iloc[0]
    assert (first["learning_rate"], first["R² on the test split"]) == ("–", "–")
    assert first["SAP"] == "missing"
    lost = texts[texts["kind"].str.startswith("single") & texts["seed"].eq("1")]
    assert lost["MIG"].str.endswith("(1, 1 diverged)").all()
    fits = frame[frame["metric"].eq("r2") & frame["key"].eq("test")]
    fits = fits[fits["trained_task"].eq(fits["task"])].groupby("run")["value"].mean()
    means = table[table["column"].eq("R² on the test split")].set_index("run")["mean"].dropna()
    assert means.to_dict() == pytest.approx(fits.to_dict())
