"""What the system sees of a case: the patch around the tumour ("coordinate cropping") and the radiomic features."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from GliomaRadiomicsLib.core.labels import LABEL_VALUES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask
from GliomaRadiomicsLib.radiomics.extraction import extract
from GliomaRadiomicsLib.radiomics.params import Parameters, read_parameters
from GliomaRadiomicsLib.radiomics.sets.jinling import PARAMETERS
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.case import brain_of, only, tumour_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Prepared
from GliomaRadiomicsLib.systems.image_grading.region import centred_grid, extent_mm, prepared_on
from GliomaRadiomicsLib.systems.protocol import CaseData


def region_of(case: CaseData, settings: FusedSettings) -> Volume:
    """Grid of the patch, centred on the tumour; wider, with its proportions kept, where the tumour would not fit."""
    mask = case.label_map.with_array(tumour_of(case).astype(np.uint8), "patch")
    field = np.array(settings.field_mm)
    field = field * max(1.0, float((extent_mm(mask) / field).max()))
    spacing = field / np.array(settings.patch)
    i, j, k = settings.patch
    return centred_grid(mask, (i, j, k), (spacing[0], spacing[1], spacing[2]))


def prepare(case: CaseData, settings: FusedSettings) -> Prepared | str:
    """Patch, facts and radiomic features, or why there are none."""
    data = only(case, settings.sequences)
    found = prepared_on(data, settings, region_of)
    if isinstance(found, str):
        return found
    features = radiomics_of(data, settings.radiomics_sequence)
    return replace(found, features=features | found.facts if settings.facts else features)


def radiomics_of(case: CaseData, sequence: str) -> dict[str, float]:
    """The 788 features of the whole tumour; NaN where one cannot be measured.

    The image is z-scored inside the brain, as the paper has it, and not over the whole image, as the parameter file
    would: how much background there is depends on the scanner.
    """
    parameters = _parameters()
    volume = case.volumes[sequence]
    scale = parameters.settings.normalizeScale
    image = volume.with_array(scale * zscore_in_mask(volume.array, brain_of(case)))
    found = extract(
        image,
        case.label_map,
        label=LABEL_VALUES,
        settings=replace(parameters.settings, normalize=False),
        selection=parameters.selection,
        image_types=parameters.image_types,
    )
    return {name: float(value) if np.isfinite(value) else float("nan") for name, value, _ in found}


@cache
def _parameters() -> Parameters:
    return read_parameters(PARAMETERS)
