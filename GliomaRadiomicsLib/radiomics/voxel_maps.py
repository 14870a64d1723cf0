"""Feature maps: any feature of a small window around every voxel of a region, written back as a volume.

The names, the windows and the values are those of pyradiomics 3.0.1's voxel-based extraction; the few differences are
listed in `voxelwise.glcm`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import finite
from GliomaRadiomicsLib.radiomics.device import computing_on
from GliomaRadiomicsLib.radiomics.discretisation import discretise
from GliomaRadiomicsLib.radiomics.filters.derived import WITHOUT_FILTER, Derived, derived_images
from GliomaRadiomicsLib.radiomics.filters.options import ORIGINAL, ImageType
from GliomaRadiomicsLib.radiomics.preparation import prepare
from GliomaRadiomicsLib.radiomics.region import Box, Region, within
from GliomaRadiomicsLib.radiomics.rules import nearest
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.voxelwise import firstorder, glcm, ngtdm, sizes
from GliomaRadiomicsLib.radiomics.voxelwise.options import VoxelSettings
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


def voxel_maps(
    image: Volume,
    mask: Volume,
    features: Sequence[str],
    *,
    label: int | tuple[int, ...] | None = None,
    settings: RadiomicsSettings | None = None,
    voxel_settings: VoxelSettings | None = None,
    image_types: Sequence[ImageType] = ORIGINAL,
    progress: Progress | None = None,
    device: str = "cpu",
) -> Iterator[tuple[str, Volume]]:
    """Maps of features, one after another; each takes as much memory as the image only while it is looked at.

    Args:
        image: The image.
        mask: Labels on the same grid, unless the settings say otherwise.
        features: Names such as ``glcm_Contrast``, or a family for all of its features.
        label: Label of the region, or several; by default that of the settings.
        settings: How features are computed.
        voxel_settings: Windows and background.
        image_types: Filters; by default the image itself only.
        progress: Told how far it is; may cancel.
        device: ``auto``, ``cpu`` or ``cuda``, see `device`; the filters, of so small a box, are left in numpy.

    Yields:
        Name, such as ``original_glcm_Contrast``, and a float32 volume on the grid of the image (or on that the settings
        resample or crop it to). NaN where a window has no value; readers built on ITK, such as Slicer's, show a NaN
        of a file as 0.

    Raises:
        RefusedInput: For features that cannot be mapped, and as `extraction.extract`.
        Cancelled: If the user cancelled.
    """
    settings, progress = (settings or RadiomicsSettings()).check(), progress or Progress()
    wanted, windows_as = mappable(features, settings), (voxel_settings or VoxelSettings()).check()
    prepared = prepare(image, mask, settings.label if label is None else label, settings)
    region, radius = prepared.region, int(windows_as.kernelRadius)
    if region.why_not():
        raise RefusedInput(what=region.why_not(), where=mask.name or "mask", remedy="choose a larger region")
    box = _widened(region.box, radius, prepared.array.shape)
    types = [one.among(settings) for one in image_types]
    number = sum(len(one.names) for one in types)
    derived = derived_images(prepared.array, _spacing(region), types, box=box)
    for place, one in enumerate(derived):
        if one.reason:
            raise RefusedInput(what=one.reason, where=one.name, remedy=WITHOUT_FILTER)
        with progress.step(one.name, place / number, (place + 1) / number, f"Feature maps of {one.name}") as part:
            own = region.with_settings(one.image_type.settings or settings)
            with computing_on(device):
                values = _map(own, one, box, wanted, windows_as, part)
        for name in list(values):
            array = np.full(prepared.array.shape, windows_as.initValue, dtype=np.float32)
            array[region.box][region.mask] = values.pop(name)
            yield f"{one.name}_{name}", prepared.image.with_array(array.T, name=f"{one.name}_{name}")


def _widened(box: Box, radius: int, shape: tuple[int, ...]) -> Box:
    k, j, i = (
        slice(max(0, part.start - radius), min(size, part.stop + radius)) for part, size in zip(box, shape, strict=True)
    )
    return k, j, i


def _spacing(region: Region) -> tuple[float, float, float]:
    k, j, i = region.spacing.tolist()
    return k, j, i


def mappable(names: Sequence[str], settings: RadiomicsSettings) -> dict[str, tuple[str, ...]]:
    """Features to map by family, as `chosen_features`; raises `RefusedInput` for settings without maps, too."""
    if settings.convention != "pyradiomics":
        found = settings.convention
        raise RefusedInput(what="no maps in this convention", where="convention", found=found, remedy="use pyradiomics")
    return chosen_features(names)


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
    derived: Derived,
    box: Box,
    wanted: Mapping[str, tuple[str, ...]],
    windows_as: VoxelSettings,
    progress: Progress,
) -> dict[str, npt.NDArray[np.float32]]:
    """Values of the voxels of the region by feature, without the name of the image: shape ``(voxels,)`` each."""
    names = [f"{family}_{name}" for family, members in wanted.items() for name in members]
    maps = {name: np.empty(region.voxels, dtype=np.float32) for name in names}
    done = 0
    for windows in _batches(region, derived, box, windows_as):
        progress.report(done / region.voxels, f"Feature maps, {done} of {region.voxels} voxels")
        for family, members in wanted.items():
            for name, values in MAPPED[family][0](windows, members).items():
                maps[f"{family}_{name}"][done : done + windows.number] = values
        done += windows.number
    progress.report(1.0, "Feature maps done")
    return maps


def _batches(region: Region, derived: Derived, box: Box, windows_as: VoxelSettings) -> Iterator[Windows]:
    """Windows around the voxels of the region, in their order, a batch at a time.

    Args:
        region: The region.
        derived: The image, in ``box``.
        box: The box of the region and a radius around it, as far as the image reaches.
        windows_as: Windows and background.
    """
    radius = int(windows_as.kernelRadius)
    kernel = Kernel(radius, region.settings, region.spacing)
    levels, values, present = _around(region, derived, box, windows_as)
    levels = np.pad(levels, radius, constant_values=len(present))
    values = np.pad(values, radius, constant_values=np.nan)
    centres = np.argwhere(region.mask) + [part.start + radius for part in within(region.box, box)]
    strides = np.array([levels.shape[1] * levels.shape[2], levels.shape[2], 1])
    at_once = windows_as.voxelBatch if windows_as.voxelBatch > 0 else max(1, AT_ONCE // len(kernel.offsets))
    places, steps = centres @ strides, kernel.offsets @ strides
    for first in range(0, len(places), at_once):
        where = places[first : first + at_once, None] + steps
        yield Windows(kernel, levels.ravel()[where], values.ravel()[where], present)


def _around(
    region: Region, derived: Derived, box: Box, windows_as: VoxelSettings
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Levels, as positions in those that are present, and values in the box; and the levels present."""
    counts = np.ones(derived.array.shape, dtype=bool)
    if windows_as.maskedKernel:
        counts[:] = False
        counts[within(region.box, box)] = region.mask
    masked = windows_as.maskedKernel
    found = finite(
        derived.array[counts],
        f"{derived.name} image",
        "values of the region are not finite" if masked else "values around the region are not finite",
        "set maskedKernel to true" if not masked else WITHOUT_FILTER,
    )
    grey = discretise(found, region.settings)
    levels = np.full(counts.shape, len(grey.present), dtype=np.int32)
    levels[counts] = grey.index
    values = np.full(counts.shape, np.nan)
    values[counts] = found
    return levels, values, grey.present
