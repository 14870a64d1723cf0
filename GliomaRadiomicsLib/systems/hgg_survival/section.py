"""The largest section of the tumour on T1ce, and the patch of it that the network sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import REGION_NAMES, REGIONS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import to_canonical
from GliomaRadiomicsLib.radiomics.sets.section import largest_section
from GliomaRadiomicsLib.systems.protocol import CaseData

SIDE = 224
LEAST_PIXELS = 30
"""Fewer pixels have no texture to speak of."""


def why_not(case: CaseData, region: str) -> str:
    """Why the section cannot be measured on this case; empty if it can."""
    if "t1ce" not in case.volumes:
        return "there is no T1ce, on which this prediction rests; add the T1ce where it exists"
    inside = np.isin(case.label_map.array, REGIONS[region])
    if not inside.any():
        if case.label_map.array.any():
            return (
                f"the label map has no voxel of the region used here ({region}: {REGION_NAMES[region].lower()}); "
                "outline it, or use a model of another region"
            )
        return "the label map is empty; outline the tumour"
    try:
        image, mask = _section(case, region)
    except RefusedInput as error:
        return str(error)
    values = image.array[mask.array > 0]
    if values.size < LEAST_PIXELS:
        return f"the largest section of the tumour has {values.size} pixels; {LEAST_PIXELS} are needed for its texture"
    if np.ptp(values) == 0:
        return "the T1ce is constant inside the tumour; give the image itself, not a mask"
    return ""


def canonical(case: CaseData) -> tuple[Volume, Volume]:
    """T1ce and label map with sections along the last axis, as axial as the grid allows."""
    return to_canonical(case.volumes["t1ce"]), to_canonical(case.label_map)


def patch(case: CaseData, region: str) -> npt.NDArray[np.float32]:
    """The box around the tumour in its largest section, as a square picture.

    Returns:
        Shape (224, 224), rows from anterior to posterior, columns from the patient's right to left, bilinear, lowest to
        highest value of the box as 0 to 255.
    """
    from scipy.ndimage import map_coordinates

    image, mask = _section(case, region)
    inside = mask.array[:, :, 0] > 0
    box = tuple(slice(int(part.min()), int(part.max()) + 1) for part in np.nonzero(inside))
    pixels = image.array[:, :, 0][box][::-1, ::-1].T
    places = [(np.arange(SIDE) + 0.5) * size / SIDE - 0.5 for size in pixels.shape]
    square = map_coordinates(pixels, np.meshgrid(*places, indexing="ij"), order=1, mode="nearest")
    low, high = float(square.min()), float(square.max())
    return ((square - low) * (255.0 / max(high - low, 1e-12))).astype(np.float32)


def _section(case: CaseData, region: str) -> tuple[Volume, Volume]:
    return largest_section(*canonical(case), REGIONS[region])
