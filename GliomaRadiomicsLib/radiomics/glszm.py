"""Features of the grey level size zone matrix: connected zones of equal level (26 neighbours).

Source: G. Thibault et al., "Texture indexes and gray level size zone matrix", 2009; pyradiomics 3.0.1; IBSI manual,
section 3.8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels
from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

NAMES = {
    "SmallAreaEmphasis": "short",
    "LargeAreaEmphasis": "long",
    "GrayLevelNonUniformity": "level_non_uniformity",
    "GrayLevelNonUniformityNormalized": "level_non_uniformity_normalised",
    "SizeZoneNonUniformity": "size_non_uniformity",
    "SizeZoneNonUniformityNormalized": "size_non_uniformity_normalised",
    "ZonePercentage": "percentage",
    "GrayLevelVariance": "level_variance",
    "ZoneVariance": "size_variance",
    "ZoneEntropy": "entropy",
    "LowGrayLevelZoneEmphasis": "low",
    "HighGrayLevelZoneEmphasis": "high",
    "SmallAreaLowGrayLevelEmphasis": "short_low",
    "SmallAreaHighGrayLevelEmphasis": "short_high",
    "LargeAreaLowGrayLevelEmphasis": "long_low",
    "LargeAreaHighGrayLevelEmphasis": "long_high",
}


def zone_of_each_voxel(texture: Texture) -> npt.NDArray[np.int64]:
    """Number of the zone of every voxel, counted from 0: shape ``(voxels,)``."""
    from skimage.measure import label

    mask, settings = texture.region.mask, texture.region.settings
    image = np.zeros(mask.shape, dtype=np.int64)
    image[mask] = texture.levels.index + 1
    if settings.force2D:
        planes = np.arange(image.shape[settings.force2Ddimension]) * (len(texture.levels.present) + 1)
        others = [axis for axis in range(3) if axis != settings.force2Ddimension]
        image = np.where(mask, image + np.expand_dims(planes, others), 0)
    return label(image, background=0, connectivity=3)[mask] - 1


def count_by_level(
    levels: GreyLevels, zone: npt.NDArray[np.integer], sizes: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Number of zones by level and size: shape ``(levels, sizes)``, and the sizes that occur.

    Args:
        levels: Grey levels of the voxels.
        zone: Zone of every voxel.
        sizes: Size of every zone, or whatever zones are counted by.
    """
    level_of_zone = np.empty(len(sizes), dtype=np.int64)
    level_of_zone[zone] = levels.index
    occurring, column = np.unique(sizes, return_inverse=True)
    shape = (len(levels.present), len(occurring))
    cells = np.bincount(level_of_zone * shape[1] + column, minlength=shape[0] * shape[1])
    return cells.reshape(shape).astype(np.float64), occurring.astype(np.float64)


def zones(texture: Texture) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Number of zones by level and number of voxels: shape ``(levels, sizes)``, and the sizes that occur."""
    zone = zone_of_each_voxel(texture)
    return count_by_level(texture.levels, zone, np.bincount(zone))


def features(texture: Texture) -> dict[str, float]:
    """All 16 GLSZM features."""
    matrix, sizes = zones(texture)
    values = size_statistics(matrix[:, :, None], texture.levels.present, sizes)
    return {name: values[key] for name, key in NAMES.items()}
