"""Feature maps: any feature of a small window around every voxel of a region, written back as a volume.

The names, the windows and the values are those of pyradiomics 3.0.1's voxel-based extraction; the few differences are
listed in `voxelwise.glcm`.
"""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.discretisation import discretise
from GliomaRadiomicsLib.radiomics.preparation import finite, prepare
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, nearest
from GliomaRadiomicsLib.radiomics.voxelwise import firstorder, glcm, ngtdm, sizes
from GliomaRadiomicsLib.radiomics.voxelwise.windows import Kernel, Windows

_Maps = Callable[[Windows, tuple[str, ...]], dict[str, npt.NDArray[np.float64]]]

MAPPED: dict[str, tuple[_Maps, tuple[str, ...]]] = {
    "firstorder": (firstorder.maps, tuple(firstorder.FEATURES)),
    "glcm": (glcm.maps, tuple(glcm.FEATURES)),
    "glrlm": (sizes.run_maps, tuple(sizes.glrlm.NAMES)),
    "glszm": (sizes.zone_maps, tuple(sizes.glszm.NAMES)),
    "ngtdm": (ngtdm.maps, tuple(ngtdm.FEATURES)),
    "gldm": (sizes.dependence_maps, tuple(sizes.gldm.NAMES)),
}
"""How the features of each family are mapped, and their names."""

AT_ONCE = 40_000
"""Voxels of windows worked on at once, unless ``voxelBatch`` says how many windows."""


@dataclass(frozen=True)
class VoxelSettings:
    """How feature maps are made, with the names and defaults of pyradiomics' ``voxelSetting``.

    Attributes:
        kernelRadius: Windows reach this many voxels from their centre, along every axis.
        maskedKernel: Whether only voxels of the region count in a window; otherwise all voxels of the image.
        initValue: Value of the voxels outside the region.
        voxelBatch: Windows computed at once; -1 chooses by memory. Changes no value.
    """

    kernelRadius: int = 1
    maskedKernel: bool = True
    initValue: float = 0
    voxelBatch: int = -1

    def check(self) -> VoxelSettings:
        """Return these settings; raises `RefusedInput` for a value that cannot be used."""
        if self.kernelRadius < 1 or int(self.kernelRadius) != self.kernelRadius:
            raise RefusedInput(
                what="setting out of range", where="kernelRadius", found=self.kernelRadius, remedy="give 1 or more"
            )
        if self.voxelBatch != -1 and self.voxelBatch < 1:
            raise RefusedInput(
                what="setting out of range", where="voxelBatch", found=self.voxelBatch, remedy="give -1, or 1 or more"
            )
        return self


def voxel_settings_from(values: Mapping[str, Any]) -> VoxelSettings:
    """Settings from the ``voxelSetting`` part of a parameter file; raises `RefusedInput` for an unknown key."""
    known = [field.name for field in fields(VoxelSettings)]
    for key in values:
        if key not in known:
            raise RefusedInput(what="unknown setting", where=f"voxelSetting, {key}", remedy=nearest(key, known))
    try:
        return VoxelSettings(**{key: value for key, value in values.items() if value is not None}).check()
    except TypeError as error:
        raise RefusedInput(
            what=f"setting of the wrong type: {error}", where="voxelSetting", remedy="give a number"
        ) from error


def voxel_maps(
    image: Volume,
    mask: Volume,
    features: Sequence[str],
    *,
    label: int | tuple[int, ...] | None = None,
    settings: RadiomicsSettings | None = None,
    voxel_settings: VoxelSettings | None = None,
    progress: Progress | None = None,
) -> dict[str, Volume]:
    """Maps of features.

    Args:
        image: The image.
        mask: Labels on the same grid, unless the settings say otherwise.
        features: Names such as ``glcm_Contrast`` or ``original_glcm_Contrast``, or a family for all of its features.
        label: Label of the region, or several; by default that of the settings.
        settings: How features are computed.
        voxel_settings: Windows and background.
        progress: Told how far it is; may cancel.

    Returns:
        A float32 volume for each feature, by its name with ``original_`` in front, on the grid of the image (or on
        that the settings resample or crop it to). NaN where a window has no value.

    Raises:
        RefusedInput: For features that cannot be mapped, and as `extraction.extract`.
        Cancelled: If the user cancelled.
    """
    settings = (settings or RadiomicsSettings()).check()
    if settings.convention != "pyradiomics":
        raise RefusedInput(
            what="no maps in this convention", where="convention", found=settings.convention, remedy="use pyradiomics"
        )
    wanted = chosen_features(features)
    windows_as = (voxel_settings or VoxelSettings()).check()
    found = prepare(image, mask, settings.label if label is None else label, settings)
    reason = found.region.why_not()
    if reason:
        raise RefusedInput(what=reason, where=mask.name or "mask", remedy="choose a larger region")
    values = _map(found.region, found.array, wanted, windows_as, progress or Progress())
    return {name: found.image.with_array(array.T, name=name) for name, array in values.items()}


