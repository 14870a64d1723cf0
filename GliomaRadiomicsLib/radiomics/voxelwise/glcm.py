"""GLCM features of many windows.

Every pair of neighbours in a window is one occurrence; a row of the tally is one direction of one window.

Source: pyradiomics 3.0.1, voxel-based extraction, with three differences, all where it gives no number or rounding
decides: JointAverage is the mean over the directions that have pairs (there NaN as soon as one direction has none); MCC
is computed everywhere (there for no voxel of a batch as soon as one direction of one voxel has no pairs); and where
the levels of a pair are independent, Imc2 and MCC are 0 (there 0 or left out of the mean, as rounding decides).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from GliomaRadiomicsLib.radiomics.device import singular_values
from GliomaRadiomicsLib.radiomics.neighbourhood import step_lengths
from GliomaRadiomicsLib.radiomics.voxelwise.windows import (
    Array,
    Kernel,
    Tally,
    Whole,
    Windows,
    mean_over_directions,
    tally,
)

INDEPENDENT = 1e-12
"""Mutual information in bits below which two levels are taken as independent."""


class Pairs:
    """Pairs of levels of each direction of each window; statistics have shape ``(windows * directions,)``."""

    def __init__(self, windows: Windows) -> None:
        self._levels = len(windows.present)
        self._symmetrical = windows.kernel.settings.symmetricalGLCM
        self.counted = count_pairs(windows)
        i, j = np.divmod(self.counted.code, self._levels)
        self.i, self.j = windows.present[i], windows.present[j]
        self._places = i, j
        self.difference = np.abs(self.i - self.j)
        self.highest = windows.present[-1]

    def mean(self, values: Array) -> Array:
        """Mean of a value over the pairs."""
        return self.counted.mean(values)

    @cached_property
    def mean_i(self) -> Array:
        """Mean level of the first voxel of a pair."""
        return self.mean(self.i)

    @cached_property
    def mean_j(self) -> Array:
        """Mean level of the second voxel of a pair."""
        return self.mean_i if self._symmetrical else self.mean(self.j)

    @cached_property
    def from_mean(self) -> tuple[Array, Array]:
        """Differences of both levels of every entry to their means."""
        return self.i - self.mean_i[self.counted.row], self.j - self.mean_j[self.counted.row]

    @cached_property
    def sums(self) -> Tally:
        """Distribution of the sum of the two levels."""
        return self._spread(self.i + self.j)

    @cached_property
    def differences(self) -> Tally:
        """Distribution of the difference between the two levels."""
        return self._spread(self.difference)

    @cached_property
    def marginals(self) -> tuple[Tally, Tally]:
        """Distributions of the first and of the second level."""
        i, j = self._places
        first = self.counted.merged(i, self._levels)
        return first, first if self._symmetrical else self.counted.merged(j, self._levels)

    @cached_property
    def information(self) -> Array:
        """Mutual information of the two levels in bits."""
        first, second = self.marginals
        found = first.entropy + second.entropy - self.counted.entropy
        return np.where(found < INDEPENDENT, np.minimum(found, 0.0) * 0.0, found)

    def cluster(self, order: int) -> Array:
        """Moment of the sum of the two levels around its mean."""
        i, j = self.from_mean
        return self.mean((i + j) ** order)

    def correlation(self) -> Array:
        """Correlation of the two levels; 1 without spread."""
        i, j = self.from_mean
        spread = np.sqrt(self.mean(i**2)) * np.sqrt(self.mean(j**2))
        return np.where(spread == 0, 1.0, self.mean(i * j) / (spread + np.spacing(1)))

    def difference_variance(self) -> Array:
        """Variance of the difference between the two levels."""
        return self.mean((self.difference - self.mean(self.difference)[self.counted.row]) ** 2)

    def inverse_variance(self) -> Array:
        """Mean of one over the squared difference, of the pairs that differ."""
        squared = self.difference**2
        return self.mean(np.divide(1.0, squared, out=np.zeros_like(squared), where=squared > 0))

    def maximum(self) -> Array:
        """Largest share."""
        found = np.full(self.counted.rows, np.nan)
        row = self.counted.row
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        if len(starts):
            found[row[starts]] = np.maximum.reduceat(self.counted.share, starts)
        return found

    def first_information(self) -> Array:
        """Mutual information in units of the larger entropy, below 0."""
        larger = np.fmax(*(side.entropy for side in self.marginals))
        return -np.divide(self.information, larger, out=self.information * 0.0, where=larger > 0)

    def maximal_correlation(self) -> Array:
        """Second singular value of p(i, j) / sqrt(px(i) py(j)); 1 for an image of one level."""
        if self._levels == 1:
            return np.ones(self.counted.rows)
        return _second_singular_values(self.counted, self._places, self.marginals)

    def _spread(self, values: Array) -> Tally:
        return self.counted.merged(values.astype(np.int64), 2 * int(self.highest) + 1)


def count_pairs(windows: Windows) -> Tally:
    """Pairs of levels in each window: a row for each direction, or one for all if they are weighted."""
    kernel, levels = windows.kernel, len(windows.present)
    steps = kernel.within_distances
    weights = _weights(kernel)
    rows, codes, counts = [], [], []
    for direction, step in enumerate(steps):
        window, left, right = _neighbours(windows, step)
        row = window * len(steps) + direction if weights is None else window
        orders = ((left, right), (right, left)) if kernel.settings.symmetricalGLCM else ((left, right),)
        rows += [row] * len(orders)
        codes += [one * levels + other for one, other in orders]
        if weights is not None:
            counts += [np.full(len(row), weights[direction])] * len(orders)
    number = windows.number * (len(steps) if weights is None else 1)
    return tally(
        np.concatenate(rows), np.concatenate(codes), number, levels**2, np.concatenate(counts) if counts else None
    )


def _weights(kernel: Kernel) -> Array | None:
    """Weight of each direction; None if each has a matrix of its own."""
    norm = kernel.settings.weightingNorm
    lengths = step_lengths(kernel.within_distances, kernel.spacing, norm)
    return lengths if lengths is None or norm == "no_weighting" else np.exp(-(lengths**2))


def _neighbours(windows: Windows, step: Whole) -> tuple[Whole, Whole, Whole]:
    """Window, level and neighbour's level of every pair one step apart."""
    places, ends = windows.kernel.pairs(step)
    window, pair = np.nonzero(windows.inside[:, places] & windows.inside[:, ends])
    left, right = windows.levels[window, places[pair]], windows.levels[window, ends[pair]]
    return window, left.astype(np.int64), right.astype(np.int64)


