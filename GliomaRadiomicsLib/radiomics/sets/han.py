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

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.extraction import Extracted
from GliomaRadiomicsLib.radiomics.region import check_grids, crop
from GliomaRadiomicsLib.radiomics.resampling import on_one_grid
from GliomaRadiomicsLib.radiomics.sets import section_shape, section_texture
from GliomaRadiomicsLib.radiomics.sets.han_registry import LEVELS, NONTEXTURE, QUANTISATIONS, SCALES, TEXTURE
from GliomaRadiomicsLib.radiomics.sets.quantisation import quantise
from GliomaRadiomicsLib.radiomics.sets.section import largest_section, standardised
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.texture import Texture

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
    for scale in SCALES:
        rows += _scale_rows(section, kept, scale)
    return rows


def _scale_rows(section: Volume, region: Volume, scale: str) -> Extracted:
    """Rows of the four quantisations at one scale."""
    side = 1.0 if scale == "1mm" else min(section.spacing[:2])
    settings = RadiomicsSettings(
        force2D=True, resampledPixelSpacing=(side, side, 0), interpolator="sitkLinear", minimumROIDimensions=1
    )
    try:
        image, mask = on_one_grid(section, region, (1,), settings)
    except RefusedInput as error:
        return [row for algorithm in QUANTISATIONS for n in LEVELS for row in _nan(scale, algorithm, n, str(error))]
    found = crop(mask.array.T > 0, mask.spacing, settings)
    values = found.values(image.array.T)
    rows: Extracted = []
    for algorithm in QUANTISATIONS:
        for number in LEVELS:
            texture = Texture(found, quantise(values, algorithm, number))
            rows += _texture_rows(texture, (scale, algorithm, number))
    return rows


def _texture_rows(texture: Texture, setting: tuple[str, str, int]) -> Extracted:
    if len(texture.levels.present) < 2:
        return _nan(*setting, "all pixels of the section have one grey level")
    values = section_texture.features(texture, setting[2])
    named = [(feature.full_name(setting), values[feature.family][feature.name]) for feature in TEXTURE]
    return [(name, value, _WHY_NAN if math.isnan(value) else "") for name, value in named]


def _nan(scale: str, algorithm: str, number: int, reason: str) -> Extracted:
    return [(feature.full_name((scale, algorithm, number)), math.nan, reason) for feature in TEXTURE]
