"""Local binary patterns on a sphere around each voxel, described by spherical harmonics.

Source: J. Banerjee et al., "3D LBP-based rotationally invariant region description", ACCV 2012 workshops; pyradiomics
3.0.1, ``imageoperations.getLBP3DImage`` (which gives the polar angle as azimuth and the azimuth as polar angle, and
multiplies harmonics without conjugation; both are kept here, so that values are the same).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.icosphere import icosphere
from GliomaRadiomicsLib.radiomics.filters.options import FilterOptions, ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source

Array = npt.NDArray[np.float64]

SPLINE_REACH = 30
"""Voxels further away change a cubic spline by less than float64 can tell."""
AT_ONCE = 20_000
"""Voxels worked on at once."""


def margin(image_type: ImageType, _: tuple[float, float, float]) -> Margin:
    """The radius and the reach of the spline."""
    reach = math.ceil(image_type.options.lbp3DIcosphereRadius) + SPLINE_REACH
    return reach, reach, reach


def images(source: Source, image_type: ImageType) -> Iterator[npt.NDArray]:
    """One image for each level of harmonics, then the kurtosis of the samples; 0 where not needed."""
    from scipy.ndimage import spline_filter

    values, box = source.around(margin(image_type, source.spacing))
    inside = np.ones([part.stop - part.start for part in box], bool) if source.inside is None else source.inside
    places = np.argwhere(inside) + np.array([part.start for part in box])
    spline = spline_filter(values, order=3, output=np.float64)
    sphere = _Sphere(image_type.options)
    found = [sphere.describe(values, spline, places[first : first + AT_ONCE]) for first in _starts(places)]
    for part in zip(*found, strict=True):
        image = np.zeros(inside.shape)
        image[inside] = np.concatenate(part)
        yield image


def _starts(places: npt.NDArray) -> range:
    return range(0, len(places), AT_ONCE)


class _Sphere:
    """Points around a voxel, and the harmonics at these points, by level."""

    def __init__(self, options: FilterOptions) -> None:
        self._points = icosphere(options.lbp3DIcosphereSubdivision, options.lbp3DIcosphereRadius)
        polar = np.arccos(np.clip(self._points[:, 2] / options.lbp3DIcosphereRadius, -1, 1))
        azimuth = np.arctan2(self._points[:, 1], self._points[:, 0])
        self._levels = [_harmonics(level, polar, azimuth) for level in range(options.lbp3DLevels)]

    def describe(self, values: npt.NDArray, spline: Array, places: npt.NDArray[np.int64]) -> list[Array]:
        """Strength of each level of harmonics of the pattern, then the kurtosis of the samples; each (voxels,)."""
        from scipy.ndimage import map_coordinates

        coordinates = places[:, None, :] + self._points
        samples = map_coordinates(spline, np.moveaxis(coordinates, 2, 0), values.dtype, order=3, prefilter=False)
        pattern = np.ascontiguousarray((samples >= values[tuple(places.T)][:, None]).T, dtype=np.float64)
        return [*(_strength(pattern, harmonics) for harmonics in self._levels), _kurtosis(samples)]


def _strength(pattern: Array, harmonics: npt.NDArray[np.complex128]) -> Array:
    """Norm over the sphere of a level's part of each pattern, (points, voxels) with ones and zeros: shape (voxels,).

    Summed point by point and order by order, as in pyradiomics: a matrix product rounds equal patterns differently,
    and percentiles would see that. Orders m and -m are conjugates up to sign, so the sum over both is real.
    """
    level = harmonics.shape[1] // 2
    known = harmonics[:, level:]
    weights = np.zeros((2, level + 1, pattern.shape[1]))
    for inside, point in zip(pattern, known, strict=True):
        weights += np.stack([point.real, point.imag])[:, :, None] * inside
    squares = np.zeros(pattern.shape[1])
    for point in known:
        terms = weights[0] * point.real[:, None] - weights[1] * point.imag[:, None]
        there = sum(terms[abs(order)] for order in range(-level, level + 1))
        squares += there * there
    return np.sqrt(squares)


def _harmonics(level: int, theta: Array, phi: Array) -> npt.NDArray[np.complex128]:
    """Spherical harmonics of a level with azimuth ``theta`` and polar angle ``phi``: shape (points, 2 level + 1)."""
    from scipy.special import lpmv

    columns = []
    for order in range(-level, level + 1):
        size = abs(order)
        scale = math.sqrt((2 * level + 1) / 4 / math.pi * math.factorial(level - size) / math.factorial(level + size))
        sign = (-1) ** size if order < 0 else 1
        columns.append(sign * scale * lpmv(size, level, np.cos(phi)) * np.exp(1j * order * theta))
    return np.stack(columns, axis=1)


def _kurtosis(samples: npt.NDArray) -> Array:
    """Excess kurtosis of each row; NaN where all samples are the same."""
    deviations = samples - samples.mean(axis=1, keepdims=True)
    squares = deviations * deviations
    variance = squares.mean(axis=1)
    constant = samples.max(axis=1) == samples.min(axis=1)
    return np.where(constant, np.nan, (squares * squares).mean(axis=1) / np.where(constant, 1, variance) ** 2 - 3)
