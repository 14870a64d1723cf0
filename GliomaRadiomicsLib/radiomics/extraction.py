"""Features of one region of one image.

Per region the crop, the neighbours and the surface are found once, per image the grey levels once; see `cases` for all
regions of all sequences of a patient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics import (
    firstorder,
    glcm,
    gldm,
    glrlm,
    glszm,
    ngtdm,
    shape,
    shape2d,
    shape_density,
    spatial,
)
from GliomaRadiomicsLib.radiomics.checks import finite
from GliomaRadiomicsLib.radiomics.filters.derived import WITHOUT_FILTER, Derived, derived_images
from GliomaRadiomicsLib.radiomics.filters.options import ORIGINAL, ImageType
from GliomaRadiomicsLib.radiomics.ibsi.families import IMAGE_FAMILIES as IBSI_IMAGE_FAMILIES
from GliomaRadiomicsLib.radiomics.intensity import Transform, unchanged
from GliomaRadiomicsLib.radiomics.measured import Measured
from GliomaRadiomicsLib.radiomics.preparation import Prepared, prepare
from GliomaRadiomicsLib.radiomics.region import Box, Region, together, whole_box
from GliomaRadiomicsLib.radiomics.registry import families_of, names_of
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, checked_selection
from GliomaRadiomicsLib.radiomics.threads import one_blas_thread

Extracted = list[tuple[str, float, str]]
"""Name of the feature as pyradiomics writes it, value, and why the value is NaN, where it is."""

Selection = Mapping[str, tuple[str, ...]]
"""Names of the features wanted, by family."""


@cache
def all_features(convention: str) -> Selection:
    """All features of a convention."""
    return {family: names_of(family, convention) for family in families_of(convention)}


ALL_FEATURES: Selection = all_features("pyradiomics")

_PYRADIOMICS_IMAGE_FAMILIES: dict[str, Callable[[Measured], dict[str, float]]] = {
    "firstorder": lambda found: firstorder.features(found.region, found.values, found.levels),
    "glcm": lambda found: glcm.features(found.texture),
    "glrlm": lambda found: glrlm.features(found.texture),
    "glszm": lambda found: glszm.features(found.texture),
    "ngtdm": lambda found: ngtdm.features(found.texture),
    "gldm": lambda found: gldm.features(found.texture),
}
_IMAGE_FAMILIES = {"pyradiomics": _PYRADIOMICS_IMAGE_FAMILIES, "ibsi": IBSI_IMAGE_FAMILIES}


def _shape(region: Region) -> dict[str, float]:
    return (shape_density if region.settings.convention == "ibsi" else shape).features(region)


_SHAPE_FAMILIES: dict[str, tuple[Callable[[Region], str], Callable[[Region], dict[str, float]]]] = {
    "shape": (Region.why_not, _shape),
    "shape2D": (shape2d.why_not, shape2d.features),
}
_WHY_NAN = {
    "shape": shape.WHY_NAN,
    "shape2D": shape2d.WHY_NAN,
    "firstorder": firstorder.WHY_NAN,
    "glcm": glcm.WHY_NAN,
    "glrlm": glrlm.WHY_NAN,
    "ngtdm": ngtdm.WHY_NAN,
    "spatial": spatial.WHY_NAN,
}


def extract(
    image: Volume,
    mask: Volume,
    *,
    label: int | tuple[int, ...] | None = None,
    settings: RadiomicsSettings | None = None,
    selection: Selection | None = None,
    image_types: Sequence[ImageType] = ORIGINAL,
) -> Extracted:
    """Features of one region of one image.

    Args:
        image: The image.
        mask: Labels on the same grid.
        label: Label of the region, or several whose union it is; by default that of the settings.
        settings: How features are computed; by default as pyradiomics does.
        selection: Features wanted; by default all of the convention of the settings.
        image_types: Filters; by default the image itself only.

    Returns:
        The features in the order of the registry, of one image after another. NaN with the reason where pyradiomics
        computes none, and where a filtered image is not finite or would have too many grey levels.

    Raises:
        RefusedInput: If a setting or a feature is unknown, the mask does not fit, is empty or lacks the label, values
            of the region are not finite, or there would be too many voxels or grey levels.
    """
    settings = (settings or RadiomicsSettings()).check()
    selection = None if selection is None else checked_selection(selection, settings.convention)
    found = prepare(image, mask, settings.label if label is None else label, settings)
    return shape_rows(found.of_shape, selection) + prepared_rows(found, selection, image_types)


def prepared_rows(
    found: Prepared, selection: Selection | None = None, image_types: Sequence[ImageType] = ORIGINAL
) -> Extracted:
    """Features of the voxel values of a region in an image and in what filters make of it, see `extract`."""
    parts = image_rows([found.region], found.array, image_types, selection)
    with one_blas_thread():
        return [row for _, rows in parts for row in rows]


def shape_rows(region: Region, selection: Selection | None = None) -> Extracted:
    """Features that depend on the mask alone."""
    selection = all_features(region.settings.convention) if selection is None else selection
    found = []
    for family, (why_not, features) in _SHAPE_FAMILIES.items():
        names = selection.get(family)
        if names:
            reason = why_not(region)
            found += nan_rows({family: names}, reason) if reason else _rows(family, features(region), names)
    return found


def image_rows(
    regions: Sequence[Region],
    array: npt.NDArray,
    image_types: Sequence[ImageType] = ORIGINAL,
    selection: Selection | None = None,
    transform: Transform = unchanged,
    *,
    strict: bool = True,
) -> Iterator[tuple[int, Extracted]]:
    """Features of regions of an image and of what filters make of it; each filter is applied once.

    Args:
        regions: Regions as resegmentation leaves them; at least one, all with the same settings.
        array: The whole image, shape ``(k, j, i)``.
        image_types: Filters.
        selection: Features wanted; by default all of the convention of the settings.
        transform: What voxel values are changed by before any filter.
        strict: Whether a region whose features cannot be computed of the original image is an error; otherwise their
            values are NaN, with the reason, as those of filtered images always are.

    Yields:
        Number of the region and its rows of one image, image by image.

    Raises:
        RefusedInput: If ``strict`` and values of a region are not finite or there would be too many grey levels.
    """
    settings, (k, j, i) = regions[0].settings, regions[0].spacing
    wanted = of_images(selection, settings.convention)
    chosen = [one.among(settings) for one in image_types]
    everywhere = settings.convention == "ibsi"
    box, inside = (whole_box(array), None) if everywhere else together(regions)
    for derived in derived_images(array, (k, j, i), chosen, box=box, transform=transform, inside=inside):
        for number, region in enumerate(regions):
            try:
                rows = _derived_rows(region, derived, box, wanted)
            except RefusedInput as error:
                if strict and derived.name == "original":
                    raise
                rows = nan_rows(wanted, str(error), derived.name)
            yield number, rows


def _derived_rows(region: Region, derived: Derived, box: Box, wanted: Selection) -> Extracted:
    reason = region.why_not() or derived.reason
    if reason:
        return nan_rows(wanted, reason, derived.name)
    region = region.with_settings(_settings_of(derived, region))
    families = _IMAGE_FAMILIES[region.settings.convention]
    values = finite(region.values(derived.array, box), f"{derived.name} image", remedy=WITHOUT_FILTER)
    found = Measured(region, values, derived.array)
    return [
        row for family, names in wanted.items() for row in _rows(family, families[family](found), names, derived.name)
    ]


def _settings_of(derived: Derived, region: Region) -> RadiomicsSettings:
    """Settings of a filtered image; a range of original values says nothing about its own, such as where bins start."""
    settings = derived.image_type.settings or region.settings
    return settings if derived.name == "original" else replace(settings, resegmentRange=None)


def of_images(selection: Selection | None, convention: str) -> Selection:
    """Those features of a selection that depend on an image; None: all of the convention."""
    chosen = all_features(convention) if selection is None else selection
    return {family: names for family, names in chosen.items() if family in _IMAGE_FAMILIES[convention]}


def nan_rows(selection: Selection, reason: str, image: str = "original") -> Extracted:
    """NaN for every feature of an image, with the reason."""
    return [(f"{image}_{family}_{name}", math.nan, reason) for family, names in selection.items() for name in names]


def _rows(family: str, values: dict[str, float], names: tuple[str, ...], image: str = "original") -> Extracted:
    why = _WHY_NAN.get(family, "not defined for this region")
    return [(f"{image}_{family}_{name}", values[name], why if math.isnan(values[name]) else "") for name in names]
