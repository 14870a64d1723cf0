"""Augmentation of axial slices: `draw` decides, `apply` acts, so that any step can be replayed.

That of Kobayashi et al. 2021: horizontal flips, rotations, shifts and scalings of the intensities. The paper gives no
numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional


@dataclass(frozen=True)
class SliceAugmentation:
    """How strongly to vary; ranges are uniform.

    Attributes:
        flip: Mirror half of the slices left to right (axis i).
        rotate_degrees: Largest rotation, either way.
        shift: Largest shift of each sequence's intensities, in standard deviations of the brain.
        scale: Largest change of each sequence's contrast, as a share.
    """

    flip: bool = True
    rotate_degrees: float = 15.0
    shift: float = 0.1
    scale: float = 0.1


@dataclass(frozen=True)
class SliceDraw:
    """Everything random about one slice.

    Attributes:
        mirrored: Whether it is flipped.
        angle: Of rotation, in radians.
        shift: Of each sequence.
        gain: Of each sequence.
    """

    mirrored: bool
    angle: float
    shift: npt.NDArray[np.float64]
    gain: npt.NDArray[np.float64]


def draw(rng: np.random.Generator, settings: SliceAugmentation, sequences: int) -> SliceDraw:
    """Draw the variation of one slice."""
    return SliceDraw(
        mirrored=bool(settings.flip and rng.random() < 0.5),
        angle=math.radians(settings.rotate_degrees) * float(rng.uniform(-1, 1)),
        shift=settings.shift * rng.uniform(-1, 1, sequences),
        gain=1.0 + settings.scale * rng.uniform(-1, 1, sequences),
    )


def apply(images: torch.Tensor, labels: torch.Tensor, drawn: list[SliceDraw]) -> tuple[torch.Tensor, torch.Tensor]:
    """Vary slices and their labels alike.

    Args:
        images: Shape ``(batch, sequences, i, j)``; 0 is background.
        labels: Shape ``(batch, i, j)``, int64.
        drawn: One per slice.

    Returns:
        Same shapes. What comes in from outside is background, and background stays 0.
    """
    images, labels = _turned(images, labels, drawn)
    shift, gain = (
        torch.from_numpy(np.stack([getattr(one, name) for one in drawn])).to(images.dtype)[:, :, None, None]
        for name in ("shift", "gain")
    )
    return torch.where(images != 0, images * gain + shift, images), labels


def _turned(images: torch.Tensor, labels: torch.Tensor, drawn: list[SliceDraw]) -> tuple[torch.Tensor, torch.Tensor]:
    if not any(one.mirrored or one.angle for one in drawn):
        return images, labels
    grid = functional.affine_grid(_theta(drawn, images.shape[2:]), list(images.shape), align_corners=True)
    turned = functional.grid_sample(images, grid, mode="bilinear", align_corners=True)
    moved = functional.grid_sample(labels[:, None].float(), grid, mode="nearest", align_corners=True)[:, 0]
    return turned, moved.round().to(labels.dtype)


def _theta(drawn: list[SliceDraw], shape: torch.Size) -> torch.Tensor:
    """Matrices for ``affine_grid``, which works in (j, i) order on coordinates from -1 to 1."""
    across, down = (max(n - 1, 1) / 2.0 for n in (shape[1], shape[0]))
    theta = torch.zeros(len(drawn), 2, 3)
    for matrix, one in zip(theta, drawn, strict=True):
        c, s, side = math.cos(one.angle), math.sin(one.angle), -1.0 if one.mirrored else 1.0
        matrix[0, 0], matrix[0, 1] = c, s * side * down / across
        matrix[1, 0], matrix[1, 1] = -s * across / down, c * side
    return theta
