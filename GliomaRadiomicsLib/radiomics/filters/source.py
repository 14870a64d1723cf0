"""The image a filter reads: its preprocessed values around the box where derived values are wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.intensity import Transform
from GliomaRadiomicsLib.radiomics.region import Box, within

Margin = tuple[int, int, int]
"""Voxels wanted around the box along k, j, i, on both sides."""


@dataclass
class Source:
    """An image and the part of it where derived values are wanted.

    Attributes:
        array: The whole image as read, shape ``(k, j, i)``.
        spacing: Voxel size along k, j, i in mm.
        box: Where derived values are wanted, axis order (k, j, i).
        transform: What voxel values are changed by before any filter.
        inside: Voxels of the box that are needed, in its shape; the others may be left 0 by slow filters. None: all.
    """

    array: npt.NDArray
    spacing: tuple[float, float, float]
    box: Box
    transform: Transform
    inside: npt.NDArray[np.bool_] | None = None
    _known: tuple[Box, npt.NDArray] | None = field(default=None, repr=False)

    def here(self) -> npt.NDArray:
        """Values in the box."""
        return self.part(self.box)

    def around(self, margin: Margin) -> tuple[npt.NDArray, Box]:
        """Values in the box with a margin, as far as the image reaches, and where the box lies in them."""
        wider = [
            slice(max(0, part.start - more), min(size, part.stop + more))
            for part, more, size in zip(self.box, margin, self.array.shape, strict=True)
        ]
        outer = wider[0], wider[1], wider[2]
        return self.part(outer), within(self.box, outer)

    def part(self, box: Box) -> npt.NDArray:
        """Values in a box inside the image; kept for later calls that lie within it."""
        if self._known is None or not _holds(self._known[0], box):
            self._known = box, self.transform(self.array[box])
        outer, values = self._known
        return values[within(box, outer)]

    def at(self, indices: tuple[npt.NDArray, npt.NDArray, npt.NDArray]) -> npt.NDArray:
        """Values at all combinations of indices along k, j, i."""
        return self.transform(self.array[np.ix_(*indices)])

    @cached_property
    def largest(self) -> float:
        """Largest absolute value of the whole image."""
        ends = np.array([self.array.min(), self.array.max()])
        return float(np.abs(self.transform(ends).astype(np.float64)).max())


def _holds(outer: Box, inner: Box) -> bool:
    return all(o.start <= i.start and i.stop <= o.stop for o, i in zip(outer, inner, strict=True))
