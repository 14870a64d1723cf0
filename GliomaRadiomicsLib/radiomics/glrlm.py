"""Features of the grey level run length matrix: runs of equal level along 13 directions.

Source: M. M. Galloway, 1975; pyradiomics 3.0.1 (mean over directions; a direction along which no two voxels of the
region share a line is left out); IBSI manual, section 3.7.
"""

from __future__ import annotations

from itertools import pairwise

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

    Runs of two and more are followed from their first voxel on, those of all directions at once, and counted at every
    length that they reach; every other voxel is a run of its own.
    """
    number, half = len(texture.levels.present), len(texture.region.adjacent.steps)
    onward = texture.region.adjacent.onward
    goes_on = texture.same[:half].ravel()
    cells = np.add.outer(np.arange(half) * number, texture.levels.index).ravel()
    places = np.flatnonzero(goes_on & ~texture.same[half:].ravel())
    reaching: list[npt.NDArray[np.int64]] = []
    while len(places):
        reaching.append(np.bincount(cells[places], minlength=number * half).reshape(half, number).T)
        places = onward[places]
        places = places[goes_on[places]]
    nothing = np.zeros((number, half), dtype=np.int64)
    columns = [some - more for some, more in pairwise([*reaching, nothing])]
    in_longer = sum((length * column for length, column in enumerate(columns, start=2)), nothing)
    return np.stack([texture.levels.counts[:, None] - in_longer, *columns], axis=1).astype(np.float64)


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
