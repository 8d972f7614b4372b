"""Mean correlation coefficient of the independent components of codes: `mcc` up to a linear map.

Codes are white and unmixed by FastICA (Hyvärinen 1999, IEEE Trans. Neural Networks 10, 626–634;
scikit-learn's), which sees no factor. Its start is drawn as combinations of rows, not of codes, so
that it turns with the codes: any invertible linear map of them gives the same components, up to
rounding.
"""

import warnings

import numpy as np

from mtdis.metrics import _linear as linear
from mtdis.metrics import mcc
from mtdis.metrics._linear import Floats
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.ica_mcc import IcaMcc

KEYS = (
    "pearson",
    "pearson_cross_fitted",
    "spearman",
    "spearman_cross_fitted",
    "converged",
)
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = IcaMcc()


def score(codes: FloatArray, factors: Factors, settings: IcaMcc = DEFAULTS) -> dict[str, float]:
    """`mcc` of the independent components of codes (N, d) for factors (N, K), and 1 if FastICA
    converged, else 0.

    Range, chance and what is badly served are those of `mcc`. The components are as many as the
    codes' rank. Where several are Gaussian, or the codes are no linear mixture, FastICA has nothing
    to find and may not converge: its last components are then some basis of the same codes, the
    values are theirs, and `converged` is 0. A value with it is a lower bound that another `seed`
    may lift, not the codes' own, and another processor's rounding may move it. Factors that depend
    on each other (an incomplete grid) break ICA's one assumption. Constant codes score 0, and
    nothing has converged. Raises ValueError for inputs that `code_table` refuses, and when the draw
    holds a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: IcaMcc) -> tuple[Sample, Sample]:
    rng = np.random.RandomState(settings.seed)
    return code_table(codes, factors).halves(rng, settings.num_train, settings.batch_size)


def _values(first: Sample, second: Sample, settings: IcaMcc) -> dict[str, float]:
    live = linear.live(np.concatenate([first[0], second[0]]))
    if not live.size:
        return dict.fromkeys(KEYS, 0.0)
    found, converged = components(live, settings)
    one, other = np.split(found, [len(first[0])])
    values = mcc.values((one, other), mcc.factor_units((first[1], second[1])))
    return values | {"converged": float(converged)}


score_rotated = rotated_scorer(_samples, _values)


def components(codes: Floats, settings: IcaMcc) -> tuple[Floats, bool]:
    """The independent components (n, r) of live codes (n, d) of rank r, and whether FastICA
    converged before its last step.
    """
    from sklearn.decomposition import FastICA  # a second to import
    from sklearn.exceptions import ConvergenceWarning

    values, vectors = linear.covariance_spectrum(codes)
    if len(values) < linear.correlation_rank(codes):  # narrow codes passed for rounding
        codes = linear.standardised(codes)
        values, vectors = linear.covariance_spectrum(codes)
    white = (codes - codes.mean(axis=0)) @ (vectors / np.sqrt(values))
    start = np.random.RandomState(settings.seed).standard_normal(white.T.shape) @ white
    model = FastICA(
        whiten=False,
        fun=settings.contrast,
        max_iter=settings.max_iterations,
        tol=settings.tolerance,
        w_init=start,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # returned instead
        found = model.fit_transform(white)
    return np.asarray(found, np.float64), model.n_iter_ < settings.max_iterations
