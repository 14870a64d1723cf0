"""Windows around voxels, and counting what occurs in each of many windows at once.

What is counted (pairs of levels, runs, zones, dependences) is sparse: a window of radius 1 has 27 voxels however many
grey levels the image has. So every occurrence becomes one whole number, and sorting them counts all windows together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.device import ascending
from GliomaRadiomicsLib.radiomics.neighbourhood import directions
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class Kernel:
    """The places of a window and which of them are neighbours.

    Attributes:
        offsets: Shape ``(n, 3)``: the places as steps along k, j, i from the centre.
        settings: How features are computed.
        spacing: Voxel size along k, j, i in mm.
    """

    def __init__(self, radius: int, settings: RadiomicsSettings, spacing: Array) -> None:
        self._skipped = settings.force2Ddimension if settings.force2D else None
        reach = [0 if axis == self._skipped else radius for axis in range(3)]
        self.offsets = np.array(list(product(*(range(-r, r + 1) for r in reach))))
        self.settings, self.spacing = settings, spacing
        self._places = {tuple(offset): place for place, offset in enumerate(self.offsets.tolist())}

    @cached_property
    def adjacent(self) -> Whole:
        """Directions at distance 1, without their opposites: shape ``(d, 3)``."""
        return self._directions((1,))

    @cached_property
    def within_distances(self) -> Whole:
        """Directions at the distances of the settings, without their opposites: shape ``(d, 3)``."""
        return self._directions(tuple(self.settings.distances))

    def pairs(self, step: Whole) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Places that have a neighbour one step further in the window, and these neighbours."""
        ends = [
            (place, self._places.get(tuple(place_of))) for place, place_of in enumerate((self.offsets + step).tolist())
        ]
        found = [(place, end) for place, end in ends if end is not None]
        return np.array([place for place, _ in found], dtype=np.intp), np.array([e for _, e in found], dtype=np.intp)

    def _directions(self, distances: tuple[int, ...]) -> Whole:
        steps = directions(distances, self._skipped)
        return steps[: len(steps) // 2]


@dataclass(frozen=True)
class Windows:
    """Windows around a batch of voxels.

    Attributes:
        kernel: The places of each window.
        levels: Shape ``(windows, n)``: position of each voxel's level in ``present``, or their number outside.
        values: Shape ``(windows, n)``: voxel values, NaN outside.
        present: The grey levels that occur anywhere in the region, ascending.
    """

    kernel: Kernel
    levels: npt.NDArray[np.int32]
    values: Array
    present: Array

    @property
    def number(self) -> int:
        """Number of windows."""
        return len(self.levels)

    @cached_property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which voxels of each window count: shape ``(windows, n)``."""
        return self.levels < len(self.present)

    @cached_property
    def voxel_volume(self) -> float:
        """Volume of a voxel in mm³."""
        return float(np.prod(self.kernel.spacing))


@dataclass(frozen=True)
class Tally:
    """How often each code occurs in each row; only what occurs, sorted by row, then code.

    Attributes:
        rows: Number of rows.
        row: Row of each entry.
        code: Code of each entry.
        count: How often it occurs, above 0.
    """

    rows: int
    row: Whole
    code: Whole
    count: Array

    @cached_property
    def total(self) -> Array:
        """Occurrences in each row, NaN without any: shape ``(rows,)``."""
        found = np.bincount(self.row, weights=self.count, minlength=self.rows)
        return np.where(found > 0, found, np.nan)

    @cached_property
    def share(self) -> Array:
        """Share of each entry in its row."""
        return self.count / self.total[self.row]

    def sum(self, values: Array) -> Array:
        """Sum over the entries of each row, NaN where a row has none: shape ``(rows,)``."""
        found = np.bincount(self.row, weights=values, minlength=self.rows)
        return np.where(np.isnan(self.total), np.nan, found)

    def mean(self, values: Array) -> Array:
        """Mean of a value of the entries of each row, weighted by their share: shape ``(rows,)``."""
        return self.sum(self.share * values)

    @cached_property
    def entropy(self) -> Array:
        """Entropy of each row in bits: shape ``(rows,)``."""
        return -self.sum(self.share * np.log2(self.share))

    def merged(self, code: Whole, codes: int) -> Tally:
        """The same occurrences under other codes, such as only the first half of a pair."""
        return tally(self.row, code, self.rows, codes, self.count)


def tally(row: Whole, code: Whole, rows: int, codes: int, weight: Array | None = None) -> Tally:
    """Count how often each code occurs in each row.

    Args:
        row: Row of each occurrence.
        code: Its code, from 0 to ``codes`` - 1.
        rows: Number of rows.
        codes: Number of codes.
        weight: What each occurrence counts; by default 1.
    """
    keys = row * np.int64(codes) + code
    if weight is None:
        keys = ascending(keys)
        starts = _starts(keys)
        count = np.diff(np.append(starts, len(keys))).astype(np.float64)
    else:
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = _starts(keys)
        count = np.add.reduceat(weight[order], starts) if len(starts) else np.zeros(0)
    found = keys[starts]
    return Tally(rows, found // codes, found % codes, count)


def _starts(keys: Whole) -> npt.NDArray[np.intp]:
    return np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, dtype=np.intp)


def mean_over_directions(values: Array, windows: int) -> Array:
    """Mean over the directions that exist in each window; NaN without any.

    Args:
        values: Shape ``(windows * directions,)``, NaN where a window has nothing in a direction.
        windows: Number of windows.
    """
    table = values.reshape(windows, -1)
    known = ~np.isnan(table)
    number = np.count_nonzero(known, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, table, 0.0).sum(axis=1) / np.where(number > 0, number, np.nan)
