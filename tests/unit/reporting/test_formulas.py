"""The library's scores beside those of Appendix B, on scores that are known."""

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.formats.cells import blocks
from mtdis.reporting.tables import formulas
from mtdis.reporting.tables.formulas import RUN, WRITTEN

WORDING = {  # key of the library → metric, key, and value of the appendix for a library's value
    "discrete_mig": ("mig_paper", "discrete_mig", lambda value: 3 * value),
    "SAP_score": ("sap_paper", "SAP_score", lambda value: value + 0.25),
    "disentanglement": ("dci_paper", "disentanglement", lambda value: value - 0.5),
    "completeness": ("dci_paper", "completeness", lambda value: value),
    "informativeness_test": ("dci_paper", "normalised_error", lambda value: 1 - value),
}


def with_wording(frame: pd.DataFrame, settings: str = "") -> pd.DataFrame:
    """The scores, with these settings of each metric, and those by the appendix's formulas."""
    parts = [frame.assign(settings=frame["metric"] + settings)]
    for library, (metric, key, value) in WORDING.items():
        rows = frame[frame["key"] == library]
        parts.append(
            rows.assign(
                metric=metric, key=key, settings=metric + settings, value=value(rows["value"])
            )
        )
    return pd.concat(parts, ignore_index=True)


def _line(table: pd.DataFrame, **names: object) -> pd.Series:
    chosen = table
    for column, value in names.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return with_wording(make_long_table(seeds=(1, 2, 3)))


def test_both_formulas_stand_beside_each_other(frame: pd.DataFrame) -> None:
    table = formulas.make(frame)
    ours = frame[(frame["kind"] == "multi_head") & (frame["metric"] == "mig")]["value"]
    run, written = (
        _line(table, key="discrete_mig", row="multi_head", column=c) for c in (RUN, WRITTEN)
    )
    assert (run["mean"], run["n"]) == (pytest.approx(ours.mean()), 3)
    assert (written["mean"], written["sd"]) == (
        pytest.approx(3 * ours.mean()),
        pytest.approx(3 * ours.std(ddof=1)),
    )
    assert (written["change"], written["change_n"]) == (pytest.approx(2 * ours.mean()), 3)
    assert np.isnan(run["change"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "change"), [("SAP_score", 0.25), ("disentanglement", -0.5), ("completeness", 0.0)]
)
def test_the_difference_is_that_of_the_formulas(
    frame: pd.DataFrame, key: str, change: float
) -> None:
    lines = formulas.make(frame).query("key == @key and column == @WRITTEN")
    assert lines["change"].to_numpy() == pytest.approx(np.full(4, change), abs=1e-12)


def test_an_error_and_an_accuracy_have_no_difference(frame: pd.DataFrame) -> None:
    table = formulas.make(frame)
    run, written = (
        _line(table, key="informativeness_test", row="random", column=c) for c in (RUN, WRITTEN)
    )
    assert written["mean"] == pytest.approx(1 - run["mean"])
    assert np.isnan(written["change"])


def test_single_tasks_are_first_averaged_and_their_extremes_left_out(frame: pd.DataFrame) -> None:
    table = formulas.make(frame)
    assert list(table["row"].unique()) == ["random", "single_mean", "multi_head", "one_head"]


def test_published_values_stand_beside_what_was_run_only(frame: pd.DataFrame) -> None:
    table = formulas.make(frame)
    assert _line(table, key="SAP_score", row="multi_head", column=RUN)["published_mean"] == 0.01
    assert table.loc[table["column"] == WRITTEN, "published_mean"].isna().all()


@pytest.mark.parametrize("version", ["", "+version=2"])
def test_settings_that_both_metrics_share_are_one_block(version: str) -> None:
    frame = with_wording(make_long_table(keys=["discrete_mig"]), settings="+num_train=500")
    frame["settings"] = frame["settings"].replace(
        "mig+num_train=500", f"mig{version}+num_train=500"
    )
    [block] = blocks(formulas.make(frame))
    assert block.title == "MIG (num train = 500), dSprites (rendered)"
    assert all(cell.text for _, cells in block.lines for cell in cells)


def test_true_factors_of_two_scalings_are_two_rows_and_no_variants(frame: pd.DataFrame) -> None:
    scaled = [frame.assign(**{"spec.scaling": None})]
    for scaling in ("raw", "standardised"):
        part = frame[frame["kind"] == "one_head"]
        scaled.append(
            part.assign(kind="ground_truth", run=part["run"] + scaling, **{"spec.scaling": scaling})
        )
    table = formulas.make(pd.concat(scaled, ignore_index=True))
    assert list(table["row"].unique())[-2:] == ["ground_truth", "ground_truth_standardised"]
    assert not [column for column in table if column.startswith("spec.")]


def test_what_diverged_is_counted_in_both_columns() -> None:
    lost = [("multi_head", "shared", seed) for seed in (0, 1)]
    table = formulas.make(with_wording(make_long_table(diverged=lost)))
    lines = table[table["row"] == "multi_head"]
    assert set(zip(lines["n"], lines["diverged"], strict=True)) == {(0, 2)}
    assert lines["change"].isna().all()


def test_a_study_without_the_appendix_shows_the_library_alone() -> None:
    assert set(formulas.make(make_long_table())["column"]) == {RUN}
