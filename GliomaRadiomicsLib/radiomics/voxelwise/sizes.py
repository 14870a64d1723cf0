"""GLRLM, GLSZM and GLDM features of many windows: grey level by size of a run, a zone or a dependence.

Source: pyradiomics 3.0.1, voxel-based extraction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics import gldm, glrlm, glszm
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


class Sizes:
    """Level by size; a row is a window, or one direction of a window. Statistics have shape ``(rows,)``."""

    def __init__(self, counted: Tally, present: Array, largest: int) -> None:
        self._codes = largest + 1
        self.counted, self._levels = counted, len(present)
        self._level, self._size = np.divmod(counted.code, self._codes)
        self.i, self.j = present[self._level], self._size.astype(np.float64)

    def mean(self, values: Array) -> Array:
        """Mean of a value over what was counted."""
        return self.counted.mean(values)

    def variance(self, values: Array) -> Array:
        """Variance of a value over what was counted."""
        return self.mean((values - self.mean(values)[self.counted.row]) ** 2)

    @cached_property
    def level_shares(self) -> Array:
        """Sum of the squared shares of the levels."""
        by_level = self.counted.merged(self._level, self._levels)
        return by_level.sum(by_level.share**2)

    @cached_property
    def size_shares(self) -> Array:
        """Sum of the squared shares of the sizes."""
        by_size = self.counted.merged(self._size, self._codes)
        return by_size.sum(by_size.share**2)


STATISTICS: dict[str, Callable[[Sizes], Array]] = {
    "short": lambda s: s.mean(1 / s.j**2),
    "long": lambda s: s.mean(s.j**2),
    "low": lambda s: s.mean(1 / s.i**2),
    "high": lambda s: s.mean(s.i**2),
    "short_low": lambda s: s.mean(1 / (s.i * s.j) ** 2),
    "short_high": lambda s: s.mean((s.i / s.j) ** 2),
    "long_low": lambda s: s.mean((s.j / s.i) ** 2),
    "long_high": lambda s: s.mean((s.i * s.j) ** 2),
    "level_non_uniformity": lambda s: s.level_shares * s.counted.total,
    "size_non_uniformity": lambda s: s.size_shares * s.counted.total,
    "level_non_uniformity_normalised": lambda s: s.level_shares,
    "size_non_uniformity_normalised": lambda s: s.size_shares,
    "percentage": lambda s: 1 / s.mean(s.j),
    "level_variance": lambda s: s.variance(s.i),
    "size_variance": lambda s: s.variance(s.j),
    "entropy": lambda s: s.counted.entropy,
}
"""By the neutral names of `size_matrix`."""


def run_maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """GLRLM features of each window, mean over directions: shape ``(windows,)`` each."""
    return _maps(windows, count_runs(windows), names, glrlm.NAMES)


def zone_maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """GLSZM features of each window: shape ``(windows,)`` each."""
    return _maps(windows, count_zones(windows), names, glszm.NAMES)


def dependence_maps(windows: Windows, names: tuple[str, ...]) -> dict[str, Array]:
    """GLDM features of each window: shape ``(windows,)`` each."""
    return _maps(windows, count_dependences(windows), names, gldm.NAMES)


def _maps(windows: Windows, counted: Tally, names: tuple[str, ...], keys: dict[str, str]) -> dict[str, Array]:
    found = Sizes(counted, windows.present, _largest(windows))
    return {name: mean_over_directions(STATISTICS[keys[name]](found), windows.number) for name in names}


def _largest(windows: Windows) -> int:
    distances = 1 + 2 * len(windows.kernel.within_distances)
    return max(windows.levels.shape[1], distances)


def _code(windows: Windows, level: npt.NDArray[np.integer], size: Whole) -> Whole:
    return level.astype(np.int64) * (_largest(windows) + 1) + size


def _count(windows: Windows, row: Whole, code: Whole, rows: int, weight: Array | None = None) -> Tally:
    return tally(row, code, rows, len(windows.present) * (_largest(windows) + 1), weight)


def count_runs(windows: Windows) -> Tally:
    """Runs of equal level: a row for each direction, or one for all if they are weighted.

    A direction in which no line of a window holds two of its voxels does not count.
    """
    steps, settings = windows.kernel.adjacent, windows.kernel.settings
    lengths = step_lengths(steps, windows.kernel.spacing, settings.weightingNorm)
    rows, codes, weights = [], [], []
    for direction, step in enumerate(steps):
        window, place, length = _runs(windows, step)
        rows.append(window if lengths is not None else window * len(steps) + direction)
        codes.append(_code(windows, windows.levels[window, place], length))
        weights.append(np.full(len(window), 1.0 if lengths is None else lengths[direction]))
    number = windows.number * (len(steps) if lengths is None else 1)
    weight = None if lengths is None else np.concatenate(weights)
    return _count(windows, np.concatenate(rows), np.concatenate(codes), number, weight)


def _runs(windows: Windows, step: Whole) -> tuple[Whole, Whole, Whole]:
    """Window, first place and length of every run in one direction."""
    places, ends = windows.kernel.pairs(step)
    goes_on = np.zeros_like(windows.inside)
    goes_on[:, places] = (windows.levels[:, places] == windows.levels[:, ends]) & windows.inside[:, places]
    begins = windows.inside & _shares_line(windows, step)[:, None]
    begins[:, ends] &= ~goes_on[:, places]
    length, more = np.ones(goes_on.shape, dtype=np.int64), goes_on
    while more.any():
        length += more
        further = np.zeros_like(more)
        further[:, places] = goes_on[:, places] & more[:, ends]
        more = further
    window, place = np.nonzero(begins)
    return window, place, length[window, place]


def _shares_line(windows: Windows, step: Whole) -> npt.NDArray[np.bool_]:
    """Whether a line of each window, along a direction, holds at least two voxels: shape ``(windows,)``."""
    places, ends = windows.kernel.pairs(step)
    onward = dict(zip(places.tolist(), ends.tolist(), strict=True))
    line = np.arange(len(windows.kernel.offsets))
    for place in sorted(onward, key=lambda place: _along(windows.kernel, place, step)):
        line[onward[place]] = line[place]
    _, number = np.unique(line, return_inverse=True)
    member = np.zeros((len(line), number.max() + 1), dtype=np.float32)
    member[np.arange(len(line)), number] = 1
    return np.asarray(((windows.inside.astype(np.float32) @ member) > 1).any(axis=1))


def _along(kernel: Kernel, place: int, step: Whole) -> int:
    return int(kernel.offsets[place] @ step)


def count_zones(windows: Windows) -> Tally:
    """Connected zones of equal level; a row is a window.

    Each voxel takes the lowest number among its equal neighbours, until nothing changes.
    """
    numbers = np.arange(windows.levels.shape[1], dtype=np.int16)
    zone = np.where(windows.inside, numbers, np.int16(-1))
    active = np.arange(windows.number)
    links = [windows.kernel.pairs(step) for step in windows.kernel.adjacent]
    while len(active):
        levels, inside, before = windows.levels[active], windows.inside[active], zone[active]
        after = before.copy()
        for places, ends in links:
            same = (levels[:, places] == levels[:, ends]) & inside[:, places]
            lower = np.minimum(after[:, places], after[:, ends])
            after[:, places] = np.where(same, lower, after[:, places])
            after[:, ends] = np.where(same, np.minimum(lower, after[:, ends]), after[:, ends])
        zone[active] = after
        active = active[(after != before).any(axis=1)]
    window, place = np.nonzero(windows.inside)
    members = tally(window, zone[window, place].astype(np.int64), windows.number, len(numbers))
    level = windows.levels[members.row, members.code]
    return _count(windows, members.row, _code(windows, level, members.count.astype(np.int64)), windows.number)


def count_dependences(windows: Windows) -> Tally:
    """Voxels by level and number of dependent neighbours, themselves included; a row is a window."""
    alpha = int(windows.kernel.settings.gldm_a)
    value = np.append(windows.present, np.inf)[windows.levels]
    found = np.ones(windows.levels.shape, dtype=np.int64)
    for step in windows.kernel.within_distances:
        places, ends = windows.kernel.pairs(step)
        both = windows.inside[:, places] & windows.inside[:, ends]
        with np.errstate(invalid="ignore"):
            alike = both & (np.abs(value[:, places] - value[:, ends]) <= alpha)
        found[:, places] += alike
        found[:, ends] += alike
    window, place = np.nonzero(windows.inside)
    code = _code(windows, windows.levels[window, place], found[window, place])
    return _count(windows, window, code, windows.number)
