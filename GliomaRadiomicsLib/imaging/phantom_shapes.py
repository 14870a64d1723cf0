"""Geometry of the phantom: signed distances of simple shapes and smooth random fields, all in millimetres.

Distances are negative inside. Coordinates are three arrays (x to the right, y to the front, z up) that broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.floating]
Triple = tuple[float, float, float]


def ellipsoid(x: Array, y: Array, z: Array, centre: Triple, semi: Triple) -> Array:
    """First-order signed distance (mm) to an ellipsoid with the given centre and semi-axes."""
    dx, dy, dz = x - centre[0], y - centre[1], z - centre[2]
    scaled = np.sqrt((dx / semi[0]) ** 2 + (dy / semi[1]) ** 2 + (dz / semi[2]) ** 2) + 1e-4
    gradient = np.sqrt((dx / semi[0] ** 2) ** 2 + (dy / semi[1] ** 2) ** 2 + (dz / semi[2] ** 2) ** 2) + 1e-4
    return scaled * (scaled - 1.0) / gradient


def tube(x: Array, y: Array, z: Array, path: list[tuple[float, float, float, float]]) -> Array:
    """Signed distance (mm) to a chain of cones; ``path`` holds (x, y, z, radius) per joint."""
    parts = [_cone(x, y, z, a, b) for a, b in zip(path[:-1], path[1:], strict=True)]
    result = parts[0]
    for part in parts[1:]:
        result = smooth_union(result, part, 2.0)
    return result


def _cone(x: Array, y: Array, z: Array, a: tuple[float, ...], b: tuple[float, ...]) -> Array:
    axis = np.subtract(b[:3], a[:3])
    dx, dy, dz = x - a[0], y - a[1], z - a[2]
    along = np.clip((dx * axis[0] + dy * axis[1] + dz * axis[2]) / float(axis @ axis), 0.0, 1.0).astype(np.float32)
    radial = np.sqrt((dx - along * axis[0]) ** 2 + (dy - along * axis[1]) ** 2 + (dz - along * axis[2]) ** 2)
    return (radial - a[3] - along * (b[3] - a[3])).astype(np.float32)


def sheet(x: Array, y: Array, z: Array, centre: Triple, half: Triple) -> Array:
    """Distance (mm) to a box with half-widths ``half``; a half-width of 0 makes it a plate."""
    dx = np.maximum(np.abs(x - centre[0]) - half[0], 0.0)
    dy = np.maximum(np.abs(y - centre[1]) - half[1], 0.0)
    dz = np.maximum(np.abs(z - centre[2]) - half[2], 0.0)
    return np.sqrt(dx * dx + dy * dy + dz * dz)


def smooth_union(a: Array, b: Array, blend_mm: float) -> Array:
    """Union of two signed distances whose crease is filled over about ``blend_mm``."""
    h = np.maximum(blend_mm - np.abs(a - b), 0.0)
    return np.minimum(a, b) - h * h / (4.0 * blend_mm)


def smooth_cut(a: Array, b: Array, blend_mm: float) -> Array:
    """Intersection of two signed distances with an edge rounded over about ``blend_mm``."""
    return -smooth_union(-a, -b, blend_mm)


@dataclass(frozen=True)
class NoiseField:
    """A smooth random field of zero mean and unit variance on a lattice, read by linear interpolation.

    Attributes:
        values: Lattice values, shape (nx, ny, nz).
        pitch: Lattice spacing in mm.
        half: Half-extent of the lattice in mm along x, y, z; outside, the border value holds.
    """

    values: Array
    pitch: float
    half: Triple

    def at(self, x: Array, y: Array, z: Array) -> Array:
        """Values at scattered points."""
        places = [(c + h) / self.pitch for c, h in zip((x, y, z), self.half, strict=True)]
        return ndimage.map_coordinates(self.values, places, order=1, mode="nearest", output=np.float32)

    def on_axes(self, xs: Array, ys: Array, zs: Array) -> Array:
        """Values on the regular grid of the three 1-D coordinate arrays; much faster than `at`."""
        result = self.values
        for axis, line in enumerate((xs, ys, zs)):
            weights = _linear_weights(line, self.half[axis], self.pitch, self.values.shape[axis])
            result = np.moveaxis(np.tensordot(weights, result, axes=(1, axis)), 0, axis)
        return np.ascontiguousarray(result)


def _linear_weights(line: Array, half: float, pitch: float, count: int) -> Array:
    place = np.clip((np.asarray(line, dtype=np.float64).ravel() + half) / pitch, 0, count - 1.001)
    low = place.astype(int)
    weights = np.zeros((place.size, count), dtype=np.float32)
    rows = np.arange(place.size)
    weights[rows, low] = 1.0 - (place - low)
    weights[rows, low + 1] = place - low
    return weights


def draw_noise(rng: np.random.Generator, wavelength_mm: float, half: Triple = (110.0, 130.0, 130.0)) -> NoiseField:
    """Band-limited Gaussian noise whose structures repeat about every ``wavelength_mm``."""
    pitch = wavelength_mm / 7.0
    shape = tuple(int(np.ceil(2 * h / pitch)) + 1 for h in half)
    white = rng.standard_normal(shape, dtype=np.float32)
    sigma = 0.2 * wavelength_mm / pitch
    values = ndimage.gaussian_filter(white, sigma, mode="wrap") - ndimage.gaussian_filter(
        white, 1.6 * sigma, mode="wrap"
    )
    return NoiseField((values / values.std()).astype(np.float32), pitch, half)