def chosen_features(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Features by family from names, or families for all of theirs; raises `RefusedInput` for one without a map."""
    known = [f"{family}_{name}" for family, (_, members) in MAPPED.items() for name in members]
    chosen: dict[str, tuple[str, ...]] = {}
    for given in names:
        name = given.strip().removeprefix("original_")
        if name not in known and name not in MAPPED:
            raise RefusedInput(what="no map of this feature", where=given, remedy=nearest(name, [*known, *MAPPED]))
        family, _, feature = name.partition("_")
        more = (feature,) if feature else MAPPED[family][1]
        chosen[family] = tuple(dict.fromkeys([*chosen.get(family, ()), *more]))
    if not chosen:
        raise RefusedInput(what="no feature to map", where="features", remedy="name at least one")
    return chosen


def _map(
    region: Region,
    array: npt.NDArray,
    wanted: Mapping[str, tuple[str, ...]],
    windows_as: VoxelSettings,
    progress: Progress,
) -> dict[str, npt.NDArray[np.float32]]:
    names = [f"original_{family}_{name}" for family, members in wanted.items() for name in members]
    maps = {name: np.full(array.shape, windows_as.initValue, dtype=np.float32) for name in names}
    done = 0
    for places, windows in _batches(region, array, windows_as):
        progress.report(done / region.voxels, f"Feature maps, {done} of {region.voxels} voxels")
        for family, members in wanted.items():
            for name, values in MAPPED[family][0](windows, members).items():
                maps[f"original_{family}_{name}"][places] = values
        done += windows.number
    progress.report(1.0, "Feature maps done")
    return maps


def _batches(
    region: Region, array: npt.NDArray, windows_as: VoxelSettings
) -> Iterator[tuple[tuple[npt.NDArray[np.intp], ...], Windows]]:
    """Windows a batch at a time, and the places of their centres in the array."""
    radius = int(windows_as.kernelRadius)
    kernel = Kernel(radius, region.settings, region.spacing)
    levels, values, present, corner = _around(region, array, windows_as)
    centres = np.argwhere(region.mask) + [part.start for part in region.box]
    at_once = windows_as.voxelBatch if windows_as.voxelBatch > 0 else max(1, AT_ONCE // len(kernel.offsets))
    strides = np.array([levels.shape[1] * levels.shape[2], levels.shape[2], 1])
    steps = kernel.offsets @ strides
    for first in range(0, len(centres), at_once):
        some = centres[first : first + at_once]
        flat = (some - corner + radius) @ strides
        where = flat[:, None] + steps
        yield tuple(some.T), Windows(kernel, levels.ravel()[where], values.ravel()[where], present)


def _around(
    region: Region, array: npt.NDArray, windows_as: VoxelSettings
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Levels and values of the box of the region and a radius around it, with a margin of one more radius.

    Returns:
        Positions of the levels in ``present``, values, ``present``, and the corner of the box in the array.
    """
    radius = int(windows_as.kernelRadius)
    box = tuple(
        slice(max(0, part.start - radius), min(size, part.stop + radius))
        for part, size in zip(region.box, array.shape, strict=True)
    )
    corner = np.array([part.start for part in box])
    counts = np.ones(array[box].shape, dtype=bool)
    if windows_as.maskedKernel:
        counts[:] = False
        inner = tuple(slice(p.start - c, p.stop - c) for p, c in zip(region.box, corner, strict=True))
        counts[inner] = region.mask
    found = finite(array[box][counts])
    grey = discretise(found, region.settings)
    levels = np.full(counts.shape, len(grey.present), dtype=np.int32)
    levels[counts] = grey.index
    values = np.full(counts.shape, np.nan)
    values[counts] = found
    return (
        np.pad(levels, radius, constant_values=len(grey.present)),
        np.pad(values, radius, constant_values=np.nan),
        grey.present,
        corner,
    )
