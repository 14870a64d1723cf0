"""Histogram and texture features of a quantised section, by the definitions of the toolbox of M. Vallieres.

One matrix holds all directions; a step to a diagonal neighbour weighs sqrt(2) in GLCM and GLRLM and 1/sqrt(2) in NGTDM.
Matrices and most formulas are those of the families of this engine.

Source: M. Vallieres et al., Phys. Med. Biol. 60, 2015, and "Definition of texture features" in its toolbox; Han 2020,
table 2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics import glcm, ngtdm
from GliomaRadiomicsLib.radiomics.glrlm import run_lengths
from GliomaRadiomicsLib.radiomics.glszm import zones
from GliomaRadiomicsLib.radiomics.sets.han_registry import FEATURES
from GliomaRadiomicsLib.radiomics.size_matrix import size_statistics
from GliomaRadiomicsLib.radiomics.texture import Texture

Array = npt.NDArray[np.float64]
Found = dict[str, float]

_SIZE_STATISTICS = (
    "short",
    "long",
    "level_non_uniformity_normalised",
    "size_non_uniformity_normalised",
    "percentage",
    "low",
    "high",
    "short_low",
    "short_high",
    "long_low",
    "long_high",
)
"""What the first eleven features of GLRLM and GLSZM are called in `size_statistics`."""


def features(texture: Texture, levels: int) -> dict[str, Found]:
    """Features by family.

    Args:
        texture: A section of at least two levels, with ``force2D``.
        levels: Number of levels asked for.
    """
    return {
        "histogram": histogram(texture),
        "glcm": cooccurrence(texture, levels),
        "glrlm": runs(texture, levels),
        "glszm": size_zones(texture, levels),
        "ngtdm": tone_differences(texture),
    }


def histogram(texture: Texture) -> Found:
    """Moments of the levels."""
    shares = texture.levels.counts / texture.levels.counts.sum()
    apart = texture.levels.present - shares @ texture.levels.present
    variance = float(shares @ apart**2)
    return {
        "Variance": variance,
        "Skewness": float(shares @ apart**3) / variance**1.5,
        "Kurtosis": float(shares @ apart**4) / variance**2 - 3,
    }


def cooccurrence(texture: Texture, levels: int) -> Found:
    """The nine GLCM features; NaN if no two pixels are neighbours."""
    weighted = sum(length * glcm.pairs(texture, row) for row, length in enumerate(_lengths(texture)))
    counts = np.asarray(weighted)
    if not counts.any():
        return {feature.name: float("nan") for feature in FEATURES["glcm"]}
    matrix = glcm.Cooccurrence((counts + counts.T)[:, :, None], texture.levels.present)
    values = {name: float(value[0]) for name, value in glcm.features_without_mcc(matrix).items()}
    return {
        "Energy": values["JointEnergy"],
        "Contrast": values["Contrast"],
        "Correlation": values["Correlation"],
        "Homogeneity": values["Id"],
        "Variance": values["SumSquares"] / levels**2,
        "SumAverage": values["JointAverage"] / levels**2,
        "Entropy": values["JointEntropy"],
        "Dissimilarity": values["DifferenceAverage"],
        "Autocorrelation": values["Autocorrelation"],
    }


def runs(texture: Texture, levels: int) -> Found:
    """The thirteen GLRLM features."""
    matrix = run_lengths(texture) @ _lengths(texture)
    lengths = np.arange(1.0, matrix.shape[1] + 1)
    return _sizes("glrlm", matrix, texture.levels.present, lengths, levels)


def size_zones(texture: Texture, levels: int) -> Found:
    """The thirteen GLSZM features."""
    matrix, sizes = zones(texture)
    return _sizes("glszm", matrix, texture.levels.present, sizes, levels)


def _sizes(family: str, matrix: Array, present: Array, sizes: Array, levels: int) -> Found:
    statistics = size_statistics(matrix[:, :, None], present, sizes)
    p = matrix / matrix.sum()
    cells = levels * sizes[matrix.any(axis=0)].max()
    values = [statistics[name] for name in _SIZE_STATISTICS]
    values += [_variance_over_cells(p * present[:, None], cells), _variance_over_cells(p * sizes, cells)]
    return dict(zip((feature.name for feature in FEATURES[family]), values, strict=True))


def _variance_over_cells(weighted: Array, cells: float) -> float:
    """Variance over all cells of the matrix; those left out of ``weighted`` are 0."""
    return float((weighted**2).sum() / cells - (weighted.sum() / cells) ** 2)


def tone_differences(texture: Texture) -> Found:
    """The five NGTDM features; pixels without neighbour are left out, NaN if all are or one level is left."""
    lengths = _lengths(texture)
    sums, known = ngtdm.differences(texture, 1 / np.concatenate([lengths, lengths]))
    counts = np.bincount(texture.levels.index[known], minlength=len(sums))
    used = counts > 0
    if np.count_nonzero(used) < 2:
        return {feature.name: float("nan") for feature in FEATURES["ngtdm"]}
    return ngtdm.matrix_features(texture.levels.present[used], counts[used], sums[used])


def _lengths(texture: Texture) -> Array:
    """Length of the step in each direction, in pixels: shape ``(n,)``."""
    return np.sqrt((texture.region.adjacent.steps.astype(np.float64) ** 2).sum(axis=1))