def _second_singular_values(counted: Tally, places: tuple[Whole, Whole], marginals: tuple[Tally, Tally]) -> Array:
    """Of the matrix p(i, j) / sqrt(px(i) py(j)) of each row; rows with equally many levels are taken together."""
    sides = [_within_rows(counted.row, level, side) for level, side in zip(places, marginals, strict=True)]
    (first, first_share, sizes), (second, second_share, other_sizes) = sides
    scaled = counted.share / np.sqrt(first_share * second_share)
    sizes = np.maximum(sizes, other_sizes)
    found = np.where(sizes > 0, 0.0, np.nan)
    for size in np.unique(sizes[sizes > 1]):
        chosen = np.flatnonzero(sizes == size)
        number = np.full(len(sizes), -1)
        number[chosen] = np.arange(len(chosen))
        entries = np.flatnonzero(number[counted.row] >= 0)
        matrices = np.zeros((len(chosen), size, size))
        matrices[number[counted.row[entries]], first[entries], second[entries]] = scaled[entries]
        found[chosen] = singular_values(matrices)[:, 1]
    return found


def _within_rows(row: Whole, level: Whole, side: Tally) -> tuple[Whole, Array, Whole]:
    """Number of each entry's level among those of its row, its share, and how many levels each row has."""
    codes = int(max(side.code.max(initial=0), level.max(initial=0))) + 1
    entry = np.searchsorted(side.row * codes + side.code, row * codes + level)
    sizes = np.bincount(side.row, minlength=side.rows)
    first = np.cumsum(sizes) - sizes
    return entry - first[row], side.share[entry], sizes


FEATURES: dict[str, Callable[[Pairs], Array]] = {
    "Autocorrelation": lambda p: p.mean(p.i * p.j),
    "JointAverage": lambda p: p.mean_i,
    "ClusterProminence": lambda p: p.cluster(4),
    "ClusterShade": lambda p: p.cluster(3),
    "ClusterTendency": lambda p: p.cluster(2),
    "Contrast": lambda p: p.mean(p.difference**2),
    "Correlation": lambda p: p.correlation(),
    "DifferenceAverage": lambda p: p.mean(p.difference),
    "DifferenceEntropy": lambda p: p.differences.entropy,
    "DifferenceVariance": lambda p: p.difference_variance(),
    "Id": lambda p: p.mean(1 / (1 + p.difference)),
    "Idm": lambda p: p.mean(1 / (1 + p.difference**2)),
    "Idmn": lambda p: p.mean(1 / (1 + p.difference**2 / p.highest**2)),
    "Idn": lambda p: p.mean(1 / (1 + p.difference / p.highest)),
    "Imc1": lambda p: p.first_information(),
    "Imc2": lambda p: np.sqrt(1 - np.exp(-2 * p.information)),
    "InverseVariance": lambda p: p.inverse_variance(),
    "JointEnergy": lambda p: p.mean(p.counted.share),
    "JointEntropy": lambda p: p.counted.entropy,
    "MCC": lambda p: p.maximal_correlation(),
    "MaximumProbability": lambda p: p.maximum(),
    "SumAverage": lambda p: p.mean(p.i + p.j),
    "SumEntropy": lambda p: p.sums.entropy,
    "SumSquares": lambda p: p.mean(p.from_mean[0] ** 2),
}


def maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """GLCM features of each window, mean over directions: shape ``(windows,)`` each."""
    pairs = Pairs(windows)
    return {name: mean_over_directions(FEATURES[name](pairs), windows.number) for name in names}
