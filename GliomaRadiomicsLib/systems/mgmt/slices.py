"""From a series to the square slices the networks see, and the way back.

Slices are those of the series' third axis, as acquired; in each the axes run as close to right and anterior (or
superior) as they can, so that a patient looks the same whatever the file's order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume

LEVELS = 255
"""Slices are kept as whole numbers from 0 to this, which stands for 1."""

Slices = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Plane:
    """How the slices of a series lie.

    Attributes:
        first: Number of the first slice on axis k.
        count: Number of slices.
        swapped: Whether axis j of the series runs along the rows of the slices.
        flips: Whether rows and columns run against the axes of the series.
    """

    first: int
    count: int
    swapped: bool
    flips: tuple[bool, bool]

    def take(self, array: npt.NDArray) -> npt.NDArray:
        """Slices of an array (i, j, k), shape (count, rows, columns)."""
        part = array[:, :, self.first : self.first + self.count].transpose(2, 0, 1)
        part = part.transpose(0, 2, 1) if self.swapped else part
        return np.flip(part, self._flipped())

    def put_back(self, slices: npt.NDArray, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
        """The inverse of `take` on an array of ``shape`` that is 0 elsewhere."""
        part = np.flip(slices, self._flipped())
        part = part.transpose(0, 2, 1) if self.swapped else part
        array = np.zeros(shape, dtype=np.float32)
        array[:, :, self.first : self.first + self.count] = part.transpose(1, 2, 0)
        return array

    def _flipped(self) -> tuple[int, ...]:
        return tuple(axis + 1 for axis, flip in enumerate(self.flips) if flip)


def plane_of(volume: Volume, share: float) -> Plane:
    """The ``share`` of the slices in the middle, one at least."""
    depth = volume.shape[2]
    count = min(depth, max(1, round(depth * share)))
    directions = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    main = [int(np.abs(directions[:, axis]).argmax()) for axis in (0, 1)]
    swapped = main[0] > main[1]
    order = (1, 0) if swapped else (0, 1)
    flips = tuple(bool(directions[main[axis], axis] < 0) for axis in order)
    return Plane((depth - count) // 2, count, swapped, (flips[0], flips[1]))


def why_not(volume: Volume, plane: Plane) -> str:
    """Why these slices say nothing; empty if they do."""
    part = plane.take(volume.array)
    if not np.isfinite(part).all():
        return "the middle slices hold values that are not finite"
    return "the middle slices are constant" if part.max() == part.min() else ""


def slices_of(volume: Volume, plane: Plane, size: int) -> Slices:
    """The slices as the networks see them: ``size`` pixels along each side, 0 (darkest voxel of them) to `LEVELS`.

    Returns:
        Shape (slices, size, size).
    """
    import torch
    from torch.nn import functional

    part = np.ascontiguousarray(plane.take(volume.array), dtype=np.float32)
    scaled = (part - part.min()) / (part.max() - part.min())
    images = functional.interpolate(
        torch.from_numpy(scaled)[:, None], size=(size, size), mode="bilinear", align_corners=False, antialias=True
    )
    return (images[:, 0] * LEVELS).round().clamp(0, LEVELS).to(torch.uint8).numpy()
