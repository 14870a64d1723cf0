"""Augmentation of 3-D multi-sequence patches: `draw` decides, `apply_*` acts, so that any step can be replayed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

FLAIR, T1CE = 3, 1


@dataclass(frozen=True)
class AugmentationSettings:
    """How strongly to vary. Probabilities are per patch; ranges are uniform unless said otherwise."""

    rotate_degrees: float = 15.0
    scale: float = 0.15
    p_affine: float = 0.5
    p_flip: float = 0.5
    contrast: float = 0.25
    shift: float = 0.25
    gamma: float = 0.35
    p_gamma: float = 0.3
    noise: float = 0.12
    p_noise: float = 0.3
    p_blur: float = 0.15
    bias: float = 0.4
    p_bias: float = 0.6
    p_deenhance: float = 0.1
    p_all_sequences: float = 0.55
    p_flair_only: float = 0.12


@dataclass(frozen=True)
class Draw:
    """Everything random about one patch."""

    matrix: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    gamma: np.ndarray | None
    noise_sd: float
    noise_seed: int
    blur_axis: int | None
    blur_factor: int
    bias: np.ndarray | None
    deenhance: bool
    present: np.ndarray


def draw(rng: np.random.Generator, settings: AugmentationSettings, available: np.ndarray) -> Draw:
    """Draw the variation of one patch; ``available`` says which sequences the case has."""
    n = len(available)
    return Draw(
        matrix=_draw_matrix(rng, settings),
        gain=1.0 + settings.contrast * rng.uniform(-1, 1, n),
        offset=settings.shift * rng.uniform(-1, 1, n),
        gamma=np.exp(settings.gamma * rng.uniform(-1, 1, n)) if rng.random() < settings.p_gamma else None,
        noise_sd=settings.noise * rng.random() if rng.random() < settings.p_noise else 0.0,
        noise_seed=int(rng.integers(2**31)),
        blur_axis=int(rng.integers(3)) if rng.random() < settings.p_blur else None,
        blur_factor=int(rng.integers(2, 5)),
        bias=settings.bias * rng.uniform(-1, 1, (n, 3, 3, 3)) if rng.random() < settings.p_bias else None,
        deenhance=rng.random() < settings.p_deenhance,
        present=_draw_present(rng, settings, available),
    )


def _draw_matrix(rng: np.random.Generator, settings: AugmentationSettings) -> np.ndarray:
    matrix = np.eye(3)
    if rng.random() < settings.p_affine:
        angles = np.radians(settings.rotate_degrees) * rng.uniform(-1, 1, 3)
        for axis, angle in enumerate(angles):
            matrix = matrix @ rotation(axis, angle)
        matrix = matrix * (1.0 + settings.scale * rng.uniform(-1, 1))
    if rng.random() < settings.p_flip:
        matrix = matrix @ np.diag([-1.0, 1.0, 1.0])
    return matrix


def rotation(axis: int, angle: float) -> np.ndarray:
    """3x3 matrix that turns by ``angle`` (radians) about an axis."""
    c, s = math.cos(angle), math.sin(angle)
    matrix = np.eye(3)
    a, b = [i for i in range(3) if i != axis]
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -s, s, c
    return matrix


def _draw_present(rng: np.random.Generator, settings: AugmentationSettings, available: np.ndarray) -> np.ndarray:
    kind = rng.random()
    if kind < settings.p_all_sequences:
        return available.copy()
    if kind < settings.p_all_sequences + settings.p_flair_only and available[FLAIR]:
        return np.arange(len(available)) == FLAIR
    present = available & (rng.random(len(available)) < 0.5)
    return present if present.any() else available.copy()


def apply_spatial(
    images: torch.Tensor, labels: torch.Tensor, centre: np.ndarray, shape: tuple[int, int, int], matrix: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut a rotated, scaled, mirrored patch.

    Args:
        images: Shape ``(sequences, i, j, k)``.
        labels: Shape ``(i, j, k)``, integer.
        centre: Voxel index of the patch centre in the images.
        shape: Shape of the patch.
        matrix: 3x3, from patch offsets to image offsets, in voxels.

    Returns:
        Patch of shape ``(sequences, *shape)`` (zero outside the image) and its labels of ``shape``.
    """
    if np.array_equal(np.abs(matrix), np.eye(3)):
        images, labels = _cut(images, labels, centre, shape)
        return (images.flip(1), labels.flip(0)) if matrix[0, 0] < 0 else (images, labels)
    size = np.array(images.shape[1:], dtype=float)
    theta = np.zeros((3, 4))
    half = (np.array(shape) - 1) / 2.0
    # affine_grid works in (k, j, i) order on coordinates from -1 to 1
    theta[:, :3] = (matrix * half[None, :] / ((size - 1) / 2.0)[:, None])[::-1, ::-1]
    theta[:, 3] = ((centre - (size - 1) / 2.0) / ((size - 1) / 2.0))[::-1]
    grid = functional.affine_grid(torch.as_tensor(theta, dtype=torch.float32)[None], [1, 1, *shape], align_corners=True)
    patch = functional.grid_sample(images[None], grid, mode="bilinear", align_corners=True)[0]
    label = functional.grid_sample(labels[None, None].float(), grid, mode="nearest", align_corners=True)[0, 0]
    return patch, label.to(labels.dtype)


