"""The filtered images of one image, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.filters import (
    exponential,
    gradient,
    laplacian_of_gaussian,
    lbp2d,
    lbp3d,
    logarithm,
    square,
    squareroot,
    wavelet,
)
from GliomaRadiomicsLib.radiomics.filters.options import ORIGINAL, ImageType
from GliomaRadiomicsLib.radiomics.filters.source import Margin, Source
from GliomaRadiomicsLib.radiomics.intensity import Transform, unchanged
from GliomaRadiomicsLib.radiomics.region import Box, whole_box

WITHOUT_FILTER = "leave out this filter"
"""What to do about a filtered image that cannot be used."""


@dataclass(frozen=True)
class Derived:
    """A filtered image.

    Attributes:
        name: Name as pyradiomics writes it, such as ``original``, ``log-sigma-3-0-mm-3D`` or ``wavelet-LLH``.
        array: Its values in the box asked for, axis order (k, j, i).
        image_type: The filter with its settings.
        reason: Why the filter cannot be applied, and all values are NaN; empty if it can.
    """

    name: str
    array: npt.NDArray
    image_type: ImageType
    reason: str = ""


def derived_images(
    array: npt.NDArray,
    spacing: tuple[float, float, float],
    image_types: Sequence[ImageType] = ORIGINAL,
    *,
    box: Box | None = None,
    transform: Transform = unchanged,
    inside: npt.NDArray[np.bool_] | None = None,
) -> Iterator[Derived]:
    """Filtered images, each computed when it is asked for and not kept.

    Args:
        array: The whole image, shape ``(k, j, i)``; values are those a filter of the whole image would give.
        spacing: Voxel size along k, j, i in mm.
        image_types: Filters, in the order wanted.
        box: Where values are wanted, axis order (k, j, i); None: everywhere.
        transform: What voxel values are changed by before any filter.
        inside: Voxels of the box that are needed, in its shape; the others may be left 0 by slow filters. None: all.
    """
    source = Source(array, spacing, box or whole_box(array), transform, inside)
    margins = [_MARGINS[one.name](one, spacing) for one in image_types if one.name in _MARGINS]
    if margins:
        source.around((max(m[0] for m in margins), max(m[1] for m in margins), max(m[2] for m in margins)))
    for one in image_types:
        images = _FILTERS[one.name](source, one)
        for name in one.names:
            with np.errstate(all="ignore"):
                values = next(images)
            if isinstance(values, str):
                yield Derived(name, np.full([part.stop - part.start for part in source.box], np.nan), one, values)
            else:
                yield Derived(name, values, one)


def _original(source: Source, _: ImageType) -> Iterator[npt.NDArray]:
    yield source.here()


_FILTERS: dict[str, Callable[[Source, ImageType], Iterator[npt.NDArray | str]]] = {
    "Original": _original,
    "LoG": laplacian_of_gaussian.images,
    "Wavelet": wavelet.images,
    "Square": square.images,
    "SquareRoot": squareroot.images,
    "Logarithm": logarithm.images,
    "Exponential": exponential.images,
    "Gradient": gradient.images,
    "LBP2D": lbp2d.images,
    "LBP3D": lbp3d.images,
}
_MARGINS: dict[str, Callable[[ImageType, tuple[float, float, float]], Margin]] = {
    "LoG": laplacian_of_gaussian.margin,
    "Wavelet": wavelet.margin,
    "Gradient": gradient.margin,
    "LBP2D": lbp2d.margin,
    "LBP3D": lbp3d.margin,
}
