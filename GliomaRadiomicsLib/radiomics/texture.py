"""Grey levels of a region together with those of the neighbours; shared by all texture families."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels
from GliomaRadiomicsLib.radiomics.neighbourhood import Neighbourhood, step_lengths
from GliomaRadiomicsLib.radiomics.region import Region


@dataclass(frozen=True)
class Texture:
    """A discretised region; the neighbours' levels are looked up once for all families."""

    region: Region
    levels: GreyLevels

    @cached_property
    def adjacent(self) -> npt.NDArray[np.int32]:
        """Neighbours' levels at distance 1, see `_look_up`."""
        return self._look_up(self.region.adjacent)

    @cached_property
    def within_distances(self) -> npt.NDArray[np.int32]:
        """Neighbours' levels at the distances of the settings, see `_look_up`."""
        if self.region.within_distances is self.region.adjacent:
            return self.adjacent
        return self._look_up(self.region.within_distances)

    @cached_property
    def same(self) -> npt.NDArray[np.bool_]:
        """Whether the neighbour at distance 1 has the same level: shape ``(2 n, voxels)``."""
        return self.adjacent == self.levels.index

    def neighbour_totals(self) -> npt.NDArray[np.float64]:
        """Sum of the levels of the neighbours at the distances of the settings: shape ``(voxels,)``.

        Positions are summed instead of levels, which are the position and nearly everywhere the same difference; only
        the voxels where the difference is another, in the tails of the histogram, are looked at one by one.
        """
        neighbourhood, number = self.region.within_distances, len(self.levels.present)
        rows = self.within_distances
        positions = rows.sum(axis=0, dtype=np.int32) - number * (len(rows) - neighbourhood.count)
        shift = self.levels.present - np.arange(number)
        usual = shift[np.argmax(self.levels.counts)]
        totals = positions + usual * neighbourhood.count
        others = np.flatnonzero(shift[self.levels.index] != usual)
        places = neighbourhood.neighbours[:, others].ravel()
        more = np.tile(shift[self.levels.index[others]] - usual, len(rows))
        return totals + np.bincount(places, weights=more, minlength=len(totals) + 1)[:-1]

    def _look_up(self, neighbourhood: Neighbourhood) -> npt.NDArray[np.int32]:
        """Position of every neighbour's level in ``levels.present``, or their number where it lies outside.

        Returns:
            Shape ``(2 n, voxels)``.
        """
        outside = np.int32(len(self.levels.present))
        return np.append(self.levels.index, outside)[neighbourhood.neighbours]

    def direction_weights(self, kind: str) -> npt.NDArray[np.float64] | None:
        """Distances of the directions in mm by the norm of the settings; None if directions are not weighted.

        Args:
            kind: ``adjacent`` or ``within_distances``.
        """
        steps = getattr(self.region, kind).steps
        return step_lengths(steps, self.region.spacing, self.region.settings.weightingNorm)