def _cut(
    images: torch.Tensor, labels: torch.Tensor, centre: np.ndarray, shape: tuple[int, int, int]
) -> tuple[torch.Tensor, torch.Tensor]:
    start = [int(round(c - s / 2)) for c, s in zip(centre, shape, strict=True)]
    patch = torch.zeros((images.shape[0], *shape), dtype=images.dtype)
    label = torch.zeros(shape, dtype=labels.dtype)
    source, target = [], []
    for begin, length, size in zip(start, shape, labels.shape, strict=True):
        low, high = max(begin, 0), min(begin + length, size)
        source.append(slice(low, max(high, low)))
        target.append(slice(low - begin, max(high, low) - begin))
    patch[(slice(None), *target)] = images[(slice(None), *source)]
    label[tuple(target)] = labels[tuple(source)]
    return patch, label


def deenhance(patch: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Turn the enhancing tumour into a non-enhancing one: T1ce takes T1's (z-scored) values there, 4 becomes 1."""
    enhancing = labels == 4
    near = functional.max_pool3d(enhancing[None, None].float(), 3, stride=1, padding=1)[0, 0] > 0
    patch = patch.clone()
    patch[T1CE][near] = patch[0][near]
    return patch, torch.where(enhancing, torch.ones_like(labels), labels)


def apply_intensity(patch: torch.Tensor, variation: Draw) -> torch.Tensor:
    """Vary contrast, gamma, resolution, bias and noise of ``patch`` ``(sequences, i, j, k)``; background stays zero."""
    brain = (patch != 0).any(0, keepdim=True)
    shape = (-1, 1, 1, 1)
    x = patch * _tensor(variation.gain).view(shape) + _tensor(variation.offset).view(shape)
    if variation.gamma is not None:
        x = (((x + 4.0).clamp(min=0.0) / 8.0) ** _tensor(variation.gamma).view(shape)) * 8.0 - 4.0
    if variation.blur_axis is not None:
        x = _coarsen(x, variation.blur_axis, variation.blur_factor)
    if variation.bias is not None:
        field = functional.interpolate(_tensor(variation.bias)[None], size=x.shape[1:], mode="trilinear")[0]
        x = (x + 4.0) * field.exp() - 4.0
    if variation.noise_sd:
        generator = torch.Generator().manual_seed(variation.noise_seed)
        x = x + variation.noise_sd * torch.randn(x.shape, generator=generator)
    return x * brain * _tensor(variation.present).view(shape)


def _coarsen(x: torch.Tensor, axis: int, factor: int) -> torch.Tensor:
    size = list(x.shape[1:])
    coarse = size.copy()
    coarse[axis] = max(1, size[axis] // factor)
    low = functional.interpolate(x[None], size=coarse, mode="area")
    return functional.interpolate(low, size=size, mode="trilinear")[0]


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)
