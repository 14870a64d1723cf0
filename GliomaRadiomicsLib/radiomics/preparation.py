"""What features are computed of: image and mask as the settings ask for them, and the regions found in them.

The order is that of pyradiomics 3.0.1: the image is normalised; mask and image are resampled, corrected or cropped; the
region is found; resegmentation leaves a part of it. Filters are applied to `Prepared.image`, and their features
are those of `Prepared.region`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import finite
from GliomaRadiomicsLib.radiomics.intensity import (
    Transform,
    normalised,
    region_of_shape,
    resegmented,
    rounded,
    unchanged,
)
from GliomaRadiomicsLib.radiomics.region import Region, crop, select_label
from GliomaRadiomicsLib.radiomics.resampling import on_one_grid
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings


@dataclass(frozen=True)
class Prepared:
    """An image with its region.

    Attributes:
        image: Normalised, resampled and cropped as the settings ask.
        mask: On the grid of ``image``.
        whole: The region of the mask.
        region: What resegmentation leaves of it.
    """

    image: Volume
    mask: Volume
    whole: Region
    region: Region

    @property
    def array(self) -> npt.NDArray:
        """The voxel values of the image: shape ``(k, j, i)``."""
        return self.image.array.T

    @cached_property
    def of_shape(self) -> Region:
        """The region whose shape is measured."""
        return region_of_shape(self.whole, self.region)


def prepare(
    image: Volume,
    mask: Volume,
    label: int | tuple[int, ...],
    settings: RadiomicsSettings,
    known: Prepared | None = None,
) -> Prepared:
    """Image and region as features are computed of them.

    Args:
        image: The image.
        mask: Labels; on the same grid unless the settings resample or correct the mask.
        label: Label of the region, or several whose union it is.
        settings: How features are computed.
        known: Another image with the same mask, whose region is used again if it comes out the same.

    Raises:
        RefusedInput: If the mask does not fit, is empty or lacks the label, if values of the region are no finite
            numbers, or if less than two voxels are left by resegmentation.
    """
    labels = label if isinstance(label, tuple) else (label,)
    image, mask = on_one_grid(normalised(image, settings), mask, labels, settings)
    image = rounded(image) if settings.roundIntensities else image
    whole = (
        known.whole if known and _same(known.mask, mask) else crop(select_label(mask, labels), mask.spacing, settings)
    )
    return Prepared(image, mask, whole, kept(whole, image.array.T, name=image.name))


def kept(region: Region, array: npt.NDArray, transform: Transform = unchanged, name: str = "") -> Region:
    """What resegmentation leaves of a region.

    Args:
        region: The region.
        array: The whole image, shape ``(k, j, i)``.
        transform: What its values are changed by first.
        name: What to call the image in messages.

    Raises:
        RefusedInput: If values are no finite numbers, or less than two voxels are left.
    """
    if region.why_not():
        return region
    return resegmented(region, transform(finite(region.values(array), name)))


def _same(one: Volume, other: Volume) -> bool:
    return one is other or (one.same_grid(other) and np.array_equal(one.array, other.array))
