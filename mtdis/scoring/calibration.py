"""A score beside what it would be if the axes of its codes meant nothing, and if they were perfect.

    calibrated = calibrate(Mig(), codes, factor_table(factors), Calibration(), stream(0, run, net))
    summarise(calibrated.values["discrete_mig"])

Score and null are of the same codes by the same map: of the whitened ones and their rotations, and
of the standardised ones and theirs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import chain

import numpy as np

from mtdis.metrics import FactorTable
from mtdis.randomness import generator
from mtdis.scoring import transforms
from mtdis.scoring.transforms import Codes, Floats, LinearR2, Spectrum
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric
from mtdis.specs.nulls import reached

Stream = Callable[..., np.random.Generator]
"""Gives the generator of a name, here ("rotation", k) and ("permutation", k)."""
Scores = dict[str, float]
KeyValues = dict[str, float | list[float]]


@dataclass(frozen=True)
class Transforms:
    """The codes (N, d) of one network and what is made of them once, for all metrics."""

    codes: Codes
    standardised: Floats
    whitened: Floats
    oriented: Floats
    perfect: Floats
    spectrum: Spectrum
    linear_r2: LinearR2


@dataclass(frozen=True)
class Calibrated:
    """The values of a metric by key, and what they are of."""

    values: dict[str, KeyValues]
    """Of each key `none, standardised, whitened, oriented, perfect`, each a score, and the draws
    `rotated_whitened, rotated_standardised, permuted`; a null that was stopped has fewer.
    """
    spectrum: Spectrum
    linear_r2: LinearR2


def stream(seed: int, run: str, network: str) -> Stream:
    """The generators of one network: the same for all its metrics, other ones for each network."""
    return partial(generator, seed, "calibration", run, network)


def transform(codes: Codes, factors: FactorTable) -> Transforms:
    """All transforms of codes (N, d); ValueError if they are constant."""
    live = transforms.live(codes)
    if not live.size:
        raise ValueError("all codes are constant: there is nothing to rotate")
    white = transforms.whitened(live)
    return Transforms(
        codes=codes,
        standardised=transforms.standardised(live),
        whitened=white,
        oriented=transforms.oriented(white, factors),
        perfect=transforms.perfect(factors),
        spectrum=transforms.spectrum(codes),
        linear_r2=transforms.linear_r2(live, factors),
    )


def calibrate(
    metric: Metric, codes: Codes, factors: FactorTable, calibration: Calibration, stream: Stream
) -> Calibrated:
    """The calibrated values of a metric for codes (N, d) and their factors.

    Raises ValueError for constant codes and for what the metric refuses, be it of the live codes
    alone.
    """
    return calibrate_transforms(metric, transform(codes, factors), factors, calibration, stream)


def calibrate_transforms(
    metric: Metric,
    tables: Transforms,
    factors: FactorTable,
    calibration: Calibration,
    stream: Stream,
) -> Calibrated:
    """`calibrate`, of transforms that several metrics share."""
    score = partial(_score, metric, factors)
    whitened = rotation_null(metric, tables.whitened, factors, calibration, stream)
    standardised = rotation_null(metric, tables.standardised, factors, calibration, stream)
    none, oriented, perfect = map(score, (tables.codes, tables.oriented, tables.perfect))
    permuted = [score(codes) for codes in _permuted(tables.codes, calibration.permutations, stream)]
    values: dict[str, KeyValues] = {
        key: {
            "none": none[key],
            "standardised": standardised[key][0],
            "whitened": whitened[key][0],
            "oriented": oriented[key],
            "perfect": perfect[key],
            "rotated_whitened": whitened[key][1:],
            "rotated_standardised": standardised[key][1:],
            "permuted": [scores[key] for scores in permuted],
        }
        for key in none
    }
    return Calibrated(values, tables.spectrum, tables.linear_r2)


def rotated_scores(
    metric: Metric, codes: Floats, factors: FactorTable, rotations: Iterable[Floats]
) -> Iterator[Scores]:
    """A metric's values for codes (N, d) times each of the rotations (d, d), made when asked for.

    By the metric's own `score_rotated`, which shares draws and bins, where it has one.
    """
    module = import_module(f"mtdis.metrics.{metric.name()}")
    if hasattr(module, "score_rotated"):
        yield from module.score_rotated(codes, factors, metric, rotations)
    else:
        yield from (module.score(codes @ turn, factors, metric) for turn in rotations)


def rotation_null(
    metric: Metric,
    codes: Floats,
    factors: FactorTable,
    calibration: Calibration,
    stream: Stream,
) -> dict[str, list[float]]:
    """By key the score of codes (N, d) and those of their rotations, until the null ends.

    The score is made as its null is, by a rotation that does nothing: a difference in the last bit
    must not decide which is higher.
    """
    dimensions = codes.shape[1]
    turns = (
        transforms.rotation(dimensions, stream("rotation", k + 1))
        for k in range(calibration.rotations)
    )
    has_ended = partial(_has_ended, metric, calibration.stop_after)
    found: dict[str, list[float]] = {}
    for scores in rotated_scores(metric, codes, factors, chain([np.eye(dimensions)], turns)):
        for key, value in scores.items():
            drawn = found.setdefault(key, [])
            if not has_ended(key, drawn):
                drawn.append(value)
        if all(has_ended(key, drawn) for key, drawn in found.items()):
            break
    return found


def _has_ended(metric: Metric, stop_after: int, key: str, drawn: Sequence[float]) -> bool:
    """Whether so many rotated scores have reached the first, unrotated one."""
    if not len(drawn) > stop_after > 0:
        return False
    return reached(drawn[0], drawn[1:], metric.best(key)) >= stop_after


def _permuted(codes: Codes, permutations: int, stream: Stream) -> Iterator[Codes]:
    """Codes whose rows are permuted, as if the images had each other's factors.

    Of the codes and not of the factors, so that a grid of factors stays one.
    """
    for k in range(permutations):
        order = stream("permutation", k + 1).permutation(len(codes))
        yield codes.take(order, axis=0)  # several times faster than an index


def _score(metric: Metric, factors: FactorTable, codes: Codes) -> Scores:
    scores: Scores = import_module(f"mtdis.metrics.{metric.name()}").score(codes, factors, metric)
    return scores
