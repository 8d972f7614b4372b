"""How alike two sets of codes of the same images are, up to a named indeterminacy.

Shapes: n rows, d and e codes. Each value is between 0 and 1, and 1 for codes that are equal up to
its indeterminacy; all but two are symmetric in the sets. Constant codes take no part, and a set
with no other is like none: 0. They are measured on the rows that they are fitted on, so that chance
grows with the codes: of noise, in n rows, R² is d/n and CCA below √(d/n) + √(e/n).
"""

import numpy as np

from mtdis.metrics._linear import (
    Codes,
    Floats,
    correlation_rank,
    explained,
    live,
    standardised,
    whitened,
)
from mtdis.metrics._matching import assign, correlate, unit_columns, unit_ranks


def similarities(first: Codes, second: Codes) -> dict[str, float]:
    """All values of codes (n, d) and codes (n, e) of the same images.

    ValueError for different numbers of rows.
    """
    if len(first) != len(second):
        raise ValueError(
            f"codes have {len(first)} rows and {len(second)}; both must be of the same images."
        )
    one, other = live(first), live(second)
    if not one.size or not other.size:
        return dict.fromkeys(SIMILARITIES, 0.0)
    return {name: similarity(one, other) for name, similarity in SIMILARITIES.items()}


def matched_pearson(first: Floats, second: Floats) -> float:
    """Up to permutation, sign and scale of each code: the mean |Pearson| of the one-to-one pairs
    with the largest sum; a code without a partner counts as 0 (Khemakhem et al. 2020, arXiv
    1907.04809, between two runs).
    """
    return _matched(unit_columns(first), unit_columns(second))


def matched_spearman(first: Floats, second: Floats) -> float:
    """Up to permutation and a monotone map of each code: as `matched_pearson`, by ranks."""
    return _matched(unit_ranks(first), unit_ranks(second))


def procrustes(first: Floats, second: Floats) -> float:
    """Up to an orthogonal map, one scale for all codes, and their place: the R² of the best one,
    which is 1 less the disparity of `scipy.spatial.procrustes`. Codes of large spread weigh more.
    """
    one, other = (codes - codes.mean(axis=0) for codes in (first, second))
    sizes = (one**2).sum() * (other**2).sum()
    return float(np.linalg.svd(one.T @ other, compute_uv=False).sum() ** 2 / sizes)


def procrustes_white(first: Floats, second: Floats) -> float:
    """`procrustes` of the whitened codes: every direction weighs alike, the idle ones too."""
    return procrustes(_white(first), _white(second))


def second_from_first(first: Floats, second: Floats) -> float:
    """Up to an affine map of the first: the mean R² of least squares over the second's codes.

    Not symmetric.
    """
    return explained(standardised(first), second)


def first_from_second(first: Floats, second: Floats) -> float:
    """`second_from_first` the other way round."""
    return second_from_first(second, first)


def mean_cca(first: Floats, second: Floats) -> float:
    """Up to an invertible affine map of each: the mean canonical correlation (Raghu et al. 2017,
    arXiv 1706.05806), over as many as the smaller rank.

    A set of one direction that the other has is perfectly alike.
    """
    found = np.linalg.svd(_white(first).T @ _white(second), compute_uv=False) / len(first)
    rank = min(correlation_rank(codes) for codes in (first, second))
    return float(np.minimum(found[:rank], 1.0).mean())


def linear_cka(first: Floats, second: Floats) -> float:
    """Up to an orthogonal map, one scale and place: linear CKA (Kornblith et al. 2019, arXiv
    1905.00414, equation 3). Dominated by the directions of largest spread.
    """
    one, other = (codes - codes.mean(axis=0) for codes in (first, second))
    sizes = np.linalg.norm(one.T @ one) * np.linalg.norm(other.T @ other)
    return float((np.linalg.norm(one.T @ other) ** 2) / sizes)


def _white(codes: Floats) -> Floats:
    """White codes (n, d) of no axes in particular; narrow ones do not pass for rounding."""
    return whitened(standardised(codes))


def _matched(first: Floats, second: Floats) -> float:
    correlations = np.abs(correlate(first, second))
    return float(correlations[assign(correlations)].sum() / max(correlations.shape))


SIMILARITIES = {
    similarity.__name__: similarity
    for similarity in (
        matched_pearson,
        matched_spearman,
        procrustes,
        procrustes_white,
        second_from_first,
        first_from_second,
        mean_cca,
        linear_cka,
    )
}
