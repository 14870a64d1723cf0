"""Maximal correlation coefficient of a co-occurrence matrix.

Source: R. M. Haralick et al., 1973, feature 14; pyradiomics 3.0.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EPSILON = float(np.spacing(1))


def maximal_correlation(
    p: npt.NDArray[np.float64], px: npt.NDArray[np.float64], py: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Square root of the second largest eigenvalue of Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k)).

    Args:
        p: Joint probabilities, shape ``(levels, levels, directions)``.
        px: Marginals of i, shape ``(levels, directions)``.
        py: Marginals of j, shape ``(levels, directions)``.

    Returns:
        Shape ``(directions,)``; 1 for a single level, NaN where rounding makes the eigenvalue negative.
    """
    if len(p) < 2:
        return np.ones(p.shape[2])
    stacked = np.moveaxis(p, 2, 0)
    weighted = np.moveaxis(p / (px[:, None, :] * py + EPSILON), 2, 0)
    eigenvalues = np.linalg.eigvals(weighted @ stacked.transpose(0, 2, 1))
    eigenvalues.sort(axis=1)
    with np.errstate(invalid="ignore"):
        return np.sqrt(eigenvalues[:, -2]).real
