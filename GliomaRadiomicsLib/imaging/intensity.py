"""The normalisation the networks are trained with; `normalisation` has the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.imaging.normalisation.linear import fit_zscore


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
    return fit_zscore(array, mask).apply(array, mask)
