"""Retrieved factors on codes whose answer is known, against scipy, and what the table and the
figure show of them.
"""

from dataclasses import replace

import numpy as np
import pytest
from helpers.stage_results import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from scipy.stats import kstest, spearmanr

from mtdis.reporting.figures import retrieved as figure
from mtdis.reporting.published import scores as published
from mtdis.reporting.tables import table7
from mtdis.specs.stage import Stage
from mtdis.stages.retrieved import (
    absolute_correlations,
    match,
    outcome,
    p_values,
    permutation_p,
    retrieved,
)

NAMES = ["shape", "scale", "orientation", "posX"]


def classes(rows=240, seed=0):
    """Classes of four independent factors (rows, 4)."""
    randomness = np.random.default_rng(seed)
    return np.stack([randomness.integers(size, size=rows) for size in (3, 6, 10, 32)], axis=1)


def noise(rows=240, count=8, seed=1):
    return np.random.default_rng(seed).normal(size=(rows, count)).astype(np.float32)


def found(codes, factors, names=NAMES, **fields):
    parent = {"kind": "random", "dataset": "dsprites_rendered", "seed": 1}
    stage = Stage.from_fields(
        {"stage": "retrieved", "parent": parent, "network": "random", "permutations": 99, **fields}
    )
    return outcome(stage, codes, factors, names)


def values(result):
    return {(row["metric"], row["key"]): row["value"] for row in result.rows}


# ---- against scipy


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(4, 40), levels=st.integers(2, 9), seed=st.integers(0, 1000))
def test_correlations_and_p_are_scipys_with_ties(rows, levels, seed):
    randomness = np.random.default_rng(seed)
    codes, factors = (randomness.integers(levels, size=(rows, 3)) for _ in range(2))
    ours = absolute_correlations(codes, factors)
    for code in range(3):
        for factor in range(3):
            if not (np.ptp(codes[:, code]) and np.ptp(factors[:, factor])):
                assert np.isnan(ours[code, factor])
                continue
            theirs = spearmanr(codes[:, code], factors[:, factor])
            assert ours[code, factor] == pytest.approx(abs(theirs.statistic), abs=1e-12)
            if ours[code, factor] < 1 - 1e-9:
                assert p_values(ours[code, factor], rows) == pytest.approx(
                    theirs.pvalue, rel=1e-6, abs=1e-12
                )


# ---- codes whose answer is known


def monotone(x):
    return np.exp(x / 7.0) - 3


@pytest.mark.parametrize(
    "codes",
    [
        classes(),
        classes()[:, [2, 0, 3, 1]] * [-1, 1, -5, 0.1],
        monotone(classes()),
        np.hstack([classes(), noise(count=4)]),
        np.hstack([classes(), np.ones((240, 1))]),
    ],
    ids=[
        "factors",
        "permuted and flipped",
        "monotone",
        "noise beside them",
        "a constant beside them",
    ],
)
def test_codes_that_hold_the_factors_retrieve_all(codes):
    result = found(codes, classes())
    known = values(result)
    assert known["retrieved", "components"] == known["matched", "components"] == 4
    assert known["retrieved", "max_correlation"] == pytest.approx(1)
    assert [known["matched", f"{name}_correlation"] for name in ("mean", "min")] == pytest.approx(
        [1, 1]
    )
    assert known["matched", "p_value"] == 0.01
    pairs = zip(result.arrays["matched_codes"], result.arrays["matched_factors"], strict=True)
    assert [result.arrays["correlations"][pair] for pair in pairs] == pytest.approx([1] * 4)


def test_a_code_goes_to_the_factor_that_it_was_made_of():
    result = found(classes()[:, [2, 0, 3, 1]] * [-1, 1, -5, 0.1], classes())
    assert result.arrays["factor_of_code"].tolist() == [2, 0, 3, 1]
    assert result.arrays["matched_factors"].tolist() == [0, 1, 2, 3]
    assert result.arrays["matched_codes"].tolist() == [1, 3, 0, 2]
    known = values(result)
    assert [
        known["retrieved", f"{name}_correlation"] for name in ("mean", "std", "min", "max")
    ] == pytest.approx([1, 0, 1, 1])


def test_a_duplicated_code_counts_its_factor_once_and_is_matched_once():
    """All of the codes hold posX: the paper counts one factor, with a mean of 1.

    One to one, only one pair is 1.
    """
    position = classes()[:, 3:]
    known = values(found(np.hstack([position] * 5), classes()))
    assert known["retrieved", "components"] == known["matched", "components"] == 1
    assert known["retrieved", "mean_correlation"] == pytest.approx(1)
    assert known["matched", "max_correlation"] == pytest.approx(1)
    assert known["matched", "mean_correlation"] < 0.4


