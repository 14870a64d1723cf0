"""Separate parts of an outlined tumour, as a figure across all of them says nothing about any one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import region_mask
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.reports.markup import millilitres

SHOWN = 3
"""Parts whose volumes are named one by one."""


def parts_ml(label_map: Volume) -> tuple[float, ...]:
    """Volumes of the parts of the whole tumour that do not touch, not even by a corner; the largest first.

    Args:
        label_map: Labels 0/1/2/4.
    """
    parts, _ = ndimage.label(region_mask(label_map.array, "WT"), structure=np.ones((3, 3, 3)))
    sizes = np.bincount(parts.ravel())[1:] * label_map.voxel_volume_mm3 / 1000.0
    return tuple(float(size) for size in np.sort(sizes)[::-1])


def across_words(parts: Sequence[float]) -> str:
    """``, across all 7 parts`` for a measure that spans several; empty for one part, or where they are not known."""
    if len(parts) < 2:
        return ""
    return ", across both parts" if len(parts) == 2 else f", across all {len(parts)} parts"


def parts_words(parts: Sequence[float]) -> str:
    """Number and volumes of the parts in a sentence; empty where they are not known."""
    if not parts:
        return ""
    if len(parts) == 1:
        return "The whole tumour is one connected part."
    named = ", ".join(millilitres(size) for size in parts[:SHOWN])
    rest = len(parts) - SHOWN
    others = f" and {rest} smaller of {millilitres(sum(parts[SHOWN:]))} together" if rest > 0 else ""
    return f"The whole tumour is made of {len(parts)} separate parts: {named}{others}."
