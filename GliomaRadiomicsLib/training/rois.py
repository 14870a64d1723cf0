"""Augmentation of whole regions of interest: `draw` decides, `apply` acts, so that any step can be replayed.

That of Pereira et al. 2018: sagittal flips, rotations within 20 degrees, rotations by 90 degrees, and an exponential
transformation of the intensities. The paper does not say about which axes it rotates: small rotations here are about
all three, those by 90 degrees in the axial plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from GliomaRadiomicsLib.training.augmentation import rotation


@dataclass(frozen=True)
class RoiAugmentation:
    """How strongly to vary; ranges are uniform.

    Attributes:
        flip: Mirror half of the regions left to right (axis i).
        rotate_degrees: Largest rotation about each axis.
        quarter_turns: Turn by 0, 90, 180 or 270 degrees in the axial plane; needs a region as wide as it is deep.
        gamma: Smallest and largest exponent.
        edge: What comes in from outside the region when it is rotated: "zeros" or "border" (the nearest voxel).
    """

    flip: bool = True
    rotate_degrees: float = 20.0
    quarter_turns: bool = True
    gamma: tuple[float, ...] = (0.85, 1.15)
    edge: str = "zeros"


@dataclass(frozen=True)
class RoiDraw:
    """Everything random about one region.

    Attributes:
        matrix: 3x3, from offsets of the varied region to those of the given one, both in voxels.
        gamma: Exponent of the intensities.
    """

    matrix: npt.NDArray[np.float64]
    gamma: float


def draw(rng: np.random.Generator, settings: RoiAugmentation) -> RoiDraw:
    """Draw the variation of one region."""
    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(settings.rotate_degrees) * rng.uniform(-1, 1, 3)):
        matrix = matrix @ rotation(axis, float(angle))
    if settings.quarter_turns:
        matrix = matrix @ np.round(rotation(2, np.pi / 2 * int(rng.integers(4))))
    if settings.flip and rng.random() < 0.5:
        matrix = matrix @ np.diag([-1.0, 1.0, 1.0])
    return RoiDraw(matrix, float(rng.uniform(settings.gamma[0], settings.gamma[1])))


def apply(images: torch.Tensor, drawn: list[RoiDraw], edge: str = "zeros") -> torch.Tensor:
    """Vary regions.

    Args:
        images: Shape ``(batch, sequences, i, j, k)``.
        drawn: One per region of the batch.
        edge: As `RoiAugmentation.edge`.

    Returns:
        Same shape. Where a sequence has values on both sides of 0, voxels of 0, the background, stay 0.
    """
    turned = _turned(images, np.stack([one.matrix for one in drawn]), edge)
    gamma = torch.tensor([one.gamma for one in drawn], dtype=turned.dtype).view(-1, 1, 1, 1, 1)
    return _curved(turned, gamma)


def _turned(images: torch.Tensor, matrices: npt.NDArray[np.float64], edge: str) -> torch.Tensor:
    if np.array_equal(matrices, np.broadcast_to(np.eye(3), matrices.shape)):
        return images
    half = (np.array(images.shape[2:]) - 1) / 2.0
    # affine_grid works in (k, j, i) order on coordinates from -1 to 1
    scaled = (matrices * half[None, None, :] / half[None, :, None])[:, ::-1, ::-1]
    theta = torch.zeros((len(images), 3, 4))
    theta[:, :, :3] = torch.from_numpy(np.ascontiguousarray(scaled)).float()
    grid = functional.affine_grid(theta, list(images.shape), align_corners=True)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode=edge, align_corners=True)


def _curved(images: torch.Tensor, gamma: torch.Tensor) -> torch.Tensor:
    """Intensities of each sequence, from its smallest to its largest, raised to a power, and moved so that 0 stays 0.

    The background of standardised images is 0, and so is the mean of the brain: moving one against the other would
    draw an edge around the brain.
    """
    flat = images.flatten(2)
    low, high = flat.amin(2)[..., None, None, None], flat.amax(2)[..., None, None, None]
    width = (high - low).clamp(min=1e-6)
    still = torch.zeros_like(low).clamp(low, high)

    def curve(values: torch.Tensor) -> torch.Tensor:
        return ((values - low) / width).clamp(0.0, 1.0) ** gamma

    return still + (curve(images) - curve(still)) * width
