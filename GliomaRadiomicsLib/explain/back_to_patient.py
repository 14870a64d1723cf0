"""From a region a network saw, resized to its voxels, back into the patient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import Box, crop, grid_with_spacing, resample_like


def roi_grid(reference: Volume, box: Box, shape: tuple[int, int, int]) -> Volume:
    """Grid of ``shape`` voxels over the field of view of ``box`` of ``reference``; its array is zeros.

    Resampling an image onto it (`imaging.grid.resample_like`) is the resizing of a region to a network's fixed size.
    """
    cut = crop(Volume(np.broadcast_to(np.uint8(0), reference.shape), reference.affine), box)
    steps = [step * old / new for step, old, new in zip(cut.spacing, cut.shape, shape, strict=True)]
    return grid_with_spacing(cut, (steps[0], steps[1], steps[2]))


def feature_grid(roi: Volume, shape: tuple[int, int, int], stride: float, offset: float) -> Volume:
    """Grid of a feature map: its voxel n is centred on voxel ``offset + stride * n`` of ``roi`` along every axis.

    For networks without padding, see `GradingCNN.placement`.
    """
    affine = roi.affine.copy()
    affine[:3, 3] += roi.affine[:3, :3] @ np.full(3, offset)
    affine[:3, :3] *= stride
    return Volume(np.broadcast_to(np.uint8(0), shape), affine, roi.name)


def onto_patient(heat: npt.NDArray[np.floating], grid: Volume, native: Volume, name: str = "") -> Volume:
    """A heat map that lies on ``grid``, on the grid of ``native``: linear in between, 0 outside, float32."""
    lying = Volume(np.asarray(heat, dtype=np.float32), grid.affine, name)
    if lying.shape != grid.shape:
        msg = f"a map of shape {lying.shape} does not lie on a grid of shape {grid.shape}"
        raise ValueError(msg)
    return resample_like(lying, native)
