"""Calibrated values of a metric: what each is of, what they share, and nulls that end early."""

import pickle
from functools import partial

import numpy as np
import pytest

from mtdis.metrics import FactorTable, factor_table, mig, unsupervised
from mtdis.scoring import transforms
from mtdis.scoring.calibration import Calibrated, calibrate, rotation_null, stream
from mtdis.specs.calibration import Calibration
from mtdis.specs.metrics.factor_vae import FactorVae
from mtdis.specs.metrics.mig import Mig
from mtdis.specs.metrics.unsupervised import Unsupervised
from mtdis.specs.nulls import p_value, summarise

FACTORS = factor_table(np.indices((4, 5, 6)).reshape(3, -1).T)
MIG = Mig(num_train=200)
FEW = Calibration(rotations=5, permutations=3)


def codes() -> np.ndarray:
    """Codes (120, 5) of float32, the third constant, that follow the factors."""
    rng = np.random.default_rng(0)
    found = np.insert(transforms.perfect(FACTORS), 2, 7.0, axis=1)
    noisy = np.hstack([found, rng.standard_normal((120, 1))]) * [1, 3, 1, 0.2, 1]
    return (noisy + 0.2 * rng.standard_normal((120, 1)) * [1, 0, 0, 1, 1]).astype(np.float32)


def calibrated(metric=MIG, calibration=FEW, network="n") -> Calibrated:
    return calibrate(metric, codes(), FACTORS, calibration, stream(0, "run", network))


def test_each_value_is_the_score_of_its_codes() -> None:
    values, score = calibrated().values["discrete_mig"], partial(mig.score, factors=FACTORS)
    live = transforms.live(codes())
    white = transforms.whitened(live)
    tables = {
        "none": codes(),
        "standardised": transforms.standardised(live),
        "whitened": white,
        "oriented": transforms.oriented(white, FACTORS),
        "perfect": transforms.perfect(FACTORS),
    }
    for name, table in tables.items():
        wanted = score(table, settings=MIG)["discrete_mig"]
        assert values[name] == pytest.approx(wanted, abs=1e-9), name


def test_rotations_are_those_of_the_stream_for_both_nulls() -> None:
    values, rngs = calibrated().values["discrete_mig"], stream(0, "run", "n")
    live = transforms.live(codes())
    for which, table in (
        ("whitened", transforms.whitened(live)),
        ("standardised", transforms.standardised(live)),
    ):
        turns = [transforms.rotation(4, rngs("rotation", k)) for k in range(1, 6)]
        wanted = [mig.score(table @ turn, FACTORS, MIG)["discrete_mig"] for turn in turns]
        assert values[f"rotated_{which}"] == pytest.approx(wanted, abs=1e-9)


def test_permuted_codes_are_drawn_as_the_codes_are() -> None:
    """A permutation that is none gives the score: the grid of factors stays one."""

    class Unpermuted:
        def permutation(self, count: int) -> np.ndarray:
            return np.arange(count)

    def rngs(what: str, k: int):
        return Unpermuted() if what == "permutation" else np.random.default_rng(k)

    found = calibrate(MIG, codes(), FACTORS, FEW, rngs).values["discrete_mig"]
    assert found["permuted"] == [found["none"]] * 3


def test_permuted_codes_know_nothing() -> None:
    found = calibrated(calibration=Calibration(rotations=0, permutations=5))
    summary = summarise(found.values["discrete_mig"])
    assert summary["permuted_mean"] == pytest.approx(0, abs=0.1)
    assert summary["null_mean"] is None
    assert found.values["discrete_mig"]["none"] > 0.4


def test_aligned_codes_say_so() -> None:
    found = summarise(calibrated(calibration=Calibration()).values["discrete_mig"])
    assert found["p_whitened"] == found["p_standardised"] == 1 / 20
    assert 0.8 < found["alignment"] <= 1.1


def test_same_stream_same_values_other_network_other_rotations() -> None:
    first, again, other = calibrated(), calibrated(), calibrated(network="m")
    assert first == again
    assert first.values["discrete_mig"]["whitened"] == other.values["discrete_mig"]["whitened"]
    assert (
        first.values["discrete_mig"]["rotated_whitened"]
        != (other.values["discrete_mig"]["rotated_whitened"])
    )


def test_what_the_codes_are_like_stands_beside() -> None:
    found = calibrated()
    assert found.spectrum == transforms.spectrum(codes())
    assert found.spectrum.live == (0, 1, 3, 4)
    assert found.linear_r2 == transforms.linear_r2(transforms.live(codes()), FACTORS)


def test_a_metric_without_a_fast_path_is_calibrated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = calibrated().values["discrete_mig"]
    monkeypatch.delattr(mig, "score_rotated")
    slow = calibrated().values["discrete_mig"]
    assert slow.keys() == fast.keys()
    for name, value in slow.items():
        assert value == pytest.approx(fast[name], abs=1e-9), name


def test_constant_codes_are_refused() -> None:
    with pytest.raises(ValueError, match="all codes are constant"):
        calibrate(Mig(), np.ones((120, 3), np.float32), FACTORS, FEW, stream(0, "run", "n"))


def test_a_stopped_null_is_the_beginning_of_the_whole() -> None:
    rotated = transforms.live(codes()) @ transforms.rotation(4, np.random.default_rng(1))
    null = partial(rotation_null, MIG, rotated, FACTORS, stream=stream(0, "run", "n"))
    whole = null(calibration=Calibration(rotations=60))["discrete_mig"]
    stopped = null(calibration=Calibration(rotations=60, stop_after=3))["discrete_mig"]
    assert stopped == whole[: len(stopped)]
    assert 3 < len(stopped) < len(whole)
    assert sum(value >= whole[0] for value in stopped[1:]) == 3
    assert stopped[-1] >= whole[0]
    assert p_value(stopped[0], stopped[1:], stop_after=3) == 3 / (len(stopped) - 1)


def test_each_key_ends_by_itself_and_low_scores_count_where_low_is_best() -> None:
    rotated = transforms.live(codes()) @ transforms.rotation(4, np.random.default_rng(1))
    null = partial(
        rotation_null, Unsupervised(num_train=200), rotated, FACTORS, stream=stream(0, "run", "n")
    )
    whole = null(calibration=Calibration(rotations=60))
    stopped = null(calibration=Calibration(rotations=60, stop_after=2))
    assert len({len(drawn) for drawn in stopped.values()}) > 1
    for key in unsupervised.KEYS:
        drawn = stopped[key]
        assert drawn == whole[key][: len(drawn)]
        below = sum(value <= drawn[0] for value in drawn[1:])
        assert below == 2 or len(drawn) == 61


def test_large_draws_are_made_once_for_a_table_and_few_are_kept() -> None:
    table, made = factor_table(FACTORS.classes), []

    def draw(factors: FactorTable, settings: int) -> list[int]:
        assert factors is table
        made.append(settings)
        return [settings]

    assert table.once(draw, 0) is table.once(draw, 0)
    for number in range(20):
        assert table.once(draw, number) == [number]
    assert made == list(range(20))
    assert table.once(draw, 0) == [0]
    assert made == [*range(20), 0]


def test_a_table_with_draws_goes_to_other_processes() -> None:
    from mtdis.metrics import factor_vae

    settings = FactorVae(num_variance_estimate=50, num_train=50, num_eval=50)
    table = factor_table(FACTORS.classes)
    score = factor_vae.score(codes(), table, settings)
    assert factor_vae.score(codes(), pickle.loads(pickle.dumps(table)), settings) == score
