"""White-stripe-like normalisation: the normal-appearing white matter becomes 0 with unit spread.

After Shinohara et al., "Statistical normalization techniques for magnetic resonance imaging", NeuroImage: Clinical 6:9
(2014), doi:10.1016/j.nicl.2014.08.008: the mode of white matter is found in the smoothed histogram of the brain (the
last one on T1, where white matter is the brightest tissue; the largest one on FLAIR), and the voxels within 5 % of
quantiles around it give centre and width. The 5 % to either side are the paper's and the default of its R package
WhiteStripe (``whitestripe.width = 0.05``), as are mean and standard deviation for centre and width. So the unit is the
spread inside a tenth of the brain's voxels around one tissue, far smaller than that of the brain. Like it, not the
same: only the 40 % of voxels in the most uniform surroundings are counted, so that the peak of white matter stands
free of partial volumes; the histogram is smoothed by twice Silverman's width; a peak counts from 40 % of the highest;
and on T2 the first such peak is taken, because white matter is darker there than grey matter. Correct the bias field
first: within a field of 20 % white matter has no single mode.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.imaging.grid import crop_box
from GliomaRadiomicsLib.imaging.normalisation.base import LinearNormalisation, inside_mask, width_or_flat

_BINS = 1000
_TAILS = (0.5, 99.5)
_STRIPE = 0.05
"""Share of the brain's voxels to either side of the mode: the paper's and the default of its package."""
_UNIFORM, _SMOOTHING, _LEAST_HEIGHT = 0.4, 2.0, 0.4
"""Ours: share of voxels counted, width of the smoothing in Silverman's, and how high a peak is."""
_FEWEST = 50


def fit_white_stripe(array: npt.NDArray, mask: npt.NDArray, role: str = "t1") -> LinearNormalisation:
    """Centre and width of the white stripe.

    Args:
        array: Intensities, 3-D, any unit.
        mask: Brain, same shape.
        role: Sequence; decides which peak of the histogram is white matter.

    Returns:
        With width 0 (everything becomes 0) where the mask holds fewer than 50 voxels or the image is flat.
    """
    inside = inside_mask(array, mask)
    values = array[inside].astype(np.float64)
    if values.size < _FEWEST or width_or_flat(float(np.ptp(values)), float(values.mean())) == 0:
        return LinearNormalisation("white-stripe", float(values.mean()) if values.size else 0.0, 0.0)
    peak = white_matter_peak(array, inside, role)
    place = float((values < peak).mean())
    low, high = np.quantile(values, np.clip((place - _STRIPE, place + _STRIPE), 0.0, 1.0))
    stripe = values[(values >= low) & (values <= high)]
    centre = float(stripe.mean())
    return LinearNormalisation("white-stripe", centre, width_or_flat(float(stripe.std()), centre))


def white_matter_peak(array: npt.NDArray, brain: npt.NDArray[np.bool_], role: str) -> float:
    """Intensity of the peak of white matter among the voxels of ``brain`` in uniform surroundings."""
    inside = array[brain].astype(np.float64)
    low, high = np.percentile(inside, _TAILS)
    if low == high:
        return float(low)
    values = _uniform(array, brain)
    counts, edges = np.histogram(values, bins=_BINS, range=(low, high))
    width = _SMOOTHING * _silverman(values) / (edges[1] - edges[0])
    smooth = np.pad(ndimage.gaussian_filter1d(counts.astype(np.float64), width), 1)
    middle = smooth[1:-1]
    rising, falling = middle >= smooth[:-2], middle > smooth[2:]
    peaks = np.flatnonzero(rising & falling & (middle >= _LEAST_HEIGHT * middle.max()))
    brightest, darkest, largest = peaks[-1], peaks[0], peaks[middle[peaks].argmax()]
    chosen = {"t1": brightest, "t1ce": brightest, "t2": darkest}.get(role, largest)
    return float((edges[chosen] + edges[chosen + 1]) / 2.0)


def _uniform(array: npt.NDArray, brain: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Intensities where the gradient is low, away from the border of the brain where there is enough brain."""
    box = crop_box(brain, 3)
    image, inside = array[box].astype(np.float32), brain[box]
    inner = ndimage.binary_erosion(inside, iterations=2)
    inner = inner if inner.sum() >= _FEWEST else inside
    steepness = ndimage.gaussian_gradient_magnitude(image, 1.0, truncate=2.0)[inner]
    return image[inner][steepness <= np.quantile(steepness, _UNIFORM)].astype(np.float64)


def _silverman(values: npt.NDArray[np.float64]) -> float:
    """Silverman's rule of thumb for the width of a kernel; never 0."""
    quarter, three_quarters = np.percentile(values, (25, 75))
    spread = min(float(values.std()), float(three_quarters - quarter) / 1.34) or float(values.std())
    return max(0.9 * spread * values.size ** (-0.2), 1e-12)
