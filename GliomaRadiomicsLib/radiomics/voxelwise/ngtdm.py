"""NGTDM features of many windows.

Source: pyradiomics 3.0.1, voxel-based extraction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from GliomaRadiomicsLib.radiomics.ngtdm import COARSEST
from GliomaRadiomicsLib.radiomics.voxelwise.windows import Array, Windows, tally


class Tones:
    """Shares and differences of the levels of each window.

    Attributes:
        i: Shape ``(windows, most levels of a window)``: the levels, 0 where a window has fewer.
        p: Their shares, 0 where a window has fewer.
        s: Their summed differences to the mean level of the neighbours.
        voxels: Number of voxels: shape ``(windows,)``.
        number: Number of levels: shape ``(windows,)``.
    """

    def __init__(self, windows: Windows) -> None:
        difference = differences(windows)
        window, place = np.nonzero(windows.inside)
        code = windows.levels[window, place].astype(np.int64)
        counted = tally(window, code, windows.number, len(windows.present))
        summed = tally(window, code, windows.number, len(windows.present), difference[window, place])
        self.number = np.bincount(counted.row, minlength=windows.number)
        column = np.arange(len(counted.row)) - (np.cumsum(self.number) - self.number)[counted.row]
        self.voxels = counted.total
        self.i, self.p, self.s = (np.zeros((windows.number, int(self.number.max(initial=0)))) for _ in range(3))
        for target, values in (
            (self.i, windows.present[counted.code]),
            (self.p, counted.share),
            (self.s, summed.count),
        ):
            target[counted.row, column] = values

    @cached_property
    def both(self) -> np.ndarray:
        """Which pairs of columns hold two levels: shape ``(windows, levels, levels)``."""
        return (self.p[:, :, None] > 0) & (self.p[:, None, :] > 0)

    @cached_property
    def apart(self) -> Array:
        """Difference between two levels: shape ``(windows, levels, levels)``."""
        return np.abs(self.i[:, :, None] - self.i[:, None, :])

    @cached_property
    def weighted(self) -> Array:
        """Sum of the shares times the differences."""
        return (self.p * self.s).sum(axis=1)

    def over_pairs(self, values: Array) -> Array:
        """Sum over the pairs of levels of each window."""
        return np.where(self.both, values, 0.0).sum(axis=(1, 2))

    def coarseness(self) -> Array:
        """One over the weighted differences."""
        return np.divide(1.0, self.weighted, out=np.full_like(self.weighted, COARSEST), where=self.weighted != 0)

    def contrast(self) -> Array:
        """Spread of the levels times the mean difference."""
        spread = self.over_pairs(self.p[:, :, None] * self.p[:, None, :] * self.apart**2)
        pairs = self.number * (self.number - 1)
        return spread * self.s.sum(axis=1) / self.voxels / np.maximum(pairs, 1)

    def busyness(self) -> Array:
        """Weighted differences over the differences of level times share."""
        product = self.i * self.p
        spread = self.over_pairs(np.abs(product[:, :, None] - product[:, None, :]))
        return np.divide(self.weighted, spread, out=np.zeros_like(spread), where=spread != 0)

    def complexity(self) -> Array:
        """Differences of levels, weighted by their share-weighted differences."""
        product = self.p * self.s
        together = np.where(self.both, self.p[:, :, None] + self.p[:, None, :], 1.0)
        return self.over_pairs(self.apart * (product[:, :, None] + product[:, None, :]) / together) / self.voxels

    def strength(self) -> Array:
        """Squared differences of levels over the summed differences."""
        spread = self.over_pairs((self.p[:, :, None] + self.p[:, None, :]) * self.apart**2)
        total = self.s.sum(axis=1)
        return np.divide(spread, total, out=np.zeros_like(total), where=total != 0)


def differences(windows: Windows) -> Array:
    """Difference of each voxel to the mean level of its neighbours in the window: shape ``(windows, n)``."""
    value = np.append(windows.present, 0.0)[windows.levels]
    total, count = np.zeros_like(value), np.zeros_like(value)
    for step in windows.kernel.within_distances:
        places, ends = windows.kernel.pairs(step)
        for here, there in ((places, ends), (ends, places)):
            total[:, here] += value[:, there]
            count[:, here] += windows.inside[:, there]
    return np.where(count > 0, np.abs(value - total / np.maximum(count, 1)), 0.0)


FEATURES: dict[str, Callable[[Tones], Array]] = {
    "Coarseness": Tones.coarseness,
    "Contrast": Tones.contrast,
    "Busyness": Tones.busyness,
    "Complexity": Tones.complexity,
    "Strength": Tones.strength,
}


def maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """NGTDM features of each window: shape ``(windows,)`` each."""
    tones = Tones(windows)
    return {name: FEATURES[name](tones) for name in names}
