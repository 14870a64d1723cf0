"""How the voxel values lie in space: shift of the centre of mass, integrated intensity, Moran's I and Geary's C.

Source: IBSI reference manual, section 3.1; P. A. P. Moran, "Notes on continuous stochastic phenomena", 1950; R. C.
Geary, "The contiguity ratio and statistical mapping", 1954. Both indices sum over all pairs of voxels, weighted by one
over their distance; pairs at the same offset are counted together by Fourier transform, so the sums are complete.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.marching_cubes import area_and_volume
from GliomaRadiomicsLib.radiomics.measured import Measured

WHY_NAN = "the voxel values are all equal or their sum is 0"

Array = npt.NDArray[np.float64]


def features(found: Measured) -> dict[str, float]:
    """All four features."""
    values = found.values.astype(np.float64)
    volume = area_and_volume(found.region.whole.padded_mask, found.region.whole.spacing)[1]
    return {
        "CentreOfMassShift": _centre_of_mass_shift(found, values),
        "IntegratedIntensity": float(values.mean()) * volume,
        **_autocorrelation(found, values),
    }


def _centre_of_mass_shift(found: Measured, values: Array) -> float:
    total = float(values.sum())
    if total == 0:
        return float("nan")
    geometric = np.argwhere(found.region.whole.mask).mean(axis=0)
    weighted = values @ np.argwhere(found.mask_in_whole) / total
    return float(np.linalg.norm((geometric - weighted) * found.region.spacing))


def _autocorrelation(found: Measured, values: Array) -> dict[str, float]:
    """Moran's I and Geary's C.

    Of the centred values x and the mask m, x times x summed over all pairs at one offset is the correlation of x with
    itself; (x1 - x2)² summed is twice the correlation of x² with m, less twice that of x with itself.
    """
    from scipy.fft import irfftn, next_fast_len, rfftn

    centred = values - values.mean()
    squares = float(centred @ centred)
    if squares == 0 or len(values) < 2:
        return {"MoranI": float("nan"), "GearyC": float("nan")}
    mask = found.region.mask
    shape = [next_fast_len(2 * size - 1, real=True) for size in mask.shape]
    image = np.zeros(mask.shape)
    image[mask] = centred
    x, x2, m = (rfftn(part, shape) for part in (image, image**2, mask.astype(np.float64)))
    weights = rfftn(_inverse_distances(shape, mask.shape, found.region.spacing))
    total = float(irfftn(weights * np.abs(m) ** 2, shape).flat[0])
    products = float(irfftn(weights * np.abs(x) ** 2, shape).flat[0])
    mixed = float(irfftn(weights * (x2 * np.conj(m)), shape).flat[0])
    number = len(values)
    return {
        "MoranI": number * products / (total * squares),
        "GearyC": (number - 1) * (2 * mixed - 2 * products) / (2 * total * squares),
    }


def _inverse_distances(shape: list[int], size: tuple[int, ...], spacing: Array) -> Array:
    """One over the distance of every offset that can occur, 0 at no offset; negative offsets wrap around."""
    squared = np.zeros(shape)
    for axis, step in enumerate(spacing):
        offset = np.arange(shape[axis])
        offset = np.minimum(offset, shape[axis] - offset) * step
        squared += (offset**2).reshape([-1 if other == axis else 1 for other in range(3)])
    squared.flat[0] = np.inf
    return 1 / np.sqrt(squared)
