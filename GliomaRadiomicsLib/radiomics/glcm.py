"""Features of the grey level co-occurrence matrix, in 13 directions.

Source: R. M. Haralick et al., "Textural features for image classification", 1973; pyradiomics 3.0.1 (one matrix per
direction, mean of the features over the directions that have pairs); IBSI manual, section 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.maximal_correlation import maximal_correlation
from GliomaRadiomicsLib.radiomics.registry import names_of
from GliomaRadiomicsLib.radiomics.texture import Texture

Array = npt.NDArray[np.float64]

WHY_NAN = "no two voxels of the region are neighbours in any direction"
EPSILON = float(np.spacing(1))
MOST_CELLS = 20_000_000
"""Cells of the matrices worked on at once; with many grey levels the directions are taken a few at a time."""


def features(texture: Texture) -> dict[str, float]:
    """All 24 GLCM features, mean over directions; NaN without pairs, but MCC of a single level is always 1."""
    parts = [matrix_features(Cooccurrence(counts, texture.levels.present)) for counts in matrices(texture)]
    if not parts:
        nothing = dict.fromkeys(names_of("glcm"), float("nan"))
        return nothing | {"MCC": 1.0} if len(texture.levels.present) == 1 else nothing
    return {name: _mean(np.concatenate([part[name] for part in parts])) for name in parts[0]}


def _mean(values: Array) -> float:
    """Mean over directions without those that are NaN, as in pyradiomics."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def matrices(texture: Texture) -> Iterator[Array]:
    """Pair counts, a few directions at a time, without those that have no pair: shape (levels, levels, directions)."""
    number = len(texture.levels.present)
    settings = texture.region.settings
    steps = texture.region.within_distances.steps
    weights = texture.direction_weights("within_distances")
    if weights is not None:
        weights = np.ones_like(weights) if settings.weightingNorm == "no_weighting" else np.exp(-(weights**2))
        total = sum(weight * pairs(texture, row) for row, weight in enumerate(weights))
        chunks: Iterator[list[Array]] = iter([[np.asarray(total)]])
    else:
        at_once = max(1, MOST_CELLS // number**2)
        starts = range(0, len(steps), at_once)
        chunks = ([pairs(texture, row) for row in range(len(steps))[first : first + at_once]] for first in starts)
    for chunk in chunks:
        used = [counts + counts.T if settings.symmetricalGLCM else counts for counts in chunk if counts.any()]
        if used:
            yield np.stack(used, axis=2)


def pairs(texture: Texture, direction: int) -> Array:
    """How often each level has each level as its neighbour in one direction: shape (levels, levels)."""
    number = len(texture.levels.present)
    cells = texture.levels.index * np.int64(number + 1) + texture.within_distances[direction]
    counts = np.bincount(cells, minlength=number * (number + 1)).reshape(number, number + 1)
    return counts[:, :number].astype(np.float64)


@dataclass
class Cooccurrence:
    """Joint probabilities of levels i, j by direction, with their marginal, sum and difference distributions.

    Attributes:
        counts: Pair counts, shape (levels, levels, directions).
        levels: Grey level of each row and column.
        highest: Highest level of the region, which Idn and Idmn are normalised by; 0: that of ``levels``.
    """

    counts: Array
    levels: Array
    highest: int = 0

    def __post_init__(self) -> None:
        self.p = self.counts / self.counts.sum(axis=(0, 1))
        self.highest = self.highest or int(self.levels[-1])
        self.px, self.py = self.p.sum(axis=1), self.p.sum(axis=0)
        self.ux, self.uy = self.levels @ self.px, self.levels @ self.py
        whole = self.levels.astype(np.int64)
        self.sums = self._spread((whole[:, None] + whole).ravel(), 2 * self.highest + 1)
        self.differences = self._spread(np.abs(whole[:, None] - whole).ravel(), self.highest)

    def _spread(self, classes: npt.NDArray[np.int64], size: int) -> Array:
        flat = self.p.reshape(-1, self.p.shape[2])
        return np.stack([np.bincount(classes, weights=column, minlength=size) for column in flat.T], axis=1)


def matrix_features(c: Cooccurrence) -> dict[str, Array]:
    """All 24 features of each direction of a matrix: arrays of shape ``(directions,)``."""
    return {**features_without_mcc(c), "MCC": maximal_correlation(c.p, c.px, c.py)}


def features_without_mcc(c: Cooccurrence) -> dict[str, Array]:
    """The 23 features that IBSI defines as well."""
    return {**_joint(c), **_sums(c), **_differences(c), **_information(c)}


def _joint(c: Cooccurrence) -> dict[str, Array]:
    by_j = np.einsum("ija,j->ia", c.p, c.levels)
    i, j = c.levels[:, None] - c.ux, c.levels[:, None] - c.uy
    variance_x, variance_y = (i**2 * c.px).sum(axis=0), (j**2 * c.py).sum(axis=0)
    scale = np.sqrt(variance_x) * np.sqrt(variance_y)
    covariance = (i * (by_j - c.uy * c.px)).sum(axis=0)
    correlation = covariance / (scale + EPSILON)
    return {
        "Autocorrelation": c.levels @ by_j,
        "JointAverage": c.ux,
        "Correlation": np.where(scale == 0, 1.0, correlation),
        "JointEnergy": (c.p**2).sum(axis=(0, 1)),
        "MaximumProbability": c.p.max(axis=(0, 1)),
        "SumSquares": variance_x,
    }


def _sums(c: Cooccurrence) -> dict[str, Array]:
    k = np.arange(len(c.sums), dtype=np.float64)
    apart = k[:, None] - (c.ux + c.uy)
    return {
        "ClusterTendency": (c.sums * apart**2).sum(axis=0),
        "ClusterShade": (c.sums * apart**3).sum(axis=0),
        "ClusterProminence": (c.sums * apart**4).sum(axis=0),
        "SumAverage": k @ c.sums,
        "SumEntropy": _entropy(c.sums),
    }


def _differences(c: Cooccurrence) -> dict[str, Array]:
    k = np.arange(len(c.differences), dtype=np.float64)
    average = k @ c.differences
    return {
        "Contrast": k**2 @ c.differences,
        "DifferenceAverage": average,
        "DifferenceEntropy": _entropy(c.differences),
        "DifferenceVariance": (c.differences * (k[:, None] - average) ** 2).sum(axis=0),
        "Id": (1 / (1 + k)) @ c.differences,
        "Idm": (1 / (1 + k**2)) @ c.differences,
        "Idn": (1 / (1 + k / c.highest)) @ c.differences,
        "Idmn": (1 / (1 + k**2 / c.highest**2)) @ c.differences,
        "InverseVariance": (1 / k[1:] ** 2) @ c.differences[1:],
    }


def _information(c: Cooccurrence) -> dict[str, Array]:
    independent = c.px[:, None, :] * c.py
    logarithms = np.log2(independent + EPSILON)
    hxy = -(c.p * np.log2(c.p + EPSILON)).sum(axis=(0, 1))
    hxy1 = -(c.p * logarithms).sum(axis=(0, 1))
    hxy2 = -(independent * logarithms).sum(axis=(0, 1))
    larger = np.fmax(_entropy(c.px), _entropy(c.py))
    with np.errstate(invalid="ignore"):
        imc2 = np.sqrt(1 - np.exp(-2 * (hxy2 - hxy)))
    return {
        "JointEntropy": hxy,
        "Imc1": np.where(larger != 0, (hxy - hxy1) / np.where(larger != 0, larger, 1), 0.0),
        "Imc2": np.where(hxy2 == hxy, 0.0, imc2),
    }


def _entropy(p: Array) -> Array:
    return -(p * np.log2(p + EPSILON)).sum(axis=0)
