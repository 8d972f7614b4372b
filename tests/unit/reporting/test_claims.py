"""The claims table: each claim against numbers by hand, its verdict, and what is left out."""

import numpy as np
import pandas as pd
import pytest
from helpers.calibration import calibrated
from helpers.long_table import make_long_table, with_losses
from scipy import stats

from mtdis.reporting.claims.verdicts import p_text, verdict
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.tables import claims
from mtdis.specs.claim import PAPER, Claim

NAN = float("nan")
MIG = ("discrete_mig",)
THREE = ("dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered")


def _frame(
    ours: list[float], theirs: list[float], kinds: tuple[str, str] = ("multi_head", "random")
) -> pd.DataFrame:
    """MIG of two kinds with these values per seed."""
    frame = make_long_table(kinds=kinds, seeds=range(len(ours)), tasks=1, keys=MIG)
    values = {kinds[0]: ours, kinds[1]: theirs}
    pairs = zip(frame["kind"], frame["seed"], strict=True)
    return frame.assign(value=[values[kind][seed] for kind, seed in pairs])


def _line(table: pd.DataFrame, **values: object) -> dict:
    for column, value in values.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0].to_dict()


HIGHER = {"own": Claim(test="higher", than="random")}


def test_a_contrast_by_hand() -> None:
    line = _line(claims.make(_frame([0.5, 0.6, 0.9], [0.4, 0.3, 0.5]), HIGHER))
    # differences .1, .3, .4; all of 8 flips reach the sum once
    assert line["mean"] == pytest.approx(0.8 / 3)
    assert (line["low"], line["high"], line["level"]) == pytest.approx((0.1, 0.4, 0.75))
    assert (line["n"], line["p"], line["adjusted_p"], line["smallest_p"]) == (
        3,
        0.125,
        0.125,
        0.125,
    )
    assert line["improvement"] == pytest.approx(8.5 / 9)
    assert line["verdict"] == "n too small"
    assert line["text"] == (
        "n too small (5 pairs would do): +0.267 [+0.100, +0.400] (0.75); n = 3, p .125,"
        " adjusted .125, least .125, better 0.94"
    )
    assert np.isnan(line["bca_low"])


def test_five_pairs_of_one_sign_carry_a_claim_of_one_cell() -> None:
    line = _line(claims.make(_frame([0.5] * 5, [0.1, 0.2, 0.3, 0.1, 0.2]), HIGHER))
    assert (line["verdict"], line["p"]) == ("supported", 1 / 32)
    assert "Nothing was calibrated" in line["note"]


def test_the_other_direction_is_not_supported_and_two_sides_say_so() -> None:
    frame = _frame([0.1, 0.2, 0.3, 0.1, 0.2, 0.3], [0.5] * 6)
    assert _line(claims.make(frame, HIGHER))["verdict"] == "not supported"
    both = {"own": Claim(test="higher", than="random", alternative="two-sided")}
    assert _line(claims.make(frame, both))["p"] == 2 / 64


def test_ten_pairs_have_a_bootstrap_interval_beside_the_exact_one() -> None:
    rng = np.random.default_rng(0)
    line = _line(claims.make(_frame(list(rng.normal(0.6, 0.1, 10)), [0.5] * 10), HIGHER))
    assert line["low"] < line["bca_low"] < line["mean"] < line["bca_high"] < line["high"]


def test_less_is_better_where_the_metric_says_so() -> None:
    frame = _frame([0.1] * 5, [0.5, 0.6, 0.5, 0.6, 0.5])
    frame = frame.assign(metric="unsupervised", key="gaussian_total_correlation")
    claim = Claim(test="higher", than="random", keys=["unsupervised.gaussian_total_correlation"])
    line = _line(claims.make(frame, {"own": claim}))
    assert (line["mean"] < 0, line["p"], line["improvement"]) == (True, 1 / 32, 1)


def test_a_lost_seed_is_no_pair_and_is_counted() -> None:
    frame = make_long_table(
        seeds=range(4), tasks=2, keys=MIG, diverged=[("multi_head", "shared", 1)]
    )
    line = _line(claims.make(frame), claim="multi_head_over_one_head")
    assert (line["n"], line["diverged"]) == (3, 1)
    assert "n = 3, 1 diverged" in line["text"]


def test_all_lost_is_no_value() -> None:
    lost = [("multi_head", "shared", seed) for seed in (0, 1)]
    table = claims.make(make_long_table(keys=MIG, diverged=lost))
    assert set(table["verdict"]) == {"no value"}
    assert table["mean"].isna().all()
    assert table["text"].str.fullmatch("no value, 2 diverged").all()


