"""White codes, and rotations that turn every vector by the same angle.

Shapes: N rows, d live codes, D ≥ d even.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RANK_TOLERANCE = 1e-12
"""Eigenvalues of the covariance below this share of the largest are left out."""


def white_codes(codes: NDArray[np.floating[Any]], rng: np.random.Generator) -> Floats:
    """Codes (N, D) of even D with unit covariance, from codes (N, any), constant ones left out.

    Whitened symmetrically (ZCA), which turns no axis; a column of independent normal numbers is
    added where d is odd. ValueError if all codes are constant.
    """
    table = codes[:, codes.min(axis=0) < codes.max(axis=0)].astype(np.float64)
    if not table.shape[1]:
        raise ValueError("all codes are constant: there is nothing to turn.")
    table -= table.mean(axis=0)
    values, vectors = np.linalg.eigh(table.T @ table / len(table))
    kept = values > RANK_TOLERANCE * values[-1]
    scaled = vectors[:, kept] / np.sqrt(values[kept])
    white: Floats = table @ scaled @ vectors[:, kept].T
    if white.shape[1] % 2:
        white = np.column_stack([white, rng.standard_normal(len(white))])
    return white


def random_orthogonal(size: int, rng: np.random.Generator) -> Floats:
    """An orthogonal matrix (D, D) drawn from the Haar distribution (Mezzadri 2007)."""
    q, r = np.linalg.qr(rng.standard_normal((size, size)))
    turned: Floats = q * np.sign(np.diag(r))
    return turned


def quarter_turn(size: int, rng: np.random.Generator) -> Floats:
    """J (D, D), D even: a quarter turn in each of D/2 random planes, so that J² = −I."""
    q = random_orthogonal(size, rng)
    turn: Floats = q @ np.kron(np.eye(size // 2), [[0.0, -1.0], [1.0, 0.0]]) @ q.T
    return turn


def turned_by(degrees: float, quarter: Floats) -> Floats:
    """R (D, D) = cos φ·I + sin φ·J: every vector is turned by exactly φ."""
    angle = np.deg2rad(degrees)
    rotation: Floats = np.cos(angle) * np.eye(len(quarter)) + np.sin(angle) * quarter
    return rotation
