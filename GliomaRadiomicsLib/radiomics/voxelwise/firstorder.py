"""First-order features of many windows.

Source: pyradiomics 3.0.1, voxel-based extraction. A window without any spread has no skewness and no kurtosis (0, as in
pyradiomics for exact values; there rounding can give any number).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from GliomaRadiomicsLib.radiomics.voxelwise.windows import Array, Tally, Windows, tally


class FirstOrder:
    """First-order statistics of each window, computed when asked for; arrays have shape ``(windows,)``."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._shift = windows.kernel.settings.voxelArrayShift

    @cached_property
    def number(self) -> Array:
        """Number of voxels."""
        return np.count_nonzero(self._windows.inside, axis=1).astype(np.float64)

    @cached_property
    def ordered(self) -> Array:
        """The values in ascending order, NaN last."""
        return np.sort(self._windows.values, axis=1)

    @cached_property
    def levels(self) -> Tally:
        """How often each grey level occurs."""
        window, place = np.nonzero(self._windows.inside)
        code = self._windows.levels[window, place].astype(np.int64)
        return tally(window, code, self._windows.number, len(self._windows.present))

    @cached_property
    def energy(self) -> Array:
        """Sum of the squares of the shifted values."""
        return np.nansum((self._windows.values + self._shift) ** 2, axis=1)

    @cached_property
    def mean(self) -> Array:
        """Mean of the values."""
        return np.nansum(self._windows.values, axis=1) / self.number

    @cached_property
    def deviations(self) -> Array:
        """Differences to the mean; 0 outside."""
        flat = self.percentile(0) == self.percentile(100)
        found = np.where(self._windows.inside, self._windows.values - self.mean[:, None], 0.0)
        found[flat] = 0.0
        return found

    def moment(self, order: int) -> Array:
        """Central moment."""
        return (self.deviations**order).sum(axis=1) / self.number

    def scaled_moment(self, order: int) -> Array:
        """Central moment in units of the standard deviation; 0 without spread."""
        variance = self.moment(2)
        return self.moment(order) / np.where(variance == 0, 1.0, variance) ** (order / 2)

    def percentile(self, percent: float) -> Array:
        """Percentile, interpolated linearly."""
        place = (self.number - 1) * percent / 100
        lower = np.floor(place).astype(np.intp)
        upper = np.minimum(lower + 1, self.number.astype(np.intp) - 1)
        rows = np.arange(len(place))
        below, above = self.ordered[rows, lower], self.ordered[rows, upper]
        return below + (above - below) * (place - lower)

    def robust_deviation(self) -> Array:
        """Mean absolute deviation of the values between the 10th and the 90th percentile."""
        values = self._windows.values
        with np.errstate(invalid="ignore"):
            keep = (values >= self.percentile(10)[:, None]) & (values <= self.percentile(90)[:, None])
            number = np.count_nonzero(keep, axis=1)
            mean = np.where(keep, values, 0.0).sum(axis=1) / number
            return np.where(keep, np.abs(values - mean[:, None]), 0.0).sum(axis=1) / number


FEATURES: dict[str, Callable[[FirstOrder, Windows], Array]] = {
    "Energy": lambda f, w: f.energy,
    "TotalEnergy": lambda f, w: f.energy * w.voxel_volume,
    "Entropy": lambda f, w: f.levels.entropy,
    "Minimum": lambda f, w: f.percentile(0),
    "10Percentile": lambda f, w: f.percentile(10),
    "90Percentile": lambda f, w: f.percentile(90),
    "Maximum": lambda f, w: f.percentile(100),
    "Mean": lambda f, w: f.mean,
    "Median": lambda f, w: f.percentile(50),
    "InterquartileRange": lambda f, w: f.percentile(75) - f.percentile(25),
    "Range": lambda f, w: f.percentile(100) - f.percentile(0),
    "MeanAbsoluteDeviation": lambda f, w: np.abs(f.deviations).sum(axis=1) / f.number,
    "RobustMeanAbsoluteDeviation": lambda f, w: f.robust_deviation(),
    "RootMeanSquared": lambda f, w: np.sqrt(f.energy / f.number),
    "Skewness": lambda f, w: f.scaled_moment(3),
    "Kurtosis": lambda f, w: f.scaled_moment(4),
    "Variance": lambda f, w: f.moment(2),
    "Uniformity": lambda f, w: f.levels.sum(f.levels.share**2),
}


def maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """First-order features of each window: shape ``(windows,)`` each."""
    found = FirstOrder(windows)
    return {name: FEATURES[name](found, windows) for name in names}
