"""Dependence of codes on each other, whatever the factors, as disentanglement_lib computes it.

These are the unsupervised scores of Locatello et al. (2019, arXiv 1811.12359, section 5.1). Unlike
every other metric they are best at 0.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.unsupervised import Unsupervised

KEYS = (
    "gaussian_total_correlation",
    "gaussian_wasserstein_correlation",
    "gaussian_wasserstein_correlation_norm",
    "mutual_info_score",
)
INVARIANCES = frozenset({"permutation", "sign"})  # scale: all but the two of Wasserstein's distance

Matrix = npt.NDArray[np.float64]

DEFAULTS = Unsupervised()


def score(
    codes: FloatArray, factors: Factors, settings: Unsupervised = DEFAULTS
) -> dict[str, float]:
    """Dependence ≥ 0 between codes (N, d), in nats, in squared code units, relative to the
    variance, and in nats.

    Total correlation and Wasserstein distance are those between the Gaussian of the codes'
    covariance and that of its diagonal; the last is the mean information between two codes, cut
    into bins. Constant codes depend on nothing (the library gives NaN). Factors (N, K) only say how
    rows are drawn. Raises ValueError for fewer than two codes and for inputs that `code_table`
    refuses. Source: disentanglement_lib 86a644d,
    `evaluation/metrics/unsupervised_metrics.py`; defaults of its unsupervised study.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Unsupervised) -> tuple[Sample]:
    table = code_table(codes, factors, min_codes=2)
    rng = np.random.RandomState(settings.seed)
    return (table.sample(rng, settings.num_train, settings.batch_size),)


def _values(drawn: Sample, settings: Unsupervised) -> dict[str, float]:
    sample, _ = drawn
    covariance = covariance_of_varying(sample)
    distance = wasserstein_correlation(covariance)
    return {
        "gaussian_total_correlation": total_correlation(covariance),
        "gaussian_wasserstein_correlation": distance,
        "gaussian_wasserstein_correlation_norm": (
            distance / float(np.trace(covariance)) if covariance.size else 0.0
        ),
        "mutual_info_score": mean_information(sample, settings.num_bins),
    }


score_rotated = rotated_scorer(_samples, _values)


def covariance_of_varying(codes: FloatArray) -> Matrix:
    """Covariance (ddof 1) of those of the codes (n ≥ 2, d) that vary."""
    covariance = np.atleast_2d(np.cov(codes, rowvar=False, dtype=np.float64))
    # rounding can give a constant column a tiny variance, and a tiny range a variance of 0
    varies = np.minimum(np.diag(covariance), np.ptp(codes, axis=0)) > 0
    return covariance[np.ix_(varies, varies)]


def total_correlation(covariance: Matrix) -> float:
    """Kullback-Leibler divergence in nats, ≥ 0, of a centred Gaussian from the product of its
    marginals.

    Takes a covariance (d, d) of positive diagonal. Codes that depend linearly on others would make
    it infinite; each adds ≈ 17 nats here, where double precision ends.
    """
    if not covariance.size:
        return 0.0
    deviation = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance / deviation / deviation[:, None])
    smallest = len(covariance) * np.finfo(np.float64).eps
    return max(-0.5 * float(np.sum(np.log(np.maximum(eigenvalues, smallest)))), 0.0)


def wasserstein_correlation(covariance: Matrix) -> float:
    """Squared Wasserstein distance ≥ 0 of a centred Gaussian from the product of its marginals, in
    squared units.

    Takes a covariance (d, d).
    """
    deviation = np.sqrt(np.diag(covariance))
    # similar to the product of both covariances, but symmetric, so that its eigenvalues are real
    product = covariance * deviation * deviation[:, None]
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(product), 0))
    return max(2 * float(np.trace(covariance) - np.sum(roots)), 0.0)


def mean_information(codes: FloatArray, num_bins: int) -> float:
    """Mean over pairs of different codes (n, d ≥ 2) of their mutual information in nats."""
    labels = discretise(codes, num_bins)
    information = information_matrix(labels, labels)
    return float(information[~np.eye(len(information), dtype=bool)].mean())
