"""Maximal correlation coefficient of a co-occurrence matrix.

Source: R. M. Haralick et al., 1973, feature 14; pyradiomics 3.0.1.

But for the small number pyradiomics adds to the denominator, Q is similar to a symmetric matrix, whose largest
eigenvalues are found several times faster. Q itself, seen from their eigenvectors, then gives the value with an error
of the second order in that small number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.threads import one_blas_thread

Array = npt.NDArray[np.float64]

EPSILON = float(np.spacing(1))
SMALL = 24
"""Up to this many levels all eigenvalues of Q are found at once."""
KEPT = 4
APART = 1e-3
"""The second eigenvalue must be this far from the last one kept, or all eigenvalues of Q are found."""


def maximal_correlation(p: Array, px: Array, py: Array) -> Array:
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
    with one_blas_thread(), np.errstate(invalid="ignore"):
        if len(p) <= SMALL:
            return np.sqrt(_all_second(p, px, py))
        return np.sqrt([_second(p[:, :, a], px[:, a], py[:, a]) for a in range(p.shape[2])])


def _all_second(p: Array, px: Array, py: Array) -> Array:
    stacked = np.moveaxis(p, 2, 0)
    weighted = np.moveaxis(p / (px[:, None, :] * py + EPSILON), 2, 0)
    eigenvalues = np.linalg.eigvals(weighted @ stacked.transpose(0, 2, 1))
    eigenvalues.sort(axis=1)
    return np.asarray(eigenvalues[:, -2].real, dtype=np.float64)


def _second(p: Array, px: Array, py: Array) -> float:
    """Second largest eigenvalue of Q of one direction."""
    from scipy.linalg import eigh

    root, inverse = np.sqrt(px), _inverse_root(px)
    symmetric = p * inverse[:, None] * _inverse_root(py)
    number = len(p)
    largest, vectors = eigh(
        symmetric @ symmetric.T, subset_by_index=[number - KEPT, number - 1], check_finite=False, overwrite_a=True
    )
    if largest[-2] - largest[0] < APART:
        return float(_all_second(p[:, :, None], px[:, None], py[:, None])[0])
    weighted = p / (px[:, None] * py + EPSILON)
    seen = ((vectors * root[:, None]).T @ weighted) @ (p.T @ (vectors * inverse[:, None]))
    return float(np.sort(np.linalg.eigvals(seen).real)[-2])


def _inverse_root(marginals: Array) -> Array:
    return np.divide(1.0, np.sqrt(marginals), out=np.zeros_like(marginals), where=marginals > 0)
