"""Features of a matrix that counts grey level by size (of runs, zones or dependences); shared by three families.

Source: M. M. Galloway, "Texture analysis using gray level run lengths", 1975, and its successors as given in the IBSI
manual, sections 3.7, 3.8 and 3.11; pyradiomics 3.0.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EPSILON = float(np.spacing(1))


def size_statistics(
    matrix: npt.NDArray[np.float64], levels: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64]
) -> dict[str, float]:
    """Statistics of each direction, then their mean over directions; NaN without directions.

    Args:
        matrix: Counts, shape ``(levels, sizes, directions)``; no direction is empty.
        levels: Grey level of each row.
        sizes: Size of each column.

    Returns:
        Values by neutral name: short/long for small/large sizes, low/high for grey levels.
    """
    if matrix.shape[2] == 0:
        return dict.fromkeys(_NAMES, float("nan"))
    total = matrix.sum(axis=(0, 1))
    by_size, by_level = matrix.sum(axis=0), matrix.sum(axis=1)
    i2, j2 = levels**2, sizes**2
    found = {
        **_emphases(matrix, by_level, by_size, i2, j2),
        "level_non_uniformity": (by_level**2).sum(axis=0),
        "size_non_uniformity": (by_size**2).sum(axis=0),
        "level_non_uniformity_normalised": (by_level**2).sum(axis=0) / total,
        "size_non_uniformity_normalised": (by_size**2).sum(axis=0) / total,
    }
    values = {name: value / total for name, value in found.items()}
    values["percentage"] = total / (sizes @ by_size)
    values["level_variance"] = _variance(by_level / total, levels)
    values["size_variance"] = _variance(by_size / total, sizes)
    p = matrix / total
    values["entropy"] = -(p * np.log2(p + EPSILON)).sum(axis=(0, 1))
    return {name: float(values[name].mean()) for name in _NAMES}


def _emphases(
    matrix: npt.NDArray[np.float64],
    by_level: npt.NDArray[np.float64],
    by_size: npt.NDArray[np.float64],
    i2: npt.NDArray[np.float64],
    j2: npt.NDArray[np.float64],
) -> dict[str, npt.NDArray[np.float64]]:
    short = np.einsum("ija,j->ia", matrix, 1 / j2)
    long = np.einsum("ija,j->ia", matrix, j2)
    return {
        "short": (1 / j2) @ by_size,
        "long": j2 @ by_size,
        "low": (1 / i2) @ by_level,
        "high": i2 @ by_level,
        "short_low": (1 / i2) @ short,
        "short_high": i2 @ short,
        "long_low": (1 / i2) @ long,
        "long_high": i2 @ long,
    }


def _variance(shares: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    deviations = values[:, None] - values @ shares
    return (shares * deviations**2).sum(axis=0)


_NAMES = (
    "short",
    "long",
    "low",
    "high",
    "short_low",
    "short_high",
    "long_low",
    "long_high",
    "level_non_uniformity",
    "size_non_uniformity",
    "level_non_uniformity_normalised",
    "size_non_uniformity_normalised",
    "percentage",
    "level_variance",
    "size_variance",
    "entropy",
)
