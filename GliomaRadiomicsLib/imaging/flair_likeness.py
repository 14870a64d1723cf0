"""How much one skull-stripped image looks like FLAIR rather than T1 or T1ce, without another sequence to compare with.

Three things tell them apart and need no training: FLAIR has the larger range of intensities (fluid is black, oedema
white), its cortex is not darker than its white matter, so intensity does not rise with depth, and no vessels shine
along the surface of the brain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, median_filter
from scipy.stats import spearmanr

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop_box

_DEPTH_MM = 8.0
_SURFACE_MM = 5.0
_USUAL_RANGES = 1.5
_FINE_VOXELS = 5


def flair_likeness(image: Volume, brain: npt.NDArray[np.bool_]) -> float | None:
    """Higher for FLAIR than for the T1 or T1ce of the same patient; only the difference of two means something.

    Args:
        image: Skull-stripped, about 3 mm.
        brain: True inside the brain, on the same grid.

    Returns:
        Sum of log of range over median, minus the rank correlation of intensity and depth, minus the asymmetry of fine
        structure at the surface; None where intensities are not positive, as in z-scored images.
    """
    box = crop_box(brain, 1)
    inside, values = brain[box], image.array[box].astype(np.float64)
    depth = distance_transform_edt(inside, sampling=image.spacing)
    deep, surface = depth > _DEPTH_MM, inside & (depth < _SURFACE_MM)
    low, quarter, middle, three_quarters, high = np.percentile(values[deep], (1, 25, 50, 75, 99))
    if low < 0 or quarter <= 0 or quarter == three_quarters or not surface.any():
        return None
    usual = deep & (np.abs(values - middle) < _USUAL_RANGES * (three_quarters - quarter))
    filled = np.where(inside, values, middle)
    fine = (filled - median_filter(filled, _FINE_VOXELS))[surface]
    with_depth = float(spearmanr(depth[usual], values[usual]).statistic)
    return float(np.log((high - low) / middle) - with_depth - asymmetry(fine))


def asymmetry(values: npt.NDArray[np.float64]) -> float:
    """Between -1 and 1; positive where the tail above the median is the longer one (1st and 99th percentile)."""
    low, middle, high = np.percentile(values, (1, 50, 99))
    return float((high + low - 2.0 * middle) / ((high - low) or 1.0))
