"""The plane between the halves of a brain, which may lie tilted in its grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

_TILTS = np.tan(np.radians(np.arange(-20.0, 21.0, 4.0)))
_SHIFTS_MM = (-3.0, 0.0, 3.0)
_POINTS = 3000


@dataclass(frozen=True)
class MidPlane:
    """Points ``x`` (index times spacing, mm) with ``normal @ (x - centre) == shift``."""

    centre: npt.NDArray[np.float64]
    normal: npt.NDArray[np.float64]
    shift: float

    def reflected(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Points (n, 3) on the other side."""
        beyond = (points - self.centre) @ self.normal - self.shift
        return points - 2.0 * np.outer(beyond, self.normal)


def mid_plane(inside: npt.NDArray[np.bool_], spacing: tuple[float, float, float]) -> MidPlane:
    """The plane, tilted by up to 20 degrees, that best mirrors a brain into itself; about 0.1 s.

    Args:
        inside: Brain on about 3 mm, axes along right, anterior, superior.
        spacing: Voxel size in mm.
    """
    points = np.argwhere(inside) * np.array(spacing)
    centre = points.mean(axis=0)
    points = points[:: max(1, len(points) // _POINTS)]
    planes = []
    for back, up, shift in product(_TILTS, _TILTS, _SHIFTS_MM):
        normal = np.array([1.0, back, up]) / np.linalg.norm([1.0, back, up])
        planes.append(MidPlane(centre, normal, shift))
    return max(planes, key=lambda plane: looked_up(inside, plane.reflected(points), spacing).mean())


def mirrored(
    part: npt.NDArray[np.bool_], plane: MidPlane, spacing: tuple[float, float, float], wider: int
) -> npt.NDArray[np.bool_]:
    """The voxels of ``part`` that have a voxel of it within ``wider`` steps of their mirror image."""
    places = np.argwhere(part)
    around = ndimage.binary_dilation(part, iterations=wider)
    met = looked_up(around, plane.reflected(places * np.array(spacing)), spacing)
    result = np.zeros_like(part)
    result[tuple(places[met].T)] = True
    return result


def looked_up(
    mask: npt.NDArray[np.bool_], points: npt.NDArray[np.float64], spacing: tuple[float, float, float]
) -> npt.NDArray[np.bool_]:
    """Whether each point (mm) lies in a voxel of ``mask``."""
    index = np.rint(points / np.array(spacing)).astype(int)
    valid = ((index >= 0) & (index < mask.shape)).all(axis=1)
    found = np.zeros(len(points), dtype=bool)
    found[valid] = mask[tuple(index[valid].T)]
    return found
