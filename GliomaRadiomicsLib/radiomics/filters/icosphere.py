"""Points spread evenly on a sphere: an icosahedron with its faces divided."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def icosphere(subdivisions: int, radius: float) -> Array:
    """Corners of an icosahedron after every face was divided into four ``subdivisions`` times, pushed onto the sphere.

    Returns:
        Shape ``(10 * 4**subdivisions + 2, 3)``, axes x, y, z.
    """
    points = _icosahedron()
    edge = min(float(np.linalg.norm(points[0] - other)) for other in points[1:])
    faces = [three for three in combinations(range(12), 3) if _longest(points[list(three)]) < 1.01 * edge]
    triangles = points[np.array(faces)]
    for _ in range(subdivisions):
        triangles = _on_sphere(_divided(triangles), radius)
    corners = triangles.reshape(-1, 3) if subdivisions else _on_sphere(points, radius)
    _, first = np.unique(np.round(corners, 9), axis=0, return_index=True)
    return corners[np.sort(first)]


def _icosahedron() -> Array:
    golden = (1 + np.sqrt(5)) / 2
    flat = [(0.0, short, long) for short in (-1.0, 1.0) for long in (-golden, golden)]
    corners = np.array([np.roll(point, turn) for turn in range(3) for point in flat])
    return corners / np.linalg.norm(corners, axis=1, keepdims=True)


def _longest(three: Array) -> float:
    return max(float(np.linalg.norm(a - b)) for a, b in combinations(three, 2))


def _divided(triangles: Array) -> Array:
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    parts = [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
    return np.concatenate([np.stack(part, axis=1) for part in parts])


def _on_sphere(points: Array, radius: float) -> Array:
    """The points moved to the sphere; in the order of operations of trimesh, so that they are rounded alike."""
    distance = np.sqrt((points**2).sum(axis=-1, keepdims=True))
    return points + points / distance * (radius - distance)
