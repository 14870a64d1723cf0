"""Intensity normalisation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FLAT = 1e-6


def zscore_in_mask(array: npt.NDArray, mask: npt.NDArray) -> npt.NDArray[np.float32]:
    """Zero mean and unit variance inside ``mask``, zero outside.

    Args:
        array: Intensities, any shape and unit.
        mask: Same shape; voxels that are not zero count.

    Returns:
        float32 array of the same shape; all zeros where the image is flat inside the mask or the mask is empty.

    Raises:
        ValueError: If the shapes differ.
    """
    if array.shape != mask.shape:
        msg = f"mask of shape {mask.shape} does not fit the image of shape {array.shape}"
        raise ValueError(msg)
    inside = np.asarray(mask) != 0
    values = array[inside].astype(np.float64)
    result = np.zeros(array.shape, dtype=np.float32)
    if values.size == 0:
        return result
    mean, deviation = values.mean(), values.std()
    if deviation > _FLAT * max(1.0, abs(mean)):
        result[inside] = (values - mean) / deviation
    return result
