"""Local binary patterns, slice by slice.

Source: T. Ojala, M. Pietikainen and T. Maenpaa, "Multiresolution gray-scale and rotation invariant texture
classification with local binary patterns", 2002; pyradiomics 3.0.1, ``imageoperations.getLBP2DImage``; values as
``skimage.feature.local_binary_pattern`` gives them (voxels beyond the slice are 0, changes are counted along the
samples without closing the circle, the places of the samples are rounded to five digits).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import FilterOptions, ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source

Array = npt.NDArray[np.float64]
Signs = npt.NDArray[np.bool_]

_IN_PLANE = ((1, 2), (0, 2), (1, 0))
"""Axes of the rows and columns of the slices across each axis."""


def margin(image_type: ImageType, _: tuple[float, float, float]) -> Margin:
    """The radius, in the slices."""
    across, reach = image_type.slice_axis, math.ceil(image_type.options.lbp2DRadius)
    found = [0 if axis == across else reach for axis in range(3)]
    return found[0], found[1], found[2]


def images(source: Source, image_type: ImageType) -> Iterator[npt.NDArray]:
    """``lbp-2D``: patterns in the slices across ``force2Ddimension``, in the number type of the image."""
    across = image_type.slice_axis
    around = margin(image_type, source.spacing)
    values, box = source.around(around)
    missing = [
        (more - part.start, more - (size - part.stop))
        for more, part, size in zip(around, box, values.shape, strict=True)
    ]
    slices = np.pad(values, missing).swapaxes(0, across)
    rows, columns = _IN_PLANE[across]
    plan = _Plan(image_type.options, _places(source.box[rows]), _places(source.box[columns]))
    found = np.stack([plan.patterns(one.astype(np.float64)) for one in slices])
    with np.errstate(invalid="ignore"):
        yield found.swapaxes(0, across).astype(values.dtype)


def _places(part: slice) -> Array:
    return np.arange(part.start, part.stop, dtype=np.float64)


@dataclass(frozen=True)
class _Plan:
    """Where the neighbours of the voxels of a slice lie.

    Attributes:
        options: Radius, number of samples, method.
        rows: Row numbers in the image.
        columns: Column numbers in the image.
    """

    options: FilterOptions
    rows: Array
    columns: Array

    def patterns(self, values: Array) -> Array:
        """Patterns of a slice that has a margin of the radius, rounded up, on every side."""
        reach = math.ceil(self.options.lbp2DRadius)
        centre = values[reach : reach + len(self.rows), reach : reach + len(self.columns)]
        samples = np.stack([self._sample(values, *step, reach) for step in _circle(self.options)])
        signs = samples >= centre
        method = self.options.lbp2DMethod
        if method == "default":
            return _binary(signs).astype(np.float64)
        if method == "ror":
            return _least_rotation(_binary(signs), len(signs)).astype(np.float64)
        if method == "uniform":
            return _uniform(signs)
        spread = samples.var(axis=0)
        return np.where(spread != 0, spread, np.nan)

    def _sample(self, values: Array, down: float, right: float, reach: int) -> Array:
        top, bottom, below = _between(self.rows, down, reach)
        left, far, beyond = _between(self.columns, right, reach)
        below = below[:, None]
        upper = (1 - beyond) * values[top, left] + beyond * values[top, far]
        lower = (1 - beyond) * values[bottom, left] + beyond * values[bottom, far]
        return (1 - below) * upper + below * lower


def _circle(options: FilterOptions) -> list[tuple[float, float]]:
    radius, number = float(np.float32(options.lbp2DRadius)), options.lbp2DSamples
    angles = 2 * np.pi * np.arange(number, dtype=np.float64) / number
    return list(zip(np.round(-radius * np.sin(angles), 5), np.round(radius * np.cos(angles), 5), strict=True))


def _between(places: Array, step: float, reach: int) -> tuple[slice, slice, Array]:
    """The voxels before and after a sample, and how far it lies behind the first."""
    exact = places + step
    first, last = math.floor(exact[0]) - int(places[0]), math.ceil(exact[0]) - int(places[0])
    number = len(places)
    before = slice(reach + first, reach + first + number)
    after = slice(reach + last, reach + last + number)
    return before, after, exact - np.floor(exact)


def _binary(signs: Signs) -> npt.NDArray[np.int64]:
    weights = 2 ** np.arange(len(signs), dtype=np.int64)
    return np.tensordot(weights, signs.astype(np.int64), axes=1)


def _least_rotation(codes: npt.NDArray[np.int64], bits: int) -> npt.NDArray[np.int64]:
    least = codes
    for _ in range(bits - 1):
        codes = (codes >> 1) | ((codes & 1) << (bits - 1))
        least = np.minimum(least, codes)
    return least


def _uniform(signs: Signs) -> Array:
    changes = np.count_nonzero(signs[1:] != signs[:-1], axis=0)
    return np.where(changes <= 2, np.count_nonzero(signs, axis=0), len(signs) + 1).astype(np.float64)
