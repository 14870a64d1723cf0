"""Features of the grey level run length matrix: runs of equal level along 13 directions.

Source: M. M. Galloway, 1975; pyradiomics 3.0.1 (mean over directions; a direction along which no two voxels of the
region share a line is left out); IBSI manual, section 3.7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

WHY_NAN = "no two voxels of the region lie on one line in any direction"

NAMES = {
    "ShortRunEmphasis": "short",
    "LongRunEmphasis": "long",
    "GrayLevelNonUniformity": "level_non_uniformity",
    "GrayLevelNonUniformityNormalized": "level_non_uniformity_normalised",
    "RunLengthNonUniformity": "size_non_uniformity",
    "RunLengthNonUniformityNormalized": "size_non_uniformity_normalised",
    "RunPercentage": "percentage",
    "GrayLevelVariance": "level_variance",
    "RunVariance": "size_variance",
    "RunEntropy": "entropy",
    "LowGrayLevelRunEmphasis": "low",
    "HighGrayLevelRunEmphasis": "high",
    "ShortRunLowGrayLevelEmphasis": "short_low",
    "ShortRunHighGrayLevelEmphasis": "short_high",
    "LongRunLowGrayLevelEmphasis": "long_low",
    "LongRunHighGrayLevelEmphasis": "long_high",
}


def run_lengths(texture: Texture) -> npt.NDArray[np.float64]:
    """Number of runs by level, length and direction: shape ``(levels, longest run, directions)``.

    Every run is followed from its first voxel to its last, all runs of all directions at once.
    """
    level, number = texture.levels.index, len(texture.levels.present)
    onward = texture.region.adjacent.neighbours
    half = len(texture.region.adjacent.steps)
    goes_on, begins = texture.same[:half], ~texture.same[half:]
    columns = [_count(begins & ~goes_on, level, number)]
    direction, voxel = np.nonzero(begins & goes_on)
    while len(voxel):
        voxel = onward[direction, voxel]
        more = goes_on[direction, voxel]
        ended = level[voxel[~more]] * np.int64(half) + direction[~more]
        columns.append(np.bincount(ended, minlength=number * half).reshape(number, half))
        direction, voxel = direction[more], voxel[more]
    return np.stack(columns, axis=1).astype(np.float64)


def _count(chosen: npt.NDArray[np.bool_], level: npt.NDArray[np.int32], number: int) -> npt.NDArray[np.int64]:
    return np.stack([np.bincount(level[row], minlength=number) for row in chosen], axis=1)


def features(texture: Texture) -> dict[str, float]:
    """All 16 GLRLM features, mean over directions."""
    matrix = run_lengths(texture)
    weights = texture.direction_weights("adjacent")
    used = texture.region.adjacent.shares_line
    if weights is not None:
        if texture.region.settings.weightingNorm == "no_weighting":
            weights = np.ones_like(weights)
        matrix, used = (matrix * (weights * used)).sum(axis=2, keepdims=True), np.array([used.any()])
    occurring = matrix[:, :, used].any(axis=(0, 2))
    sizes = np.arange(1.0, matrix.shape[1] + 1)[occurring]
    values = size_statistics(matrix[:, occurring][:, :, used], texture.levels.present, sizes)
    return {name: values[key] for name, key in NAMES.items()}
