"""Gradient magnitude by central differences; at the border of the image the outermost voxel is repeated.

Source: pyradiomics 3.0.1, ``imageoperations.getGradientImage``; ITK, ``GradientMagnitudeImageFilter``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source


def margin(_: ImageType, __: tuple[float, float, float]) -> Margin:
    """One voxel on every side."""
    return 1, 1, 1


def images(source: Source, image_type: ImageType) -> Iterator[npt.NDArray]:
    """``gradient``: its magnitude per mm, or per voxel without ``gradientUseSpacing``; float32 as in ITK."""
    values, box = source.around((1, 1, 1))
    values = np.pad(values.astype(np.float64), _missing(values.shape, box), mode="edge")
    spacing = source.spacing if image_type.options.gradientUseSpacing else (1.0, 1.0, 1.0)
    squares = np.zeros([part.stop - part.start for part in box])
    for axis in (2, 1, 0):
        weight = 0.5 * (1 / spacing[axis])
        before, after = _neighbours(values, axis)
        squares += (weight * after - weight * before) ** 2
    yield np.sqrt(squares).astype(np.float32)


def _missing(shape: tuple[int, ...], box: tuple[slice, ...]) -> list[tuple[int, int]]:
    return [(1 - part.start, 1 - (size - part.stop)) for part, size in zip(box, shape, strict=True)]


def _neighbours(values: npt.NDArray, axis: int) -> tuple[npt.NDArray, npt.NDArray]:
    before, after = [slice(1, -1)] * 3, [slice(1, -1)] * 3
    before[axis], after[axis] = slice(None, -2), slice(2, None)
    return values[tuple(before)], values[tuple(after)]