def test_every_single_task_takes_the_largest_p() -> None:
    frame = make_long_table(kinds=("single_task", "multi_head"), seeds=range(5), tasks=2, keys=MIG)
    one, two = [0.1] * 5, [0.1, 0.1, 0.1, 0.1, 0.9]
    values = {"task1": one, "task2": two, "shared": [0.5, 0.6, 0.7, 0.5, 0.6]}
    pairs = zip(frame["network"], frame["seed"], strict=True)
    frame = frame.assign(value=[values[network][seed] for network, seed in pairs])
    line = _line(claims.make(frame), claim="multi_head_over_every_task")
    differences = np.array([0.4, 0.5, 0.6, 0.4, -0.3])
    expected = stats.permutation_test(
        (differences, np.zeros(5)), lambda a, b: np.mean(a - b), permutation_type="samples",
        alternative="greater",
    ).pvalue  # fmt: skip
    assert line["p"] == pytest.approx(expected)
    assert line["adjusted_p"] >= line["p"]
    assert line["mean"] == pytest.approx(differences.mean())
    assert ", task 2, the closest of 2" in line["text"]


def test_a_single_task_that_was_lost_is_not_among_those_beaten() -> None:
    lost = [("single_task", "task1", seed) for seed in range(3)]
    frame = make_long_table(seeds=range(3), tasks=3, keys=MIG, diverged=lost)
    line = _line(claims.make(frame), claim="multi_head_over_every_task")
    assert "the closest of 2" in line["text"]
    assert "3 diverged" in line["text"]


def test_beyond_one_sd_of_the_best_single_task() -> None:
    frame = _frame([0.5, 0.6, 0.7], [0.4, 0.5, 0.45], ("multi_head", "single_task"))
    line = _line(claims.make(frame), claim="multi_head_beyond_spread")
    assert line["ratio"] == pytest.approx(0.15 / 0.1)
    assert line["verdict"] == "holds"
    assert "in 13 of 18 cells" in line["note"]
    near = frame.assign(value=frame["value"] + 0.1 * frame["kind"].eq("single_task"))
    assert _line(claims.make(near), claim="multi_head_beyond_spread")["verdict"] == "does not hold"


def _along(field: str, values: tuple, per_seed: list[list[float]]) -> pd.DataFrame:
    option = {"tasks": values} if field == "tasks.count" else {"subsets": values}
    frame = make_long_table(kinds=("multi_head",), seeds=range(len(per_seed)), keys=MIG, **option)
    places = {value: place for place, value in enumerate(values)}
    pairs = zip(frame["seed"], frame[f"spec.{field}"], strict=True)
    return frame.assign(value=[per_seed[seed][places[value]] for seed, value in pairs])


def test_a_trend_is_pages_test() -> None:
    values = [[0.1, 0.3, 0.2, 0.4], [0.2, 0.1, 0.3, 0.4], [0.1, 0.2, 0.4, 0.3]]
    line = _line(claims.make(_along("tasks.count", (1, 2, 5, 20), values)))
    assert line["p"] == pytest.approx(stats.page_trend_test(values, method="exact").pvalue)
    assert line["mean"] == pytest.approx(0.7 / 3)
    assert line["row"] == "multi-head rises with number of tasks"
    assert line["spec.tasks.count"] == "1 2 5 20"


def test_schemes_stand_each_against_the_reference_and_together() -> None:
    values = [[0.1, 0.3, 0.2], [0.2, 0.4, 0.1], [0.1, 0.5, 0.2]]
    table = claims.make(_along("tasks.subsets", ("all", "halves", "random"), values))
    assert len(table) == 3
    halves = _line(table, row="multi-head, tasks.subsets: halves against all")
    assert (halves["mean"], halves["p"]) == (pytest.approx(0.8 / 3), 0.25)
    together = _line(table, row="multi-head, tasks.subsets: any")
    assert together["p"] == pytest.approx(_friedman(np.array(values)))


def _friedman(values: np.ndarray) -> float:
    found = stats.permutation_test(
        tuple(values.T), lambda *columns: stats.friedmanchisquare(*columns).statistic,
        permutation_type="samples", alternative="greater", vectorized=False, n_resamples=np.inf,
    )  # fmt: skip
    return float(found.pvalue)


