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


def differences(texture: Texture) -> npt.NDArray[np.float64]:
    """Sum, over the voxels of each level present, of the difference to the mean level of their neighbours.

    Voxels without a neighbour in the region count as having no difference.
    """
    levels, neighbourhood = texture.levels, texture.region.within_distances
    values = np.append(levels.present, 0.0)
    totals = np.zeros(texture.region.voxels)
    for row in texture.within_distances:
        totals += values[row]
    count = neighbourhood.count
    difference = np.where(count > 0, np.abs(values[levels.index] - totals / np.maximum(count, 1)), 0.0)
    sums = np.zeros(len(levels.present))
    sums[:] = np.bincount(levels.index, weights=difference, minlength=len(sums))
    return sums


def features(texture: Texture) -> dict[str, float]:
    """All five NGTDM features."""
    i, counts, s = texture.levels.present, texture.levels.counts, differences(texture)
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
