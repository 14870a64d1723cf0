"""Synthetic cases for feature maps, with few voxels each; used by ``make_voxel_golden.py`` and by the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from radiomics_cases import SHAPE, Case, noisy_image


@dataclass(frozen=True)
class VoxelCase:
    """An image with its mask and pyradiomics' settings, those of its ``voxelSetting``, and its ``imageType``."""

    case: Case
    voxel: dict[str, Any] = field(default_factory=dict)
    filters: dict[str, Any] = field(default_factory=lambda: {"Original": {}})


def _box(*ranges: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[tuple(slice(*limits) for limits in ranges)] = 1
    return mask


def voxel_cases() -> dict[str, VoxelCase]:
    """All cases by name."""
    image = noisy_image()
    block = _box((8, 12), (7, 10), (5, 8))
    ragged = _box((7, 12), (6, 10), (4, 7)) * (image % 3 > 0)
    ragged[18, 15, 10] = 1
    corner = _box((0, 3), (0, 3), (0, 2))
    wide = _box((8, 13), (8, 12), (5, 7))
    thick = {"spacing": (0.9, 1.1, 5.5), "oblique": True}
    coarse = {"binWidth": 60.0}

    def with_settings(voxel: dict[str, Any], **settings: Any) -> VoxelCase:
        return VoxelCase(Case(image, wide, settings=settings, **thick), voxel)

    return {
        "block": VoxelCase(Case(image, block, settings=coarse)),
        "ragged": VoxelCase(Case(image, ragged, settings=coarse, **thick), {"initValue": -1}),
        "unmasked": VoxelCase(Case(image, corner, settings=coarse), {"maskedKernel": False}),
        "filtered": VoxelCase(
            Case(image, corner, settings=coarse), filters={"LoG": {"sigma": [1.0], "binWidth": 15.0}, "Gradient": {}}
        ),
        "float32": VoxelCase(Case((image / np.float32(7)).astype(np.float32), block, settings={"binWidth": 5.0})),
        "wide": with_settings({"kernelRadius": 2}, binWidth=40.0),
        "plane_by_plane": with_settings({"kernelRadius": 2, "voxelBatch": 7}, force2D=True, binCount=6),
        "distances": with_settings({"kernelRadius": 2}, distances=[1, 2], gldm_a=1, symmetricalGLCM=False, **coarse),
        "weighted": with_settings({}, weightingNorm="euclidean", voxelArrayShift=300, **coarse),
        "normalised": with_settings({}, normalize=True, normalizeScale=100, binWidth=30.0),
    }
