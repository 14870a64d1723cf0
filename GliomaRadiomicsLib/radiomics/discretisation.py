"""Grey levels of a region: bins of fixed width that start at multiples of it, or a fixed number of bins.

Source: pyradiomics 3.0.1, ``imageoperations.getBinEdges``; IBSI manual, section 2.7 (fixed bin size, fixed bin number).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.settings import MOST_LEVELS, RadiomicsSettings


@dataclass(frozen=True)
class GreyLevels:
    """Grey levels of the voxels of a region.

    Attributes:
        index: Shape ``(voxels,)``: position of each voxel's level in ``present``.
        present: The levels that occur, ascending, counted from 1.
        counts: Number of voxels of each level present.
        highest_of_all: The highest level of the region these voxels are a part of; 0: they are all of it.
    """

    index: npt.NDArray[np.int32]
    present: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    highest_of_all: int = 0

    @property
    def highest(self) -> int:
        """The highest level."""
        return self.highest_of_all or int(self.present[-1])


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
    _check_number(float(lowest), float(highest), settings.binWidth)
    return np.arange(lowest - lowest % settings.binWidth, highest + 2 * settings.binWidth, settings.binWidth)


def _check_number(lowest: float, highest: float, width: float) -> None:
    levels = (highest - lowest) / width
    if levels > MOST_LEVELS:
        raise RefusedInput(
            what=f"binWidth {width:g} gives {levels:.0f} grey levels, more than {MOST_LEVELS}",
            where="binWidth",
            found=f"values from {lowest:g} to {highest:g}",
            remedy=f"choose about {(highest - lowest) / 64:.3g}, or normalise the image",
        )


def _ibsi_levels(values: npt.NDArray, settings: RadiomicsSettings) -> npt.NDArray[np.int64]:
    """Level of every voxel; bins of fixed width start at the lower end of ``resegmentRange``, else at the minimum."""
    values = values.astype(np.float64)
    lowest, highest = float(values.min()), float(values.max())
    if settings.binCount is not None:
        if highest == lowest:
            return np.ones(len(values), dtype=np.int64)
        steps = np.floor(settings.binCount * (values - lowest) / (highest - lowest)).astype(np.int64)
        return np.minimum(steps, settings.binCount - 1) + 1
    if settings.resegmentRange is not None and settings.resegmentMode == "absolute":
        lowest = min(lowest, *settings.resegmentRange)
    _check_number(lowest, highest, settings.binWidth)
    return np.floor((values - lowest) / settings.binWidth).astype(np.int64) + 1


def discretise(values: npt.NDArray, settings: RadiomicsSettings) -> GreyLevels:
    """Grey levels of the voxel values of a region, shape ``(voxels,)``, by the convention of the settings."""
    if settings.convention == "ibsi":
        levels = _ibsi_levels(values, settings)
    else:
        levels = np.digitize(values, bin_edges(values, settings))
    occurring = np.bincount(levels)
    present = np.flatnonzero(occurring)
    position = np.zeros(len(occurring), dtype=np.int32)
    position[present] = np.arange(len(present))
    return GreyLevels(position[levels], present.astype(np.float64), occurring[present])
