"""Which voxels of a region are neighbours, in every direction; the same for all images of a region."""

from __future__ import annotations

from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt


def directions(distances: tuple[int, ...], skipped_axis: int | None) -> npt.NDArray[np.int64]:
    """Steps to neighbours at the given infinity-norm distances.

    Args:
        distances: In voxels.
        skipped_axis: Axis along which no step is made, or None.

    Returns:
        Shape ``(2 n, 3)``: n directions, then the opposite of each in the same order (n = 13 for distance 1).
    """
    furthest = max(distances)
    steps = np.array(list(product(range(furthest, -furthest - 1, -1), repeat=3)))
    chosen = np.isin(np.abs(steps).max(axis=1), distances)
    if skipped_axis is not None:
        chosen &= steps[:, skipped_axis] == 0
    steps = steps[chosen]
    half = steps[: len(steps) // 2]
    return np.concatenate([half, -half])


def step_lengths(
    steps: npt.NDArray[np.int64], spacing: npt.NDArray[np.float64], norm: str | None
) -> npt.NDArray[np.float64] | None:
    """Length of each step in mm by one of the weighting norms; ones for ``no_weighting``, None without a norm.

    Args:
        steps: Shape ``(n, 3)``, along k, j, i.
        spacing: Voxel size along k, j, i in mm.
        norm: The setting ``weightingNorm``.
    """
    if norm is None:
        return None
    lengths = np.abs(steps) * spacing
    if norm == "no_weighting":
        return np.ones(len(steps))
    if norm == "infinity":
        return lengths.max(axis=1)
    return np.sqrt((lengths**2).sum(axis=1)) if norm == "euclidean" else lengths.sum(axis=1)


class Neighbourhood:
    """Neighbours of every voxel of a region.

    Attributes:
        steps: Shape ``(n, 3)``: the n directions along axes k, j, i, without their opposites.
        neighbours: Shape ``(2 n, voxels)``: number of the neighbouring voxel, or ``voxels`` where it lies outside the
            region; rows n to 2 n are the opposite directions.
    """

    def __init__(self, mask: npt.NDArray[np.bool_], distances: tuple[int, ...], skipped_axis: int | None) -> None:
        steps = directions(distances, skipped_axis)
        self.steps = steps[: len(steps) // 2]
        margin = max(distances)
        padded = np.pad(mask, margin)
        self._places = np.flatnonzero(padded)
        self._shape = padded.shape
        numbers = np.full(padded.size, len(self._places), dtype=np.intp)
        numbers[self._places] = np.arange(len(self._places))
        strides = np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
        self.neighbours = np.stack([numbers[self._places + offset] for offset in steps @ strides])

    @cached_property
    def onward(self) -> npt.NDArray[np.intp]:
        """Where the neighbour of each entry of the first n rows stands in these rows, flattened; outside: no place."""
        half = len(self.steps)
        rows = np.arange(half) * len(self._places)
        return (self.neighbours[:half] + rows[:, None]).ravel()

    @cached_property
    def count(self) -> npt.NDArray[np.int64]:
        """Number of neighbours of every voxel that lie in the region: shape ``(voxels,)``."""
        return np.count_nonzero(self.neighbours < len(self._places), axis=0)

    @cached_property
    def shares_line(self) -> npt.NDArray[np.bool_]:
        """Directions along which at least two voxels, adjacent or not, lie on one line: shape ``(n,)``."""
        found = np.array([bool((row < len(self._places)).any()) for row in self.neighbours[: len(self.steps)]])
        coordinates = np.stack(np.unravel_index(self._places, self._shape), axis=1)
        for number in np.flatnonzero(~found):
            step = self.steps[number]
            axis = int(np.flatnonzero(step)[0])
            feet = coordinates - np.outer(coordinates[:, axis] * step[axis], step)
            found[number] = len(np.unique(feet, axis=0)) < len(feet)
        return found
