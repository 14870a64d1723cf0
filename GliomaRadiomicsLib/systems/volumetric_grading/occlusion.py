"""Which part of the tumour moved the grade: every region is removed in turn, exactly, without sampling."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.volumetric_grading.model import LinearModel
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import Measured, measured_from_parts

_PART = {"NCR_NET": "ncr_net", "ED": "ed", "ET": "et"}


def region_effects(model: LinearModel, measured: Measured) -> dict[str, float]:
    """Log-odds with the region minus log-odds with the region relabelled as healthy, by label key.

    Positive: the region speaks for WHO grade 4. The effects of the regions need not add up, because shares change too.
    """
    parts = {argument: measured[key] for key, argument in _PART.items()}
    full = model.log_odds(measured)
    age = measured.get("age")
    return {
        key: full - model.log_odds(measured_from_parts(**{**parts, argument: 0.0}, age=age))
        for key, argument in _PART.items()
    }


def occlusion_map(model: LinearModel, measured: Measured, label_map: Volume, name: str) -> Volume:
    """Heat map: each tumour voxel carries its region's effect on the log-odds (`region_effects`), float32.

    Zero outside the tumour. All voxels of a region carry the same value: this model sees volumes, not places.
    """
    effects = region_effects(model, measured)
    heat = np.zeros(label_map.shape, dtype=np.float32)
    for label in LABELS:
        heat[label_map.array == label.value] = effects[label.key]
    return label_map.with_array(heat, name)
