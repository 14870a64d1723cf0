"""Local intensity: means in spheres of 1 cm³ around the brightest voxels, region or not.

Source: IBSI reference manual, section 3.2. Voxels of the sphere outside the region count, those outside the image do
not; of several voxels with the maximum, the largest mean is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.measured import Measured

RADIUS_MM = 10 * (3 / (4 * np.pi)) ** (1 / 3)

Array = npt.NDArray[np.float64]


def features(found: Measured) -> dict[str, float]:
    """Both peaks."""
    means = _means_in_spheres(found)
    return {
        "LocalIntensityPeak": float(means[found.values == found.values.max()].max()),
        "GlobalIntensityPeak": float(means.max()),
    }


def _means_in_spheres(found: Measured) -> Array:
    """Mean of the image in the sphere around each voxel of the region: shape ``(voxels,)``."""
    from scipy.signal import fftconvolve

    sphere = _sphere(found.region.spacing)
    margin = [size // 2 for size in sphere.shape]
    box = tuple(
        slice(max(part.start - more, 0), part.stop + more) for part, more in zip(found.region.box, margin, strict=True)
    )
    image = found.array[box].astype(np.float64)
    offset = float(image.mean())
    sums = fftconvolve(image - offset, sphere, mode="same")
    counts = np.round(fftconvolve(np.ones(image.shape), sphere, mode="same"))
    inner = tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(found.region.box, box, strict=True)
    )
    return (sums / counts + offset)[inner][found.region.mask]


def _sphere(spacing: Array) -> Array:
    """Voxels whose centres lie within the radius of the middle one; odd size along every axis."""
    reach = np.floor(RADIUS_MM / spacing).astype(int)
    axes = [np.arange(-size, size + 1) * step for size, step in zip(reach, spacing, strict=True)]
    k, j, i = np.meshgrid(*axes, indexing="ij")
    return (k**2 + j**2 + i**2 <= RADIUS_MM**2).astype(np.float64)
