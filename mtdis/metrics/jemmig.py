"""Joint entropy minus mutual information gap, JEMMIG.

The idea is Do and Tran (2020, arXiv 1908.09961): of a factor y, its best code z* and its second
best z°, it is H(z*, y) − I(z*, y) + I(z°, y). Unlike MIG it also asks whether the code holds
nothing but the factor. Estimated from equal-width bins and the entropies of the drawn sample, as in
`mig`, the paper's quantised variant.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, entropy, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, IntArray, Sample, code_table
from mtdis.specs.metrics.jemmig import Jemmig

KEYS = ("jemmig", "normalised_jemmig")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

Floats = npt.NDArray[np.float64]

DEFAULTS = Jemmig()


def score(codes: FloatArray, factors: Factors, settings: Jemmig = DEFAULTS) -> dict[str, float]:
    """JEMMIG of codes (N, d) for factors (N, K), 0 or more nats, and its share in [0, 1] of the
    largest there can be; of both, less is better.

    The largest is the factor's entropy and that of even bins; papers that call more better show 1
    − the share (Carbonneau et al. 2022). Perfect codes of no more classes than bins score 0.
    Constant codes lose the entropy of the factors only, so that they beat noise, which comes near
    1; finer bins add to the loss of any code finer than its factor. Raises ValueError for fewer
    than two codes, for inputs that `code_table` refuses, and when the draw holds a single class of
    a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Jemmig) -> tuple[Sample]:
    return code_table(codes, factors, min_codes=2).training(settings)


def _values(sample: Sample, settings: Jemmig) -> dict[str, float]:
    codes, factors = sample
    labels = discretise(codes, settings.num_bins)
    entropies = _entropies(factors)
    losses = unexplained(information_matrix(labels, factors), _entropies(labels), entropies)
    return {
        "jemmig": float(np.mean(losses)),
        "normalised_jemmig": float(np.mean(losses / (entropies + np.log(settings.num_bins)))),
    }


score_rotated = rotated_scorer(_samples, _values)


def unexplained(information: Floats, of_codes: Floats, of_factors: Floats) -> Floats:
    """JEMMIG (K,) ≥ 0 of each factor from the information (d ≥ 2, K) and the entropies of codes
    (d,) and factors (K,).
    """
    best = information.argmax(axis=0)
    second, first = np.sort(information, axis=0)[-2:]
    joint = of_codes[best] + of_factors - first
    return np.asarray(np.maximum(joint - first + second, 0.0))  # rounding


def _entropies(labels: IntArray) -> Floats:
    return np.array([entropy(column) for column in labels.T])
