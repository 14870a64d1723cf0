"""Laplacian of Gaussian: one image for each width.

Source: pyradiomics 3.0.1, ``imageoperations.getLoGImage``; ITK, ``LaplacianRecursiveGaussianImageFilter`` (the sum over
the axes of the second derivative along one and smoothing along the two others, each step rounded to float32).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.device import along
from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.filters.recursive_gaussian import SHORTEST_LINE, line_matrix
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source

REACH = 14
"""Voxels further than this many widths away change a value by less than the rounding to float32 does."""


def margin(image_type: ImageType, spacing: tuple[float, float, float]) -> Margin:
    """Reach of the widest filter."""
    return _reach(max(image_type.options.sigma), spacing)


def images(source: Source, image_type: ImageType) -> Iterator[npt.NDArray | str]:
    """One image for each width, float32; the reason instead where the image is too small, as in pyradiomics."""
    shape = np.array(source.array.shape)
    for sigma in image_type.options.sigma:
        fewest = np.maximum(SHORTEST_LINE, np.ceil(sigma / np.array(source.spacing)) + 1)
        if np.any(shape < fewest):
            yield f"the image is too small for a LoG filter of {sigma:g} mm"
        else:
            yield _laplacian(source, float(sigma))


def _reach(sigma: float, spacing: tuple[float, float, float]) -> Margin:
    found = [max(SHORTEST_LINE, math.ceil(REACH * sigma / size)) for size in spacing]
    return found[0], found[1], found[2]


def _laplacian(source: Source, sigma: float) -> npt.NDArray[np.float32]:
    values, box = source.around(_reach(sigma, source.spacing))
    values = values.astype(np.float64, copy=False)
    total = np.zeros([part.stop - part.start for part in box], dtype=np.float32)
    for axis in (2, 1, 0):
        part = values
        for line in (axis, *(other for other in (2, 1, 0) if other != axis)):
            matrix = line_matrix(values.shape[line], sigma, source.spacing[line], 2 if line == axis else 0)
            part = along(matrix[box[line]], part, line)
        total += part.astype(np.float64) * (1 / source.spacing[axis] ** 2)
    return total
