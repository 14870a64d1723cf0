"""Is it MRI of a head at all? Computed tomography, phantom bottles and localisers are told from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.foreground import coarse

_AIR, _SOFT, _BONE = -800.0, (0.0, 100.0), 250.0
_BODY = -300.0
_SHIFT = 1024.0
_LEAST_AIR, _LEAST_SOFT, _LEAST_BONE = 0.05, 0.3, 0.005
_LEAST_SOFT_SHIFTED, _HARD_BONE, _LEAST_HARD = 0.4, 700.0, 0.03
"""Where the values were shifted to be positive more is asked for, because an MRI could by chance have its tissue at
1024 to 1124: the 76 images of 19 patients scaled to lie there reached one of the two limits, but never both."""
_LEAST_SOFT_RESCALED, _LEAST_SOFT_RISE = 0.45, 0.1
_AIR_CENTRE, _SOFT_CENTRE = -1000.0, 35.0
"""Where the values were rescaled altogether, the scale is taken from air and the most frequent tissue. In CT drawn of
phantoms 0.66 of the body was soft tissue and 0.10 hard bone. Of 76 images of 19 patients and of phantoms none with as
much hard bone as asked for had more than 0.31 of soft tissue, and none with 0.4 of soft tissue had more than 0.004 of
hard bone."""
_FEWEST = 300
FEW_SLICES = 10
WIDE_GAP_MM = 9.0
BOTTLE = 0.03
"""Spread of intensities inside, bias removed: bottles with up to 10 % noise had 0.02 or less; the 72 images of 18
patients 0.05 or more."""
_DEEP_MM = 8.0
_SAMPLE = 6000


def computed_tomography(image: Volume) -> Literal["", "hounsfield", "shifted", "rescaled"]:
    """Whether the intensities are Hounsfield units: much at -1000 (air), most of the rest at 0 to 100, some bone.

    Rescaled ones (to 0 to 1, or to 0 to 255) are told by the same shares once air lies at -1000 and the most frequent
    tissue at 35. A narrow window, which cuts off air or bone, cannot be told from MRI so.

    Args:
        image: Any image; about 3 mm is enough.

    Returns:
        ``shifted`` where 1024 was added to them, ``rescaled`` where they are a multiple of them and a constant, empty
        where they are none of these.
    """
    values = coarse(image).array.astype(np.float32).ravel()
    if _is_hounsfield(values, _LEAST_SOFT):
        return "hounsfield"
    shifted = values - _SHIFT
    body = shifted[shifted > _BODY]
    hard = values.min() > _BODY and body.size > 0 and (body > _HARD_BONE).mean() >= _LEAST_HARD
    if hard and _is_hounsfield(shifted, _LEAST_SOFT_SHIFTED):
        return "shifted"
    return "rescaled" if _is_rescaled(values) else ""


def _is_rescaled(values: npt.NDArray[np.float32]) -> bool:
    """Whether air, soft tissue and hard bone have their shares on the scale that air and soft tissue make."""
    from skimage.filters import threshold_otsu

    ordered = np.sort(values.astype(np.float64))
    top = ordered[int(0.999 * ordered.size)]
    if top <= ordered[0]:
        return False
    threshold = threshold_otsu(np.clip(ordered, ordered[0], top))
    air = float(np.median(ordered[ordered <= threshold]))
    brighter = ordered[(ordered > threshold) & (ordered > air + _LEAST_SOFT_RISE * (top - air))]
    if brighter.size < _FEWEST:
        return False
    centres = np.quantile(brighter, np.linspace(0.02, 0.98, 97))
    unit = (centres - air) / (_SOFT_CENTRE - _AIR_CENTRE)
    ends = [np.searchsorted(ordered, air + (value - _AIR_CENTRE) * unit) for value in _SOFT]
    best = int(np.argmax(ends[1] - ends[0]))
    units = (ordered - air) / unit[best] + _AIR_CENTRE
    body = units[units > _BODY]
    return _is_hounsfield(units, _LEAST_SOFT_RESCALED) and bool((body > _HARD_BONE).mean() >= _LEAST_HARD)


def _is_hounsfield(values: npt.NDArray[np.float32], least_soft: float) -> bool:
    body = values[values > _BODY]
    if body.size < _FEWEST or (values < _AIR).mean() < _LEAST_AIR:
        return False
    soft = ((body >= _SOFT[0]) & (body <= _SOFT[1])).mean()
    return bool(soft >= least_soft and (body > _BONE).mean() >= _LEAST_BONE)


def tissue_contrast(image: Volume, inside: npt.NDArray[np.bool_]) -> float | None:
    """Spread of intensities well inside a head, relative to their median, with noise and a smooth bias taken off.

    Args:
        image: About 3 mm.
        inside: Head or brain on the same grid.

    Returns:
        A 90 % range in units of a standard deviation; None where there is too little inside.
    """
    depth = ndimage.distance_transform_edt(np.pad(inside, 1), sampling=image.spacing)[1:-1, 1:-1, 1:-1]
    places = np.argwhere(depth > _DEEP_MM)
    if len(places) < _FEWEST:
        return None
    weight = ndimage.uniform_filter(inside.astype(np.float32), 3)
    array = image.array.astype(np.float32) - min(float(image.array.min()), 0.0)
    smooth = ndimage.uniform_filter(np.where(inside, array, 0.0), 3) / np.maximum(weight, 0.05)
    places = places[:: max(1, len(places) // _SAMPLE)]
    values = smooth[tuple(places.T)].astype(np.float64)
    rest = _without_bias(values / (np.median(values) or 1.0), places * np.array(image.spacing))
    low, high = np.percentile(rest, (5, 95))
    return float((high - low) / 3.29)


def _without_bias(values: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What a polynomial of second order leaves, fitted to the values that are not far off."""
    x, y, z = ((places - places.mean(axis=0)) / np.maximum(places.std(axis=0), 1e-6)).T
    terms = np.column_stack([np.ones_like(x), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z])
    usual = np.ones(len(values), dtype=bool)
    rest = values
    for _ in range(3):
        factors = np.linalg.lstsq(terms[usual], values[usual], rcond=None)[0]
        rest = values - terms @ factors
        low, high = np.percentile(rest[usual], (25, 75))
        usual = (rest >= low - 1.5 * (high - low)) & (rest <= high + 1.5 * (high - low))
    return rest


@dataclass(frozen=True)
class Slices:
    """How an image is sliced: number of slices and their distance in mm."""

    number: int
    distance_mm: float


def slices_of(image: Volume) -> Slices:
    """Along the axis with the largest voxels; where all are alike, the one with the fewest."""
    spacing = np.array(image.spacing)
    thick = spacing > 1.5 * spacing.min()
    axis = int(spacing.argmax()) if thick.any() else int(np.argmin(image.shape))
    return Slices(image.shape[axis], float(spacing[axis]))
