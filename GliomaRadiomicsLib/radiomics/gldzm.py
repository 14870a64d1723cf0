"""Features of the grey level distance zone matrix: zones of equal level by their distance from the region's border.

Source: G. Thibault et al., "Advanced statistical matrices for texture characterization: application to cell
classification", IEEE Transactions on Biomedical Engineering 61(3), 2014; IBSI reference manual, section 3.9. The
distance of a zone is that of its voxel nearest to the border of the region before resegmentation, in steps across
faces; at the border it is 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.glszm import count_by_level, zone_of_each_voxel
from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

NAMES = {
    "SmallDistanceEmphasis": "short",
    "LargeDistanceEmphasis": "long",
    "LowGrayLevelZoneEmphasis": "low",
    "HighGrayLevelZoneEmphasis": "high",
    "SmallDistanceLowGrayLevelEmphasis": "short_low",
    "SmallDistanceHighGrayLevelEmphasis": "short_high",
    "LargeDistanceLowGrayLevelEmphasis": "long_low",
    "LargeDistanceHighGrayLevelEmphasis": "long_high",
    "GrayLevelNonUniformity": "level_non_uniformity",
    "GrayLevelNonUniformityNormalized": "level_non_uniformity_normalised",
    "ZoneDistanceNonUniformity": "size_non_uniformity",
    "ZoneDistanceNonUniformityNormalized": "size_non_uniformity_normalised",
    "GrayLevelVariance": "level_variance",
    "ZoneDistanceVariance": "size_variance",
    "ZoneDistanceEntropy": "entropy",
}


def distances_to_border(mask: npt.NDArray[np.bool_], by_slice: bool) -> npt.NDArray[np.int32]:
    """Steps across faces from every voxel to the nearest one outside: shape of ``mask``, 0 outside.

    Args:
        mask: Shape ``(k, j, i)``.
        by_slice: Whether steps along k are left out.
    """
    from scipy.ndimage import distance_transform_cdt

    if by_slice:
        slices = [distance_transform_cdt(np.pad(part, 1), metric="taxicab")[1:-1, 1:-1] for part in mask]
        return np.stack(slices)
    return distance_transform_cdt(np.pad(mask, 1), metric="taxicab")[1:-1, 1:-1, 1:-1]


def features(texture: Texture, distances: npt.NDArray[np.int32]) -> dict[str, float]:
    """All 16 features.

    Args:
        texture: The discretised region.
        distances: Distance of every voxel from the border, shape ``(voxels,)``.
    """
    zone = zone_of_each_voxel(texture)
    nearest = np.full(int(zone.max()) + 1, np.iinfo(np.int32).max, dtype=np.int64)
    np.minimum.at(nearest, zone, distances)
    matrix, occurring = count_by_level(texture.levels, zone, nearest)
    values = size_statistics(matrix[:, :, None], texture.levels.present, occurring)
    found = {name: values[key] for name, key in NAMES.items()}
    return {**found, "ZonePercentage": float(matrix.sum()) / texture.region.voxels}
