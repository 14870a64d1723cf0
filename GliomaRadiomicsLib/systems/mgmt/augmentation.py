"""The paper's augmentation: zoom, rotation, shifts, mirroring left to right, brightness; chance apart from action."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings

if TYPE_CHECKING:
    import torch


def draw(n: int, settings: MgmtSettings, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """How each of n images is varied, shape (n, 7): 2x3 matrix from output to input in -1..1, and brightness."""
    zoom = random.uniform(settings.zoom[0], settings.zoom[1], n)
    angle = np.radians(settings.rotate_degrees) * random.uniform(-1, 1, n)
    shift = 2 * settings.shift * random.uniform(-1, 1, (n, 2))
    mirror = np.where(settings.flip & (random.random(n) < 0.5), -1.0, 1.0)
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    brightness = random.uniform(settings.brightness[0], settings.brightness[1], n)
    return np.stack([cos, -sin, shift[:, 0], sin * mirror, cos * mirror, shift[:, 1], brightness], axis=1).astype(
        np.float32
    )


def vary(images: torch.Tensor, drawn: torch.Tensor) -> torch.Tensor:
    """Images (n, 1, right, anterior) from 0 to 1, varied as ``drawn`` says; 0 comes in from outside.

    Grid coordinates are (last axis, axis before), so that mirroring left to right turns the second one round.
    """
    from torch.nn import functional

    matrix = drawn[:, :6].reshape(-1, 2, 3)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return (moved * drawn[:, 6, None, None, None]).clamp(0, 1)


def standing_still(n: int) -> npt.NDArray[np.float32]:
    """What `draw` gives where nothing is varied."""
    return np.tile(np.array([1, 0, 0, 0, 1, 0, 1], dtype=np.float32), (n, 1))


def steps_per_epoch(n: int, batch_size: int) -> int:
    """Batches of an epoch of n slices; none has fewer than two where n is at least two."""
    return max(1, min(math.ceil(n / batch_size), n // 2))
