"""What the families compute from: the voxels of a region in one image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels, discretise
from GliomaRadiomicsLib.radiomics.ibsi.aggregation import Part, parts_of
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.texture import Texture


@dataclass(frozen=True)
class Measured:
    """A region of an image after resegmentation.

    Attributes:
        region: The voxels measured.
        values: Their values, shape ``(voxels,)``.
        array: The whole image, axis order (k, j, i).
    """

    region: Region
    values: npt.NDArray
    array: npt.NDArray

    @cached_property
    def levels(self) -> GreyLevels:
        """Grey levels of the voxels."""
        return discretise(self.values, self.region.settings)

    @cached_property
    def texture(self) -> Texture:
        """Grey levels with those of the neighbours."""
        return Texture(self.region, self.levels)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What texture is counted in, as the aggregation of the settings asks for it."""
        return parts_of(self.region, self.levels)

    @cached_property
    def mask_in_whole(self) -> npt.NDArray[np.bool_]:
        """The voxels measured, within the box of the whole region."""
        inside = np.zeros(self.region.whole.mask.shape, dtype=bool)
        part = tuple(
            slice(inner.start - outer.start, inner.stop - outer.start)
            for inner, outer in zip(self.region.box, self.region.whole.box, strict=True)
        )
        inside[part] = self.region.mask
        return inside
