"""The outline on an image as it was given: probabilities brought back and labelled there, not the labels themselves.

A label map on 1 mm voxels has steps; interpolated once more they become part of the outline. Probabilities have none.
"""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.labels import ED, ET, NCR_NET, region_mask
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop, crop_box
from GliomaRadiomicsLib.imaging.space import Space
from GliomaRadiomicsLib.systems.segmentation.labels import REGIONS, Thresholds
from GliomaRadiomicsLib.systems.segmentation.predict import SegmentationOutput

_SIDE = 0.01


def native_label_map(found: SegmentationOutput, thresholds: Thresholds, space: Space) -> Volume:
    """The label map of ``found``, which lies on the working grid of ``space``, on the grid of its reference.

    What was decided on the working grid stays: a part or label that was dropped there does not come back here. The
    label map itself, voxel by voxel, where the working grid is the reference's own.
    """
    labels = found.label_map
    if space.is_exact() or not labels.array.any():
        return space.to_native(labels, label=True)
    box = crop_box(labels.array, 2)
    inside = {}
    for region, level in zip(REGIONS, thresholds.levels(found.probabilities), strict=True):
        share = _share(found.probabilities[region].array[box], region_mask(labels.array[box], region), level)
        inside[region] = space.to_native(crop(labels, box).with_array(share)).array > 0.5
    whole = np.zeros(inside["WT"].shape, dtype=labels.array.dtype)
    whole[inside["WT"]] = ED
    whole[inside["TC"]] = NCR_NET
    whole[inside["ET"]] = ET
    return Volume(whole, space.native[space.reference].affine, labels.name)


def _share(probability: np.ndarray, inside: np.ndarray, level: float) -> np.ndarray:
    """Probability with ``level`` moved to .5, and on the side of it where the label map has the voxel; float32."""
    above, below = (probability - level) / (1.0 - level), probability / level
    share = np.where(probability > level, 0.5 + 0.5 * above, 0.5 * below)
    return np.where(inside, np.maximum(share, 0.5 + _SIDE), np.minimum(share, 0.5 - _SIDE)).astype(np.float32)
