"""Features of one region of one image.

Per region the crop, the neighbours and the surface are found once, per image the grey levels once; see `cases` for all
regions of all sequences of a patient.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics import firstorder, glcm, gldm, glrlm, glszm, ngtdm, shape
from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels, discretise
from GliomaRadiomicsLib.radiomics.intensity import Transform, unchanged
from GliomaRadiomicsLib.radiomics.preparation import finite, prepare
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.registry import FAMILIES, names_of
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.texture import Texture

Extracted = list[tuple[str, float, str]]
"""Name of the feature as pyradiomics writes it, value, and why the value is NaN, where it is."""

Selection = Mapping[str, tuple[str, ...]]
"""Names of the features wanted, by family."""

ALL_FEATURES: Selection = {family: names_of(family) for family in FAMILIES}


@dataclass(frozen=True)
class _Input:
    region: Region
    values: npt.NDArray

    @cached_property
    def levels(self) -> GreyLevels:
        return discretise(self.values, self.region.settings)

    @cached_property
    def texture(self) -> Texture:
        return Texture(self.region, self.levels)


_IMAGE_FAMILIES: dict[str, Callable[[_Input], dict[str, float]]] = {
    "firstorder": lambda found: firstorder.features(found.region, found.values, found.levels),
    "glcm": lambda found: glcm.features(found.texture),
    "glrlm": lambda found: glrlm.features(found.texture),
    "glszm": lambda found: glszm.features(found.texture),
    "ngtdm": lambda found: ngtdm.features(found.texture),
    "gldm": lambda found: gldm.features(found.texture),
}
_WHY_NAN = {"shape": shape.WHY_NAN, "firstorder": firstorder.WHY_NAN, "glcm": glcm.WHY_NAN, "glrlm": glrlm.WHY_NAN}


def extract(
    image: Volume,
    mask: Volume,
    *,
    label: int | tuple[int, ...] | None = None,
    settings: RadiomicsSettings | None = None,
    selection: Selection = ALL_FEATURES,
) -> Extracted:
    """Features of one region of one image.

    Args:
        image: The image.
        mask: Labels on the same grid.
        label: Label of the region, or several whose union it is; by default that of the settings.
        settings: How features are computed; by default as pyradiomics does.
        selection: Features wanted; by default all.

    Returns:
        The features in the order of the registry. NaN with the reason where pyradiomics computes none.

    Raises:
        RefusedInput: If the mask does not fit, is empty or lacks the label, if values of the region are not finite, or
            if there would be too many grey levels.
    """
    settings = (settings or RadiomicsSettings()).check()
    found = prepare(image, mask, settings.label if label is None else label, settings)
    return shape_rows(found.of_shape, selection) + image_rows(found.region, found.array, selection=selection)


def shape_rows(region: Region, selection: Selection = ALL_FEATURES) -> Extracted:
    """Features that depend on the mask alone."""
    names = selection.get("shape", ())
    if not names:
        return []
    reason = region.why_not()
    return nan_rows({"shape": names}, reason) if reason else _rows("shape", shape.features(region), names)


def image_rows(
    region: Region, array: npt.NDArray, transform: Transform = unchanged, selection: Selection = ALL_FEATURES
) -> Extracted:
    """Features of the voxel values of a region.

    Args:
        region: The region, as resegmentation leaves it.
        array: The whole image, shape ``(k, j, i)``.
        transform: What its values are changed by first.
        selection: Features wanted.

    Raises:
        RefusedInput: If values are not finite, or there would be too many grey levels.
    """
    wanted = {family: names for family, names in selection.items() if family in _IMAGE_FAMILIES}
    reason = region.why_not()
    if reason:
        return nan_rows(wanted, reason)
    found = _Input(region, transform(finite(region.values(array))))
    return [row for family, names in wanted.items() for row in _rows(family, _IMAGE_FAMILIES[family](found), names)]


def nan_rows(selection: Selection, reason: str) -> Extracted:
    """NaN for every feature, with the reason."""
    return [(f"original_{family}_{name}", math.nan, reason) for family, names in selection.items() for name in names]


def _rows(family: str, values: dict[str, float], names: tuple[str, ...]) -> Extracted:
    why = _WHY_NAN.get(family, "not defined for this region")
    return [(f"original_{family}_{name}", values[name], why if math.isnan(values[name]) else "") for name in names]
