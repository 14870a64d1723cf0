"""Closed contours around the voxels of a slice, a hole joined to its surroundings by a channel without width."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Polygon = npt.NDArray[np.float64]


def closed_contours(mask: npt.NDArray[np.bool_]) -> list[Polygon]:
    """Closed polygons whose inside holds the centres of exactly the voxels of ``mask``.

    They run half-way between voxels inside and outside. A hole is part of the polygon around it (DICOM PS3.3
    C.8.8.6.3, the keyhole): its border is reached by going to and fro along one line.

    Args:
        mask: Of one slice, ``(i, j)``.

    Returns:
        Polygons ``(point, 2)`` in units of voxels; the last point is not the first again. Voxels that touch at a corner
        only lie in polygons of their own.
    """
    from scipy.ndimage import label

    parts, count = label(np.pad(mask, 1))
    return [_around(parts == number) - 1.0 for number in range(1, count + 1)]


def _around(part: npt.NDArray[np.bool_]) -> Polygon:
    """The polygon of one part, which has a margin."""
    from skimage.measure import find_contours

    rings = [ring[:-1] for ring in find_contours(part.astype(np.float64), 0.5)]
    rings.sort(key=_area, reverse=True)
    whole, holes = rings[0], rings[1:]
    while holes:
        nearest = [_nearest(whole, hole) for hole in holes]
        chosen = int(np.argmin([distance for distance, _, _ in nearest]))
        _, at, start = nearest[chosen]
        whole = _joined(whole, at, holes.pop(chosen), start)
    return whole


def _joined(whole: Polygon, at: int, hole: Polygon, start: int) -> Polygon:
    """From a point of the polygon once around the hole and back; rings of holes run the other way round already."""
    loop = np.concatenate([hole[start:], hole[: start + 1]])
    return np.concatenate([whole[: at + 1], loop, whole[at:]])


def _nearest(whole: Polygon, hole: Polygon) -> tuple[float, int, int]:
    """Distance and numbers of the two nearest points."""
    from scipy.spatial import cKDTree

    distances, indices = cKDTree(whole).query(hole)
    start = int(np.argmin(distances))
    return float(distances[start]), int(indices[start]), start


def _area(ring: Polygon) -> float:
    first, second = ring.T
    return float(abs(np.dot(first, np.roll(second, 1)) - np.dot(second, np.roll(first, 1))) / 2)
