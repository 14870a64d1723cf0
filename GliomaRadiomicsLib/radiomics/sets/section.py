"""The section a region is largest in, and what is done to it before its texture is measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import finite
from GliomaRadiomicsLib.radiomics.region import select_label

_OUTLIER_DEVIATIONS = 3


def largest_section(image: Volume, mask: Volume, labels: tuple[int, ...]) -> tuple[Volume, Volume]:
    """Image and mask (1 inside) of the section k that holds most pixels of a region; the first of several.

    Args:
        image: The image, axis 2 counts the sections.
        mask: Labels on the same grid.
        labels: Labels whose union is the region.

    Returns:
        Volumes of shape ``(i, j, 1)``; the image as float64.

    Raises:
        RefusedInput: If the mask has none of the labels, or the section has values that are not finite.
    """
    inside = select_label(mask, labels).T
    number = int(np.argmax(np.count_nonzero(inside, axis=(0, 1))))
    affine = image.affine.copy()
    affine[:3, 3] += number * affine[:3, 2]
    section = image.array[:, :, number : number + 1].astype(np.float64)
    region = inside[:, :, number : number + 1].astype(np.uint8)
    finite(section[region > 0], f"{image.name or 'image'} section {number}")
    section[~np.isfinite(section)] = 0
    return Volume(section, affine, image.name), Volume(region, affine, mask.name)


def standardised(image: npt.NDArray[np.float64], region: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The region without pixels further than three standard deviations from its mean.

    This is the non-linear intensity standardisation: levels are counted between the lowest and the highest value left,
    so that scale and offset of the image do not matter.

    Source: G. Collewet et al., Magn. Reson. Imaging 22, 2004, 81-91, as used in the toolbox of M. Vallieres.

    Args:
        image: Any shape.
        region: Same shape, 1 inside.
    """
    values = image[region > 0]
    if len(values) < 2:
        return region
    apart = np.abs(image - values.mean()) > _OUTLIER_DEVIATIONS * values.std(ddof=1)
    return np.where(apart, 0, region).astype(np.uint8)
