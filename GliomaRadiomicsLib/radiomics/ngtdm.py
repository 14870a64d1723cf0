"""Features of the neighbouring grey tone difference matrix.

Source: M. Amadasun and R. King, "Textural features corresponding to textural properties", IEEE Trans. Systems, Man and
Cybernetics 19(5), 1989; pyradiomics 3.0.1 (Coarseness of a region without differences is 1,000,000); IBSI manual,
section 3.10.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.texture import Texture

COARSEST = 1e6
WHY_NAN = "no voxel of the region has a neighbour in it"


def differences(
    texture: Texture, weights: npt.NDArray[np.float64] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Differences of the voxels to the mean level of their neighbours.

    Args:
        texture: The discretised region.
        weights: Weight of each row of ``within_distances`` in the mean; None: all the same.

    Returns:
        The sum over the voxels of each level present, and which voxels have a neighbour in the region: shape
        ``(voxels,)``. Voxels without one count as having no difference.
    """
    levels, neighbourhood = texture.levels, texture.region.within_distances
    values = np.append(levels.present, 0.0)
    weight: npt.NDArray
    if weights is None:
        weight, totals = neighbourhood.count, texture.neighbour_totals()
    else:
        totals = np.zeros(texture.region.voxels)
        weight = weights @ (neighbourhood.neighbours < texture.region.voxels)
        for factor, row in zip(weights, texture.within_distances, strict=True):
            totals += factor * values[row]
    known = weight > 0
    difference = np.where(known, np.abs(values[levels.index] - totals / np.where(known, weight, 1)), 0.0)
    sums = np.zeros(len(levels.present))
    sums[:] = np.bincount(levels.index, weights=difference, minlength=len(sums))
    return sums, known


def features(texture: Texture) -> dict[str, float]:
    """All five NGTDM features."""
    return matrix_features(texture.levels.present, texture.levels.counts, differences(texture)[0])


def matrix_features(
    i: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], s: npt.NDArray[np.float64]
) -> dict[str, float]:
    """All five features of a matrix.

    Args:
        i: The levels that occur.
        counts: Number of voxels of each.
        s: Sum of the differences of each.
    """
    voxels, number = counts.sum(), len(i)
    p = counts / voxels
    apart = np.abs(i[:, None] - i)
    together = p[:, None] + p
    weighted = float(p @ s)
    spread = float(np.abs((i * p)[:, None] - i * p).sum())
    complexity = float((apart * ((p * s)[:, None] + p * s) / together).sum()) / voxels
    contrast = float(p @ apart**2 @ p) * float(s.sum()) / voxels
    strength = float((together * apart**2).sum())
    return {
        "Coarseness": 1 / weighted if weighted != 0 else COARSEST,
        "Contrast": contrast / (number * (number - 1)) if number > 1 else 0.0,
        "Busyness": weighted / spread if spread != 0 else 0.0,
        "Complexity": complexity,
        "Strength": strength / float(s.sum()) if s.sum() != 0 else 0.0,
    }
