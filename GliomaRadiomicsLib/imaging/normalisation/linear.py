"""The linear normalisations that are fitted from simple statistics: z-score, percentiles, smallest and largest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.normalisation.base import LinearNormalisation, values_in, width_or_flat

PERCENTILES = (1.0, 99.0)


def fit_zscore(array: npt.NDArray, mask: npt.NDArray, role: str = "") -> LinearNormalisation:
    """Zero mean and unit variance (population) inside ``mask``."""
    return _zscore("zscore", values_in(array, mask))


def fit_zscore_image(array: npt.NDArray, mask: npt.NDArray, role: str = "") -> LinearNormalisation:
    """Zero mean and unit variance of the whole image, background and all: the comparison of Pereira et al. 2018.

    The mask is not used.
    """
    return _zscore("zscore-image", np.asarray(array, dtype=np.float64).ravel(), whole_image=True)


def _zscore(method: str, values: npt.NDArray[np.float64], *, whole_image: bool = False) -> LinearNormalisation:
    if values.size == 0:
        return LinearNormalisation(method, 0.0, 0.0, whole_image)
    mean, deviation = float(values.mean()), float(values.std())
    return LinearNormalisation(method, mean, width_or_flat(deviation, mean), whole_image)


def fit_percentile(
    array: npt.NDArray,
    mask: npt.NDArray,
    role: str = "",
    *,
    percentiles: tuple[float, float] = PERCENTILES,
    clip: bool = False,
) -> LinearNormalisation:
    """The lower percentile inside ``mask`` becomes 0, the upper 1.

    Args:
        array: Intensities.
        mask: Same shape.
        role: Not used.
        percentiles: Lower and upper, 0 to 100.
        clip: Cut off what lies beyond; the inverse is then not exact there.

    Raises:
        RefusedInput: If the percentiles are not in order.
    """
    low, high = percentiles
    if not 0 <= low < high <= 100:
        remedy = "give two percentiles from 0 to 100, the lower first"
        raise RefusedInput(what="percentiles not in order", where="percentiles", found=percentiles, remedy=remedy)
    values = values_in(array, mask)
    return _between("percentile", *(np.percentile(values, (low, high)) if values.size else (0.0, 0.0)), clip=clip)


def fit_minmax(array: npt.NDArray, mask: npt.NDArray, role: str = "") -> LinearNormalisation:
    """The smallest intensity inside ``mask`` becomes 0 (as the outside is), the largest 1; one bright voxel rules."""
    values = values_in(array, mask)
    return _between("minmax", *((values.min(), values.max()) if values.size else (0.0, 0.0)))


def _between(method: str, low: float, high: float, *, clip: bool = False) -> LinearNormalisation:
    width = width_or_flat(float(high) - float(low), float(low))
    return LinearNormalisation(method, float(low), width, clip=(0.0, 1.0) if clip else None)
