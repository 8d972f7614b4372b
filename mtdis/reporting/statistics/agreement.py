"""Do metrics rank networks alike? Kendall's tau, alone and with others' influence taken out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats


def kendall(values: pd.DataFrame) -> pd.DataFrame:
    """Kendall's tau-b of each two columns over the rows that have both; missing where one of them
    is constant.
    """
    columns = list(values.columns)
    found = pd.DataFrame(np.eye(len(columns)), index=columns, columns=columns)
    for place, one in enumerate(columns):
        for other in columns[:place]:
            both = values[[one, other]].dropna()
            tau = stats.kendalltau(both[one], both[other]).statistic if len(both) > 1 else np.nan
            found.loc[one, other] = found.loc[other, one] = tau
    return found


def partial_kendall(values: pd.DataFrame, given: Sequence[str]) -> pd.DataFrame:
    """Kendall's tau of each two columns that are not `given`, given those: partial correlations
    from the inverse of the matrix of taus of the rows that have all (Kendall 1942).
    """
    complete = values.dropna()
    names = [name for name in values.columns if name not in given]
    result = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    for place, one in enumerate(names):
        for other in names[:place]:
            tau = kendall(complete[[one, other, *given]]).to_numpy()
            result.loc[one, other] = result.loc[other, one] = _partial(tau)
    return result


def _partial(tau: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> float:
    """The correlation of the first two of a matrix given the others; missing if one follows from
    others.
    """
    if not np.isfinite(tau).all() or np.linalg.matrix_rank(tau) < len(tau):
        return float("nan")
    inverse = np.linalg.inv(tau)
    return float(-inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1]))
