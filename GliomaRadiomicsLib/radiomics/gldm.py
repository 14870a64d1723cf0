"""Features of the grey level dependence matrix: how many neighbours have nearly the voxel's own level.

Source: C. Sun and W. G. Wee, "Neighboring gray level dependence matrix for texture classification", 1983; pyradiomics
3.0.1 (the size of a dependence counts the voxel itself); IBSI manual, section 3.11.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

NAMES = {
    "SmallDependenceEmphasis": "short",
    "LargeDependenceEmphasis": "long",
    "GrayLevelNonUniformity": "level_non_uniformity",
    "DependenceNonUniformity": "size_non_uniformity",
    "DependenceNonUniformityNormalized": "size_non_uniformity_normalised",
    "GrayLevelVariance": "level_variance",
    "DependenceVariance": "size_variance",
    "DependenceEntropy": "entropy",
    "LowGrayLevelEmphasis": "low",
    "HighGrayLevelEmphasis": "high",
    "SmallDependenceLowGrayLevelEmphasis": "short_low",
    "SmallDependenceHighGrayLevelEmphasis": "short_high",
    "LargeDependenceLowGrayLevelEmphasis": "long_low",
    "LargeDependenceHighGrayLevelEmphasis": "long_high",
}


def dependences(texture: Texture) -> npt.NDArray[np.int64]:
    """Number of dependent neighbours of every voxel: shape ``(voxels,)``."""
    alpha = int(texture.region.settings.gldm_a)
    if alpha == 0:
        if texture.within_distances is texture.adjacent:
            return np.count_nonzero(texture.same, axis=0)
        return np.count_nonzero(texture.within_distances == texture.levels.index, axis=0)
    values = np.append(texture.levels.present, np.inf)
    own = texture.levels.present[texture.levels.index]
    return sum(np.abs(values[row] - own) <= alpha for row in texture.within_distances).astype(np.int64)


def matrix(texture: Texture) -> npt.NDArray[np.float64]:
    """Number of voxels by level and size of their dependence, from 1: shape ``(levels, sizes)``."""
    found, levels = dependences(texture), texture.levels
    width = int(found.max()) + 1
    cells = np.bincount(levels.index * np.int64(width) + found, minlength=len(levels.present) * width)
    return cells.reshape(len(levels.present), width).astype(np.float64)


def features(texture: Texture) -> dict[str, float]:
    """All 14 GLDM features."""
    counts = matrix(texture)
    values = size_statistics(counts[:, :, None], texture.levels.present, np.arange(1.0, counts.shape[1] + 1))
    return {name: values[key] for name, key in NAMES.items()}
