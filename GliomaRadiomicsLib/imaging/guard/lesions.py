"""Outlines that look like metastases rather than a glioma: several separate lesions, or much oedema around little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import ET, region_mask, region_volumes_ml
from GliomaRadiomicsLib.core.volume import Volume

LESION_ML = 0.3
"""Enhancing part from which a lesion counts; none of 18 patients had a second lesion with any."""
SEPARATE = 2
_SMALL_CORE_ML, _MUCH_OEDEMA_ML, _RATIO = 6.0, 60.0, 15.0
"""Most oedema around such a small core in 18 patients: 52 ml, ratio 13 (three more had 27 to 38 ml, ratio 9 to 49)."""


@dataclass(frozen=True)
class Lesions:
    """What the outline looks like.

    Attributes:
        separate: Enhancing lesions with more than two voxels of healthy tissue between them.
        oedema_ml: Oedema.
        core_ml: Tumour core.
    """

    separate: int
    oedema_ml: float
    core_ml: float

    @property
    def several(self) -> bool:
        """Whether there are several separate enhancing lesions."""
        return self.separate >= SEPARATE

    @property
    def mostly_oedema(self) -> bool:
        """Whether a small core lies in much oedema."""
        small = 0.0 < self.core_ml < _SMALL_CORE_ML
        return small and self.oedema_ml >= max(_MUCH_OEDEMA_ML, _RATIO * self.core_ml)


def lesions_of(label_map: Volume) -> Lesions:
    """Lesions in a 0/1/2/4 label map of about 3 mm."""
    labels = label_map.array
    volumes = region_volumes_ml(labels, label_map.voxel_volume_mm3)
    parts, count = ndimage.label(ndimage.binary_dilation(region_mask(labels, "WT")))
    enhancing = ndimage.sum_labels(labels == ET, parts, np.arange(1, count + 1)) if count else np.zeros(0)
    separate = int((enhancing * label_map.voxel_volume_mm3 / 1000.0 >= LESION_ML).sum())
    return Lesions(separate, volumes["ED"], volumes["TC"])