def test_a_factor_split_over_two_codes_is_one_factor_with_less_correlation():
    """A code for the tens and one for the units of 0..31 in place: ρ of each with the whole has a
    closed form.
    """
    factors = np.stack([np.repeat(np.arange(16), 20), np.tile(np.arange(20), 16)], axis=1)
    high, low = factors[:, 0] // 4, factors[:, 0] % 4
    result = found(np.stack([high, low], axis=1), factors, ["posX", "other"])
    # x = 4·high + low with independent uniform digits: var(high) = var(low), ranks are linear in
    # the classes.
    expected = np.array([4, 1]) / np.sqrt(17)
    np.testing.assert_allclose(result.arrays["correlations"][:, 0], expected, rtol=1e-12)
    known = values(result)
    assert known["retrieved", "components"] == known["matched", "components"] == 1
    assert known["retrieved", "mean_correlation"] == pytest.approx(expected.mean())


def test_constant_codes_retrieve_nothing_and_have_no_correlation():
    result = found(np.ones((240, 8), np.float32), classes())
    known = values(result)
    assert known["retrieved", "components"] == known["matched", "components"] == 0
    assert ("retrieved", "mean_correlation") not in known
    assert known["matched", "mean_correlation"] == 0
    assert known["matched", "p_value"] == 1
    assert np.isnan(result.arrays["correlations"]).all()


def test_factors_of_one_class_are_left_out_and_named():
    factors = classes()
    factors[:, 1] = 4
    result = found(classes(), factors)
    assert result.arrays["factors"].tolist() == [b"shape", b"orientation", b"posX"]
    assert result.arrays["constant_factors"].tolist() == [b"scale"]
    assert result.arrays["correlations"].shape == (4, 3)
    with pytest.raises(ValueError, match="shape, scale, orientation, posX has one class"):
        found(classes(), factors[:1].repeat(240, axis=0))


def test_fewer_codes_than_factors_are_all_matched():
    result = found(classes()[:, [3]], classes())
    assert result.arrays["matched_factors"].tolist() == [3]
    assert values(result)["matched", "mean_correlation"] == pytest.approx(1)


def test_with_many_rows_any_correlation_is_significant_and_the_paper_counts_it():
    correlations = np.array([[0.01, 0.002], [0.0, 0.012]])
    assert retrieved(correlations, 100_000, 0.05).tolist() == [0, 1]
    assert retrieved(correlations, 1000, 0.05).tolist() == [-1, -1]


def test_matching_maximises_the_sum_and_not_each_pair():
    """Code 1 is the best of both factors: one to one, the sum is larger if it takes the second."""
    factors = classes(4000)[:, [2, 3]].astype(float)
    first, second = (factors / factors.std(axis=0)).T
    codes = np.stack([first + noise(4000)[:, 0], first + 1.2 * second], axis=1)
    matched = match(codes, factors, 0, np.random.default_rng(0))
    assert matched.codes.tolist() == [0, 1]


# ---- the null


def test_noise_lies_within_the_null_and_its_p_is_uniform():
    """A p at most as often below a level as the level says.

    By Kolmogorov and Smirnov close to uniform.
    """
    found_p = []
    for draw in range(150):
        matched = match(
            noise(60, 3, draw), classes(60, 1000 + draw), 39, np.random.default_rng(draw)
        )
        found_p.append(permutation_p(matched.held_out.mean(), matched.null_means))
    # The p are multiples of 1/40: spread over the step that each stands for, they are uniform on 0
    # to 1.
    spread = np.array(found_p) - np.random.default_rng(0).uniform(size=150) / 40
    assert kstest(spread, "uniform").pvalue > 0.01
    assert abs(np.mean(np.array(found_p) <= 0.25) - 0.25) < 0.12


def test_p_counts_the_found_value_among_the_null():
    null = np.array([0.1, 0.2, 0.3])
    assert [permutation_p(x, null) for x in (0.05, 0.2, 0.31)] == [1.0, 0.75, 0.25]


def test_the_pairs_are_judged_on_rows_that_did_not_choose_them():
    """With as many noise codes as this, the chosen pairs look good on their own rows only."""
    codes, factors = noise(60, 200), classes(60)
    own = absolute_correlations(codes, factors).max(axis=0).mean()
    held_out = match(codes, factors, 0, np.random.default_rng(0)).held_out.mean()
    assert own > 0.3 > 0.22 > held_out


def test_the_seed_decides_all_randomness():
    rows = [found(noise(), classes(), seed=seed).rows for seed in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]


def test_what_has_no_rank_is_refused():
    broken = noise()
    broken[3, 1] = np.nan
    with pytest.raises(ValueError, match="1 of 1920 values are not finite"):
        found(broken, classes())
    with pytest.raises(ValueError, match="codes have 5 rows; at least 6"):
        match(noise(5), classes(5), 9, np.random.default_rng(0))
    with pytest.raises(ValueError, match="codes have 240 rows and factors 239"):
        absolute_correlations(noise(), classes(239))


# ---- the table and the figure


