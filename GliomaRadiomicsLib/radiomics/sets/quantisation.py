"""A given number of grey levels: by equal probability, or of equal width.

Source: M. Vallieres et al., "A radiomics model from joint FDG-PET and MRI texture features", Phys. Med. Biol. 60, 2015,
and its toolbox, whose equal-probability levels come from a histogram equalisation in 256 bins; here the values
themselves are ranked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels


def quantise(values: npt.NDArray[np.float64], quantisation: str, number: int) -> GreyLevels:
    """Grey levels 1 to ``number`` of the values of a region.

    Args:
        values: Shape ``(pixels,)``.
        quantisation: ``equal`` or ``uniform``.
        number: Number of levels.
    """
    levels = equal_probability(values, number) if quantisation == "equal" else uniform(values, number)
    present, index, counts = np.unique(levels, return_inverse=True, return_counts=True)
    return GreyLevels(index.reshape(-1).astype(np.int32), present.astype(np.float64), counts)


def equal_probability(values: npt.NDArray[np.float64], number: int) -> npt.NDArray[np.int64]:
    """Levels that hold about the same number of pixels: ceil(number · r / N), r the mean rank less a half.

    Equal values get the same level; levels no value falls into are closed up.
    """
    ordered = np.sort(values)
    twice_rank = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    levels = -(-number * twice_rank // (2 * len(values)))
    return np.unique(levels, return_inverse=True)[1].reshape(-1) + 1


def uniform(values: npt.NDArray[np.float64], number: int) -> npt.NDArray[np.int64]:
    """Levels of equal width, 1 at the lowest and ``number`` at the highest value; 1 everywhere if all are equal."""
    lowest, highest = values.min(), values.max()
    if highest == lowest:
        return np.ones(len(values), dtype=np.int64)
    return np.floor((number - 1) * ((values - lowest) / (highest - lowest)) + 0.5).astype(np.int64) + 1