def _heads(encoders: int, gain: float = 0.1) -> pd.DataFrame:
    kinds = ("autoencoder", "factor_vae")
    frame = make_long_table(kinds=kinds, seeds=range(encoders), keys=MIG)
    rows = [
        row | {"stage": "heads", "stage_id": f"{row['run']}+{seed}", "metric": "r2", "key": "test"}
        | {"task": task, "stage.seed": seed, "value": 0.5 + gain * (row["kind"] == "factor_vae")}
        for row in frame.to_dict("records") for seed in (0, 1) for task in (1, 2)
    ]  # fmt: skip
    return pd.concat([frame, pd.DataFrame(rows).astype(frame.dtypes.to_dict())])


def test_codes_help_is_refused_of_one_encoder_and_the_reason_said() -> None:
    line = _line(claims.make(_heads(1)), claim="disentangled_codes_help")
    assert line["verdict"] == "refused"
    assert "one encoder of each kind say nothing of others; 5 seeds" in line["text"]


def test_codes_help_is_paired_by_encoder() -> None:
    line = _line(claims.make(_heads(5)), claim="disentangled_codes_help")
    assert (line["n"], line["p"], line["verdict"]) == (5, 1 / 32, "supported")
    assert line["mean"] == pytest.approx(0.1)


def test_claims_whose_runs_are_absent_are_left_out() -> None:
    table = claims.make(with_losses(make_long_table(kinds=("multi_head", "one_head"))))
    assert set(table["claim"]) == {"multi_head_over_one_head"}


def test_a_family_is_a_claim_over_scores_and_datasets() -> None:
    table = claims.make(make_long_table(datasets=THREE, seeds=(0, 1, 2)))
    tested = table[table["p"].notna()]
    assert (tested["family"] == 18).all()
    assert (tested["adjusted_p"] >= tested["p"]).all()
    assert (tested["adjusted_p"] <= tested["holm_p"] + 1e-12).all()
    assert (tested["needed"] == 9).all()  # 18 / 2^9 = .035


def test_task_seeds_zipped_with_model_seeds_are_pairs_and_no_variants() -> None:
    frame = make_long_table(kinds=("random", "multi_head"), seeds=range(5), keys=MIG)
    tasks = frame["kind"].eq("multi_head")
    zipped = frame.assign(**{"spec.tasks.seed": (100.0 + frame["seed"]).where(tasks)})
    line = _line(claims.make(zipped), claim="multi_head_over_random")
    assert line["n"] == 5
    papers = frame[tasks].assign(run=frame["run"] + "+658", **{"spec.tasks.seed": 658.0})
    both = claims.make(pd.concat([zipped, papers]))
    assert sorted(map(str, both["spec.tasks.seed"])) == ["658.0", "one per seed"]
    assert both["n"].tolist() == [5, 5]


@pytest.fixture(scope="module")
def higher_and_aligned() -> pd.DataFrame:
    """Multi-head far above all others and above its rotations, in MIG of two datasets."""
    frame, nulls = calibrated(
        make_long_table(datasets=THREE[:2], seeds=range(5), keys=MIG), aligned=("multi_head",)
    )
    return claims.make(frame, None, nulls)


def test_axes_above_chance_over_networks(higher_and_aligned: pd.DataFrame) -> None:
    axes = higher_and_aligned[higher_and_aligned["claim"] == "axes_above_chance"]
    assert axes["n"].tolist() == [5, 5]
    assert axes["p"].tolist() == [1 / 40, 1 / 40]
    assert set(axes["verdict"]) == {"supported"}
    assert set(axes["unit"]) == {"rotations"}


def test_supported_and_aligned_is_supported(higher_and_aligned: pd.DataFrame) -> None:
    line = _line(
        higher_and_aligned, claim="multi_head_over_single_task", dataset="shapes3d_rendered"
    )
    assert (line["verdict"], line["aligned_p"]) == ("supported", 1 / 40)
    assert "calibrated" not in line["note"]


def test_random_networks_are_compared_by_standardised_codes(
    higher_and_aligned: pd.DataFrame,
) -> None:
    rows = higher_and_aligned.loc[higher_and_aligned["claim"] == "multi_head_over_random", "row"]
    assert set(rows) == {"multi-head > random, standardised codes"}


def test_a_higher_score_of_codes_like_their_rotations_is_no_alignment() -> None:
    frame, nulls = calibrated(make_long_table(seeds=range(5), keys=MIG))
    table = claims.make(frame, None, nulls)
    line = _line(table, claim="multi_head_over_single_task")
    assert line["verdict"] == "higher score, axes not above chance"
    assert line["aligned_p"] > 0.05
    assert "axes" in line["text"]


