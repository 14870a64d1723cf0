"""Largest distances between points of a surface, in space and within planes of the grid; exact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MANY = 1000
"""From so many points on, a convex hull costs less than comparing all with all."""
ROUNDING = 1e-9


def largest_distance(points: npt.NDArray[np.int64], scale: npt.NDArray[np.float64]) -> float:
    """Largest distance between two points.

    Args:
        points: Shape ``(n, 3)``, not all in one plane.
        scale: Size of one step along each axis, in mm.
    """
    points = points[_far_out(points * scale)]
    if len(points) > MANY:
        points = _on_hull(_outermost(points, 2), scale)
    return float(np.sqrt(_largest_squared(points * scale)))


def largest_in_plane_distance(points: npt.NDArray[np.int64], scale: npt.NDArray[np.float64], axis: int) -> float:
    """Largest distance between two points with the same coordinate along ``axis``.

    Planes are visited from the widest down, until no other plane can hold a larger distance. How wide one can be is
    known from its point farthest from the middle of its box.
    """
    in_plane = [other for other in range(3) if other != axis]
    points = points[np.argsort(points[:, axis], kind="stable")]
    starts = np.flatnonzero(np.diff(points[:, axis], prepend=points[0, axis] - 1))
    flat = points[:, in_plane] * scale[in_plane]
    middles = (np.maximum.reduceat(flat, starts) + np.minimum.reduceat(flat, starts)) / 2
    from_middle = flat - np.repeat(middles, np.diff(starts, append=len(flat)), axis=0)
    bounds = 4 * np.maximum.reduceat((from_middle**2).sum(axis=1), starts) * (1 + ROUNDING)
    planes = np.split(flat, starts[1:])
    best = 0.0
    for plane in np.argsort(-bounds):
        if bounds[plane] <= best:
            break
        best = max(best, _largest_squared(planes[plane][_far_out(planes[plane])]))
    return float(np.sqrt(best))


def _far_out(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which points may be an end of the largest distance.

    No distance is longer than the way over the middle of the box; so near ones cannot reach even as far as the point
    farthest from the middle does.
    """
    away = np.sqrt(((points - (points.max(axis=0) + points.min(axis=0)) / 2) ** 2).sum(axis=1))
    farthest = points[away.argmax()]
    known = np.sqrt(((points - farthest) ** 2).sum(axis=1).max())
    return np.asarray(away + away.max() >= known * (1 - ROUNDING))


def _on_hull(points: npt.NDArray[np.int64], scale: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    from scipy.spatial import ConvexHull, QhullError

    try:
        return points[ConvexHull(points * scale).vertices]
    except QhullError:
        return points


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
