"""Features of the IBSI convention by family, from the same matrices as those of pyradiomics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics import (
    glcm,
    gldm,
    gldzm,
    glrlm,
    glszm,
    ivh,
    local_intensity,
    ngtdm,
    spatial,
)
from GliomaRadiomicsLib.radiomics.ibsi import statistics
from GliomaRadiomicsLib.radiomics.measured import Measured
from GliomaRadiomicsLib.radiomics.registry import names_of
from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

Values = dict[str, float]


def _glcm(found: Measured) -> Values:
    """Mean over all matrices, of directions or slices; NaN without pairs."""
    matrices = [
        glcm.features_without_mcc(glcm.Cooccurrence(counts, part.texture.levels.present, found.levels.highest))
        for part in found.parts
        for counts in glcm.matrices(part.texture)
    ]
    if not matrices:
        return dict.fromkeys(names_of("glcm", "ibsi"), float("nan"))
    values = {name: float(np.concatenate([one[name] for one in matrices]).mean()) for name in matrices[0]}
    return {**values, "Dissimilarity": values["DifferenceAverage"], "SumVariance": values["ClusterTendency"]}


def _glrlm(texture: Texture) -> Values:
    """Every direction counts, also one in which no two voxels share a line."""
    matrix = glrlm.run_lengths(texture)
    if texture.region.settings.weightingNorm is not None:
        matrix = matrix.sum(axis=2, keepdims=True)
    values = size_statistics(matrix, texture.levels.present, np.arange(1.0, matrix.shape[1] + 1))
    return {name: values[key] for name, key in glrlm.NAMES.items()}


def _gldm(texture: Texture) -> Values:
    counts = gldm.matrix(texture)
    values = size_statistics(counts[:, :, None], texture.levels.present, np.arange(1.0, counts.shape[1] + 1))
    return {
        **{name: values[key] for name, key in gldm.NAMES.items()},
        "GrayLevelNonUniformityNormalized": values["level_non_uniformity_normalised"],
        "DependencePercentage": float(counts.sum()) / texture.region.voxels,
        "DependenceEnergy": float(((counts / counts.sum()) ** 2).sum()),
    }


def _ngtdm(texture: Texture) -> Values:
    """Only voxels that have a neighbour in the region are counted."""
    sums, known = ngtdm.differences(texture)
    levels = texture.levels
    counts = np.bincount(levels.index[known], minlength=len(levels.present))
    if not counts.any():
        return dict.fromkeys(names_of("ngtdm", "ibsi"), float("nan"))
    used = counts > 0
    return ngtdm.matrix_features(levels.present[used], counts[used], sums[used])


def _gldzm(found: Measured) -> Values:
    by_slice = not found.region.settings.aggregation.startswith("3D")
    distances = gldzm.distances_to_border(found.region.whole.mask, by_slice)[found.mask_in_whole]
    return _mean([gldzm.features(part.texture, distances[part.chosen]) for part in found.parts])


def _mean(parts: list[Values]) -> Values:
    """Mean over parts without those where the feature is not defined."""
    return {name: _known_mean(np.array([part[name] for part in parts])) for name in parts[0]}


def _known_mean(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _averaged(features: Callable[[Texture], Values]) -> Callable[[Measured], Values]:
    return lambda found: _mean([features(part.texture) for part in found.parts])


IMAGE_FAMILIES: dict[str, Callable[[Measured], Values]] = {
    "firstorder": statistics.first_order,
    "spatial": spatial.features,
    "localintensity": local_intensity.features,
    "histogram": statistics.histogram,
    "ivh": ivh.features,
    "glcm": _glcm,
    "glrlm": _averaged(_glrlm),
    "glszm": _averaged(glszm.features),
    "gldzm": _gldzm,
    "ngtdm": _averaged(_ngtdm),
    "gldm": _averaged(_gldm),
}
"""Features of the voxel values; those of the mask alone are in `shape_density`."""