def test_few_rotations_are_too_few() -> None:
    frame, nulls = calibrated(
        make_long_table(datasets=THREE, seeds=range(3)), aligned=("multi_head",), rotations=9
    )
    table = claims.make(frame, {"axes": PAPER["axes_above_chance"]}, nulls)
    assert set(table["verdict"]) == {"n too small"}
    assert set(table["needed"]) == {359}
    assert "359 rotations would do" in table["text"].iloc[0]


def test_scores_of_unequally_many_rotations_are_corrected_for_both_groups() -> None:
    frame, nulls = calibrated(
        make_long_table(seeds=range(3), keys=("discrete_mig", "completeness")), ("multi_head",)
    )
    fewer = nulls[nulls["metric"].eq("mig") | nulls["draw"].le(19)]
    table = claims.make(frame, {"axes": PAPER["axes_above_chance"]}, fewer)
    assert _line(table, metric="mig")["adjusted_p"] == pytest.approx(2 / 40)
    assert _line(table, metric="dci")["adjusted_p"] == pytest.approx(2 / 20)


def test_what_was_only_permuted_has_no_row_of_axes() -> None:
    frame, nulls = calibrated(
        make_long_table(seeds=range(3), keys=("discrete_mig", "completeness"))
    )
    table = claims.make(
        frame, {"axes": PAPER["axes_above_chance"]}, nulls[nulls["metric"].eq("mig")]
    )
    assert table["metric"].tolist() == ["mig"]


def test_without_calibration_it_says_so_and_has_no_row_of_axes() -> None:
    table = claims.make(make_long_table(keys=MIG))
    assert "axes_above_chance" not in set(table["claim"])
    assert "Nothing was calibrated" in markdown(table, claims.CAPTION)
    random = _line(table, claim="multi_head_over_random")
    assert "no standardised ones were scored" in random["note"]


@pytest.mark.parametrize(
    ("p", "text"), [(0.03125, ".031"), (1.0, "1.000"), (0.0004, "< .001"), (0.0005, ".001")]
)
def test_p_as_printed(p: float, text: str) -> None:
    assert p_text(p) == text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"adjusted_p": 0.05}, "supported"),
        ({"adjusted_p": 0.05, "aligned_p": 0.2}, "higher score, axes not above chance"),
        ({"adjusted_p": 0.06, "family": 1}, "not supported"),
        ({"adjusted_p": 0.06, "family": 2}, "n too small"),
        ({"n": 0}, "no value"),
        ({"reason": "why"}, "refused"),
        ({"ratio": 1.1}, "holds"),
        ({"ratio": 1.0}, "does not hold"),
    ],
)
def test_verdicts(values: dict, expected: str) -> None:
    line = {"n": 5, "p": 0.04, "adjusted_p": 0.04, "aligned_p": NAN, "ratio": NAN}
    line |= {"family": 1, "smallest_p": 1 / 32, "reason": ""}
    assert verdict(line | values) == expected


def test_a_seed_lost_at_all_values_is_no_block() -> None:
    frame = make_long_table(
        kinds=("multi_head",), seeds=range(3), keys=MIG, subsets=("all", "halves", "random"),
        diverged=[("multi_head", "shared", 1)],
    )  # fmt: skip
    table = claims.make(frame)
    assert len(table) == 3
    assert table["n"].eq(2).all()
    assert table["diverged"].eq(3).all()


@pytest.mark.parametrize(
    ("aligned", "verdict"),
    [((), "higher score, axes not above chance"), (("multi_head",), "supported")],
)
def test_a_score_that_rises_is_told_from_axes_above_chance(
    aligned: tuple[str, ...], verdict: str
) -> None:
    long = make_long_table(kinds=("multi_head",), seeds=range(6), keys=MIG, tasks=(1, 2, 4))
    frame, nulls = calibrated(long, aligned=aligned)
    plain = frame["metric"].eq("mig") & frame["transform"].eq("none")
    rising = frame["value"].mask(plain, 0.1 * frame["spec.tasks.count"] + 0.01 * frame["seed"])
    table = claims.make(frame.assign(value=rising), None, nulls)
    line = _line(table, claim="more_tasks_help")
    assert line["adjusted_p"] <= 0.05
    assert line["verdict"] == verdict
    assert (line["aligned_p"] <= 0.05) == bool(aligned)
