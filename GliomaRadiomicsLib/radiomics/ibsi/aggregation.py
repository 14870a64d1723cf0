"""Texture of a region as IBSI aggregates it: by slice, over slices, or in space; by direction or all together.

Source: IBSI reference manual, sections 3.6 to 3.11. Slices are those along k.

* ``2D``: every slice is a region of its own, features are averaged over slices.
* ``2_5D``: neighbours are looked for within slices, but counted in one matrix for all slices.
* ``3D``: neighbours are looked for in space.
* ``avg``: a matrix for each direction, features are averaged; ``comb``: one matrix for all directions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.texture import Texture


@dataclass(frozen=True)
class Part:
    """Voxels whose texture is counted together.

    Attributes:
        texture: Their grey levels and neighbours.
        chosen: Which voxels of the region they are, shape ``(voxels,)``.
    """

    texture: Texture
    chosen: npt.NDArray[np.bool_]


def parts_of(region: Region, levels: GreyLevels) -> tuple[Part, ...]:
    """The slices of a region in 2D, else the region as one part."""
    dimension, _, directions = region.settings.aggregation.rpartition("_")
    settings = replace(
        region.settings,
        force2D=dimension != "3D",
        force2Ddimension=0,
        weightingNorm="no_weighting" if directions == "comb" else None,
    )
    region = region if settings == region.settings else replace(region, settings=settings)
    if dimension == "2D":
        return tuple(_slices(region, levels))
    return (Part(Texture(region, levels), np.ones(region.voxels, dtype=bool)),)


def _slices(region: Region, levels: GreyLevels) -> Iterator[Part]:
    of_voxel = np.nonzero(region.mask)[0]
    for k in np.unique(of_voxel):
        chosen = of_voxel == k
        k = int(k)
        box = (slice(region.box[0].start + k, region.box[0].start + k + 1), region.box[1], region.box[2])
        part = replace(region, mask=region.mask[k : k + 1], box=box)
        yield Part(Texture(part, _levels_of(levels, chosen)), chosen)


def _levels_of(levels: GreyLevels, chosen: npt.NDArray[np.bool_]) -> GreyLevels:
    """Grey levels of some of the voxels; the highest stays that of the region."""
    used, index = np.unique(levels.index[chosen], return_inverse=True)
    return GreyLevels(index.astype(np.int32), levels.present[used], np.bincount(index), levels.highest)