def spreads(count, mean, low, high):
    """Smallest and largest sum of squared deviations of so many numbers with this mean, lowest and
    highest.
    """
    others, rest = count - 2, count * mean - low - high
    if not others * low <= rest <= others * high:
        return np.inf, -np.inf
    ends = (low - mean) ** 2 + (high - mean) ** 2
    at_top = int((rest - others * low) // (high - low))
    between = rest - at_top * high - max(0, others - at_top - 1) * low
    most = at_top * (high - mean) ** 2 + max(0, others - at_top - 1) * (low - mean) ** 2
    return (
        ends + (rest - others * mean) ** 2 / others,
        ends + most + (at_top < others) * (between - mean) ** 2,
    )


def test_the_printed_spreads_fit_eight_codes_and_not_the_counted_factors():
    """Why our mean, sd, min and max are over codes while the count is of factors."""
    table = published.numbers("7").pivot_table(
        index=["dataset", "row"], columns="key", values="mean"
    )
    assert len(table) == 6
    fits = {8: [], "factors": []}
    for line in table.to_dict("records"):
        for name, count in ((8, 8), ("factors", int(line["components"]))):
            least, most = spreads(
                count, line["mean_correlation"], line["min_correlation"], line["max_correlation"]
            )
            squares = [line["std_correlation"] ** 2 * (count - ddof) for ddof in (0, 1)]
            fits[name].append(any(least - 1e-5 <= s <= most + 1e-5 for s in squares))
    assert all(fits[8])
    assert fits["factors"].count(False) >= 2


def test_table_7_averages_the_shown_seeds_and_counts_what_diverged():
    stages = examples("retrieved")
    table = table7.make(None, stages[::-1])
    assert table["key"].drop_duplicates().tolist() == list(
        dict.fromkeys(key for _, key in table7.KEYS)
    )
    line = {c: "retrieved" if c == "metric" else "components" for c in ("metric", "key")}
    lines = table[(table[list(line)] == line).all(axis=1) & (table["spec.learning_rate"] == 0.001)]
    assert lines["row"].tolist() == ["random", "single_task", "multi_head", "vae"]
    multi = [
        row["value"]
        for s in stages
        if s.spec["parent"]["kind"] == "multi_head" and s.spec["parent"]["learning_rate"] == 0.001
        for row in s.rows
        if (row["metric"], row["key"]) == ("retrieved", "components")
    ]
    ours = lines.set_index("row").loc["multi_head"]
    assert (ours["mean"], ours["n"]) == (np.mean(multi), 2)
    assert ours["published_mean"] == 4
    assert "stands for dSprites" in ours["note"]
    single = lines.set_index("row").loc["single_task"]
    assert (single["n"], single["diverged"]) == (1, 1)


def test_only_the_level_makes_the_paper_s_count_another():
    [stage] = [s for s in examples("retrieved") if s.spec["parent"]["kind"] == "vae"][:1]
    for fields, text in (({"seed": 3}, ""), ({"alpha": 0.01}, "alpha=0.01")):
        spec = (
            dict(stage.spec)
            | fields
            | {"parent": dict(stage.spec["parent"]) | {"kind": "multi_head"}}
        )
        spec["parent"] = {
            k: v for k, v in spec["parent"].items() if k in ("kind", "dataset", "seed")
        }
        note = table7.make(None, [replace(stage, spec=spec | {"network": "multi_head"})])[
            "note"
        ].iloc[0]
        assert (f"unlike the paper: {text}" in note) == bool(text)


def test_heat_maps_show_every_value_and_frame_the_matched_pairs():
    [stage] = [s for s in examples("retrieved") if s.spec["parent"]["kind"] == "multi_head"][:1]
    axes = figure.draw(None, [stage]).axes[0]
    np.testing.assert_array_equal(
        axes.images[0].get_array().filled(np.nan), stage.arrays["correlations"].T
    )
    frames = [
        tuple(np.add(p.get_xy(), 0.47).round(6)) for p in axes.patches if isinstance(p, Rectangle)
    ]
    pairs = zip(stage.arrays["matched_codes"], stage.arrays["matched_factors"], strict=True)
    assert frames == [tuple(map(float, pair)) for pair in pairs]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "shape",
        "scale",
        "posX",
        "posY",
    ]
    assert [text.get_text() for text in axes.texts].count("×") == 4  # the constant code
    assert len(axes.lines) == sum(stage.arrays["factor_of_code"] >= 0)


@pytest.mark.slow
def test_diverged_networks_and_left_out_factors_are_said_in_the_figure():
    words = [text.get_text() for text in figure.draw(None, examples("retrieved")).findobj(Text)]
    assert words.count("diverged") == 2
    assert sum("without orientation (one class)" in text for text in words) == 4
    lost = [s for s in examples("retrieved") if s.diverged]
    assert "diverged" in [text.get_text() for text in figure.draw(None, lost).findobj(Text)]
