"""Nulls and ceilings beside scores: whose they are, and that figures draw them where there are
some.
"""

import pandas as pd
import pytest
from helpers.calibration import calibrated
from helpers.long_table import make_long_table
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtdis.reporting.drawing.style import BAND
from mtdis.reporting.figures import claims, figure3, figure4, figure14, figure15
from mtdis.reporting.statistics import headline_rows
from mtdis.reporting.summaries.calibration import COLUMNS, with_calibration
from mtdis.reporting.tables import calibration, table5

KEYS = ("discrete_mig", "completeness")
KINDS = ("single_task", "multi_head", "one_head")


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    return make_long_table(kinds=KINDS, seeds=(0, 1), tasks=2, keys=KEYS)


def _bands(figure: Figure) -> list[Rectangle]:
    patches = [patch for axes in figure.axes for patch in axes.patches]
    return [
        p for p in patches if isinstance(p, Rectangle) and to_hex(p.get_facecolor()) == BAND.lower()
    ]


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.legends[0].get_texts())


def test_means_over_the_networks_of_a_row(plain: pd.DataFrame) -> None:
    frame, _ = calibrated(plain)
    lines = with_calibration(headline_rows(plain), frame).set_index(["row", "key"])
    own = frame[frame["kind"].eq("multi_head") & frame["transform"].eq("oriented")]
    mig = own.loc[own["key"].eq("discrete_mig"), "value"]
    assert lines.loc[("multi_head", "discrete_mig"), "ceiling"] == pytest.approx(mig.mean())
    low = frame[frame["kind"].eq("single_task") & frame["key"].eq("completeness.null_q05")]
    expected = low.groupby("seed")["value"].mean().mean()
    assert lines.loc[("single_mean", "completeness"), "null_low"] == pytest.approx(expected)
    assert (lines["null_low"] < lines["null_high"]).all()


def test_scores_are_what_they_were(plain: pd.DataFrame) -> None:
    rows = headline_rows(plain)
    frame, _ = calibrated(plain)
    pd.testing.assert_frame_equal(with_calibration(rows, frame)[rows.columns], rows)
    assert with_calibration(rows, plain)[COLUMNS].isna().all(axis=None)


def test_a_caution_on_the_scores_alone_is_said_once(plain: pd.DataFrame) -> None:
    """Mapped codes share the cell of the codes as they are, without its cautions."""
    frame, _ = calibrated(plain)
    own = frame["transform"].eq("none") & ~frame["metric"].str.endswith("_calibrated")
    frame["unlike_paper"] = own.map({True: "epochs=2, few rows: a of b", False: "epochs=2"})
    notes = table5.make(frame)["note"].dropna()
    assert notes.str.contains("unlike the paper: epochs=2, few rows: a of b").any()
    assert not notes.str.contains(" or epochs").any()


def test_another_setting_of_the_metric_has_no_null_of_this_one(plain: pd.DataFrame) -> None:
    frame, _ = calibrated(plain)
    other = frame.assign(settings=frame["settings"].where(frame["transform"].eq("none"), "dci+n=2"))
    other.loc[other["metric"].str.endswith("_calibrated"), "settings"] = "dci+n=2"
    lines = with_calibration(headline_rows(plain), other)
    assert lines[COLUMNS].isna().all(axis=None)


@pytest.mark.parametrize(
    ("module", "options", "bars"),
    [
        (figure3, {"kinds": KINDS}, 2),
        (figure4, {"kinds": KINDS}, 2),
        (figure14, {"kinds": ("multi_head",), "tasks": (1, 2)}, 2),
        (figure15, {"kinds": ("multi_head",), "subsets": ("all", "halves")}, 2),
    ],
)
def test_figures_of_scores_have_a_band_per_row_and_say_what_it_is(module, options, bars) -> None:
    plain = make_long_table(seeds=(0, 1), keys=KEYS, **options)
    frame, _ = calibrated(plain)
    drawn, without = module.draw(frame), module.draw(plain)
    assert len(_bands(drawn)) == bars * len(drawn.axes)
    assert not _bands(without)
    for words in ("rotations of the codes, 5 to 95 %", "best aligned rotation", "white codes"):
        assert words in _words(drawn)
        assert words not in _words(without)
    ceiling = frame.loc[frame["transform"].eq("oriented") & frame["key"].eq(KEYS[0]), "value"].max()
    assert drawn.axes[0].get_ylim()[1] > ceiling / 2


def test_the_forest_has_a_band_for_axes_and_a_shape_for_each_verdict() -> None:
    plain = make_long_table(kinds=KINDS, seeds=range(5), tasks=2, keys=KEYS[:1])
    frame, nulls = calibrated(plain)
    figure = claims.draw(frame, None, nulls)
    assert len(_bands(figure)) == 1
    assert "higher score, axes not above chance" in _words(figure)
    assert not _bands(claims.draw(plain))
    shapes = [line.get_marker() for line in figure.axes[0].lines if line.get_marker() != "None"]
    assert {"D", "^"} <= set(shapes)


def test_the_forest_writes_n_its_level_and_the_adjusted_p() -> None:
    figure = claims.draw(make_long_table(kinds=KINDS, seeds=range(3), tasks=2, keys=KEYS[:1]))
    words = [text.get_text() for text in figure.axes[0].texts]
    assert "n = 3 (75 %), p .125" in words


def test_the_table_says_what_theory_expects(plain: pd.DataFrame) -> None:
    """Beside the outcome, a line per kind; a long table from before there was one has none."""
    frame, _ = calibrated(plain)
    lost = frame["kind"].eq("one_head")
    table = calibration.make(frame.assign(symmetry=frame["symmetry"].mask(lost, "O(d)")))
    lines = table[table["column"].eq("symmetry")].drop_duplicates("row").set_index("row")["text"]
    assert lines.to_dict() == {
        "single_task": "not O(d): adam",
        "multi_head": "not O(d): adam",
        "one_head": "O(d)",
    }
    before = calibration.make(frame.drop(columns="symmetry"))
    pd.testing.assert_frame_equal(
        before, table[table["column"].ne("symmetry")].reset_index(drop=True)
    )
