"""What the segmentation network sees: canonical orientation, working spacing, cropped to the brain, z-scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop_box, resample_spacing, to_canonical
from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask

MARGIN = 4
LIMITS = (-5.0, 8.0)
WORKING_SPACING_MM = 1.0
SPACING_TOLERANCE = 0.1


@dataclass(frozen=True)
class NetworkInput:
    """One case as the network sees it.

    Attributes:
        images: float32 ``(4, i, j, k)`` in the order of `SEQUENCES`; zero outside the brain and where missing.
        present: Boolean ``(4,)``.
        box: Slices of the brain box in the grid of the volumes.
    """

    images: np.ndarray
    present: np.ndarray
    box: tuple[slice, ...]


def to_working_grid(volume: Volume, *, label: bool = False) -> Volume:
    """``volume`` in canonical orientation at the working spacing; not interpolated where it is near that already."""
    canonical = to_canonical(volume)
    if np.allclose(canonical.spacing, WORKING_SPACING_MM, atol=SPACING_TOLERANCE):
        return canonical
    return resample_spacing(canonical, WORKING_SPACING_MM, label=label)


def prepare(volumes: dict[str, Volume], brain_mask: np.ndarray) -> NetworkInput:
    """Crop to the brain and z-score each sequence inside it.

    Args:
        volumes: Sequences by role, all on one grid, in canonical (closest to RAS) orientation.
        brain_mask: Boolean, on the same grid.
    """
    box = crop_box(brain_mask, MARGIN)
    mask = brain_mask[box]
    images = np.zeros((len(SEQUENCES), *mask.shape), dtype=np.float32)
    for channel, role in enumerate(SEQUENCES):
        if role in volumes:
            images[channel] = np.clip(zscore_in_mask(volumes[role].array[box], mask), *LIMITS)
    return NetworkInput(images, np.array([role in volumes for role in SEQUENCES]), box)
