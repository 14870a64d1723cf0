"""Where a head or brain ends abruptly: a whole one tapers off, a cut one ends in a wide, flat face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import to_canonical

SIDES = (("left", "right"), ("back", "front"), ("bottom", "top"))


@dataclass(frozen=True)
class Extent:
    """Ends of a mask.

    Attributes:
        ends: By side, the area of the outermost slice over that of the largest slice parallel to it.
        size_mm: Extent from left to right, back to front, bottom to top.
    """

    ends: dict[str, float]
    size_mm: tuple[float, float, float]


def extent_of(mask: Volume) -> Extent | None:
    """Ends of the non-zero part of a mask of about 3 mm; None where it is empty."""
    canonical = to_canonical(mask)
    inside = canonical.array != 0
    if not inside.any():
        return None
    ends, sizes = {}, []
    for axis, names in enumerate(SIDES):
        area = inside.sum(axis=tuple(other for other in range(3) if other != axis))
        used = np.flatnonzero(area)
        for name, end in zip(names, (used[0], used[-1]), strict=True):
            ends[name] = float(area[end] / area.max())
        sizes.append(float((used[-1] - used[0] + 1) * canonical.spacing[axis]))
    return Extent(ends, (sizes[0], sizes[1], sizes[2]))
