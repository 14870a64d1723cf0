"""What the network sees of a case."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.case import brain_of, tumour_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Prepared
from GliomaRadiomicsLib.systems.image_grading.region import centred_grid, extent_mm, prepared_on
from GliomaRadiomicsLib.systems.protocol import CaseData


def region_of(case: CaseData, settings: CnnSettings) -> Volume:
    """Grid of the region.

    The tumour's is a cube, its longest side and the margins, so that its proportions are kept; the brain's is its box.
    """
    inside = brain_of(case) if settings.roi == "brain" else tumour_of(case)
    mask = case.label_map.with_array(inside.astype(np.uint8), "region")
    size = extent_mm(mask)
    if settings.roi == "tumour":
        size = np.full(3, size.max() + 2 * settings.margin_mm)
    spacing = size / settings.side
    return centred_grid(mask, (settings.side,) * 3, (spacing[0], spacing[1], spacing[2]))


def prepare(case: CaseData, settings: CnnSettings) -> Prepared | str:
    """Region and facts, or why there are none."""
    return prepared_on(case, settings, region_of)
