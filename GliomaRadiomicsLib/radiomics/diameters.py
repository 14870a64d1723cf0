"""Largest distances between points of a surface, in space and within planes of the grid; exact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def largest_distance(points: npt.NDArray[np.int64], scale: npt.NDArray[np.float64]) -> float:
    """Largest distance between two points.

    Args:
        points: Shape ``(n, 3)``, not all in one plane.
        scale: Size of one step along each axis, in mm.
    """
    from scipy.spatial import ConvexHull, QhullError

    outer = _outermost(points, 2)
    try:
        hull = outer[ConvexHull(outer * scale).vertices]
    except QhullError:
        hull = outer
    return float(np.sqrt(_largest_squared(hull * scale)))


def largest_in_plane_distance(points: npt.NDArray[np.int64], scale: npt.NDArray[np.float64], axis: int) -> float:
    """Largest distance between two points with the same coordinate along ``axis``.

    Planes are visited from the largest extent down, until no other plane can hold a larger distance.
    """
    order = np.argsort(points[:, axis], kind="stable")
    in_plane = [other for other in range(3) if other != axis]
    flat = points[order][:, in_plane]
    _, starts = np.unique(points[order, axis], return_index=True)
    extent = np.maximum.reduceat(flat, starts) - np.minimum.reduceat(flat, starts)
    bounds = ((extent * scale[in_plane]) ** 2).sum(axis=1)
    planes = np.split(flat, starts[1:])
    best = 0.0
    for plane in np.argsort(-bounds):
        if bounds[plane] <= best:
            break
        best = max(best, _largest_squared(_outermost(planes[plane], 1) * scale[in_plane]))
    return float(np.sqrt(best))


def _outermost(points: npt.NDArray[np.int64], axis: int) -> npt.NDArray[np.int64]:
    """The first and last point of every grid line along ``axis``; the ends of a largest distance are among them."""
    order = np.lexsort([points[:, axis], *(points[:, other] for other in range(points.shape[1]) if other != axis)])
    points = points[order]
    lines = np.delete(points, axis, axis=1)
    changes = (np.diff(lines, axis=0) != 0).any(axis=1)
    first = np.concatenate([[True], changes])
    last = np.concatenate([changes, [True]])
    return points[first | last]


def _largest_squared(points: npt.NDArray[np.float64], at_once: int = 1000) -> float:
    best = 0.0
    for start in range(0, len(points), at_once):
        some = points[start : start + at_once]
        squared = sum((some[:, None, axis] - points[None, start:, axis]) ** 2 for axis in range(points.shape[1]))
        best = max(best, float(np.max(squared)))
    return best
