"""A synthetic long table whose codes were calibrated: mapped codes, summaries, and rotations."""

import numpy as np
import pandas as pd

ABOVE = 6.0
"""Standard deviations of the rotations that an aligned code is above their mean."""


def calibrated(
    frame: pd.DataFrame, aligned: tuple[str, ...] = (), rotations: int = 39
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The long table with what a calibration adds to it, and the scores of the rotated codes.

    Kinds that are `aligned` score far above their rotations, all others as one of them.
    """
    rng = np.random.default_rng(3)
    scores = frame[frame["task"].isna() & frame["stage"].eq("")]
    mapped, draws = [], []
    for row in scores.to_dict("records"):
        spread = 0.1 * row["value"]
        own = row["value"] + spread * (ABOVE if row["kind"] in aligned else rng.normal())
        for transform in ("whitened", "standardised"):
            nulls = row["value"] + spread * rng.normal(size=rotations)
            draws += [
                row | {"transform": transform, "draw": k, "value": value}
                for k, value in enumerate(nulls, start=1)
            ]
            mapped.append(row | {"transform": transform, "value": own})
        mapped.append(row | {"transform": "oriented", "value": row["value"] * 2})
        mapped += [
            row | {"metric": f"{row['metric']}_calibrated", "key": f"{row['key']}.{name}"}
            | {"value": value}
            for name, value in _summary(nulls, own)
        ]  # fmt: skip
    types = scores.dtypes.to_dict()
    more, rotated = (pd.DataFrame(rows).astype(types) for rows in (mapped, draws))
    return pd.concat([frame, more], ignore_index=True), rotated


def _summary(nulls: np.ndarray, own: float) -> list[tuple[str, float]]:
    low, high = np.quantile(nulls, (0.05, 0.95))
    p = (1 + np.sum(nulls >= own)) / (1 + len(nulls))
    return [
        *[("null_mean", nulls.mean()), ("null_sd", nulls.std()), ("null_q05", low)],
        *[("null_q95", high), ("p_whitened", p), ("p_standardised", p), ("alignment", 0.5)],
    ]
