"""Grey levels of a region: bins of fixed width that start at multiples of it, or a fixed number of bins.

Source: pyradiomics 3.0.1, ``imageoperations.getBinEdges``; IBSI manual, section 2.7 (fixed bin size, fixed bin number).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

MOST_LEVELS = 10_000


@dataclass(frozen=True)
class GreyLevels:
    """Grey levels of the voxels of a region.

    Attributes:
        index: Shape ``(voxels,)``: position of each voxel's level in ``present``.
        present: The levels that occur, ascending, counted from 1.
        counts: Number of voxels of each level present.
    """

    index: npt.NDArray[np.int32]
    present: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]

    @property
    def highest(self) -> int:
        """The highest level."""
        return int(self.present[-1])


def bin_edges(values: npt.NDArray, settings: RadiomicsSettings) -> npt.NDArray:
    """Edges of the bins of the voxel values of a region, in their own precision, as pyradiomics computes them.

    Raises:
        RefusedInput: If there would be more than `MOST_LEVELS` bins.
    """
    if np.issubdtype(values.dtype, np.integer) or values.dtype == np.bool_:
        values = values.astype(np.int64)
    if settings.binCount is not None:
        edges = np.histogram(values, settings.binCount)[1]
        edges[-1] += 1
        return edges
    lowest, highest = values.min(), values.max()
    levels = (float(highest) - float(lowest)) / settings.binWidth
    if levels > MOST_LEVELS:
        raise RefusedInput(
            what=f"binWidth {settings.binWidth:g} gives {levels:.0f} grey levels, more than {MOST_LEVELS}",
            where="binWidth",
            found=f"values from {lowest:g} to {highest:g}",
            remedy=f"choose about {(float(highest) - float(lowest)) / 64:.3g}, or normalise the image",
        )
    return np.arange(lowest - lowest % settings.binWidth, highest + 2 * settings.binWidth, settings.binWidth)


def discretise(values: npt.NDArray, settings: RadiomicsSettings) -> GreyLevels:
    """Grey levels of the voxel values of a region, shape ``(voxels,)``."""
    levels = np.digitize(values, bin_edges(values, settings))
    occurring = np.bincount(levels)
    present = np.flatnonzero(occurring)
    position = np.zeros(len(occurring), dtype=np.int32)
    position[present] = np.arange(len(present))
    return GreyLevels(position[levels], present.astype(np.float64), occurring[present])
