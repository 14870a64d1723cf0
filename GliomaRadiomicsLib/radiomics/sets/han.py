"""The 348 radiomic features of the survival system of Han 2020.

What the paper says: a region drawn on the section of the largest tumour area of T1ce; intensities normalised in a
non-linear way (its reference 16); pixels resampled to 1 mm and kept at the in-plane resolution, by bilinear
interpolation; 16 and 32 grey levels of equal probability and of equal width. Features by the toolbox of M. Vallieres.

What it leaves open, and what is done here: the normalisation is the one of that toolbox for MRI (pixels beyond three
standard deviations leave the region); resampling comes before quantisation, as in the toolbox; "in-plane resolution"
of pixels that are not square is the smaller side. Where the in-plane resolution is 1 mm, both scales give the same
values. Equal-probability levels make the histogram features nearly constant by construction.
"""

from __future__ import annotations

import math
from itertools import product

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels
from GliomaRadiomicsLib.radiomics.extraction import Extracted
from GliomaRadiomicsLib.radiomics.region import Region, check_grids, crop
from GliomaRadiomicsLib.radiomics.resampling import on_one_grid
from GliomaRadiomicsLib.radiomics.sets import section_shape, section_texture
from GliomaRadiomicsLib.radiomics.sets.han_registry import (
    LEVELS,
    NONTEXTURE,
    QUANTISATIONS,
    SETTINGS,
    TEXTURE,
    HanFeature,
)
from GliomaRadiomicsLib.radiomics.sets.quantisation import quantise
from GliomaRadiomicsLib.radiomics.sets.section import largest_section, standardised
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.texture import Texture

_Found = dict[str, dict[str, float]] | str
"""Features by family and name, or why there are none."""

_QUANTISED = tuple(product(QUANTISATIONS, LEVELS))
_WHY_NAN = "no two pixels of different levels are neighbours"


def han_features(image: Volume, mask: Volume, label: int | tuple[int, ...] = 1) -> Extracted:
    """The 348 features of the largest section of a region.

    Args:
        image: T1ce, axis k counts the sections.
        mask: Labels on the same grid; the whole tumour or a region drawn on one section.
        label: Label of the region, or several whose union it is.

    Returns:
        Name, value and reason (where the value is NaN) in the order of `han_registry.full_names`.

    Raises:
        RefusedInput: If the mask does not fit, is empty or lacks the label, or values of the region are not finite.
    """
    check_grids(image, mask, RadiomicsSettings())
    section, region = largest_section(image, mask, label if isinstance(label, tuple) else (label,))
    shape = section_shape.features(region.array, region.spacing)
    rows: Extracted = [(feature.full_name(), shape[feature.name], "") for feature in NONTEXTURE]
    kept = region.with_array(standardised(section.array, region.array))
    sides = {"1mm": 1.0, "inplane": min(section.spacing[:2])}
    measured = {side: _measured(section, kept, side) for side in set(sides.values())}
    for scale, quantisation, levels in SETTINGS:
        found = measured[sides[scale]][quantisation, levels]
        rows += [_row(feature, (scale, quantisation, levels), found) for feature in TEXTURE]
    return rows


def _measured(section: Volume, region: Volume, side: float) -> dict[tuple[str, int], _Found]:
    """Features by quantisation and number of levels, or why there are none, at one size of pixels in mm."""
    settings = RadiomicsSettings(force2D=True, resampledPixelSpacing=(side, side, 0), interpolator="sitkLinear")
    try:
        image, mask = on_one_grid(section, region, (1,), settings)
    except RefusedInput as error:
        return dict.fromkeys(_QUANTISED, str(error))
    found = crop(mask.array.T > 0, mask.spacing, settings)
    values = found.values(image.array.T)
    return {(name, number): _texture(found, quantise(values, name, number), number) for name, number in _QUANTISED}


def _texture(region: Region, levels: GreyLevels, number: int) -> _Found:
    if len(levels.present) < 2:
        return "all pixels of the section have one grey level"
    return section_texture.features(Texture(region, levels), number)


def _row(feature: HanFeature, setting: tuple[str, str, int], found: _Found) -> tuple[str, float, str]:
    name = feature.full_name(setting)
    if isinstance(found, str):
        return name, math.nan, found
    value = found[feature.family][feature.name]
    return name, value, _WHY_NAN if math.isnan(value) else ""
