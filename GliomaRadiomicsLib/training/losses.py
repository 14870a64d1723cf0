"""Losses for segmentation."""

from __future__ import annotations

import torch
from torch.nn import functional

ABSENT = 0.2
"""Weight of the Dice term of a region that the target does not hold."""


def dice_bce_loss(logits: torch.Tensor, target: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Soft Dice plus binary cross-entropy, per region, weighted over the regions.

    Where a region is absent from the target its Dice term, which then only counts false voxels, weighs `ABSENT`, so
    that many patches without enhancing tumour do not outweigh the few that have some.

    Args:
        logits: Shape ``(batch, regions, i, j, k)``.
        target: 0 or 1, same shape.
        weights: Weight of each region, shape ``(regions,)``.

    Returns:
        A scalar; Dice term from 0 to 1 plus the mean cross-entropy.
    """
    spatial = (2, 3, 4)
    probability = logits.sigmoid()
    overlap = (probability * target).sum(spatial)
    size = (probability * probability).sum(spatial) + target.sum(spatial)
    dice = 1.0 - (2.0 * overlap + 10.0) / (size + 10.0)
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none").mean(spatial)
    present = target.amax(spatial)
    per_region = (dice * (ABSENT + (1.0 - ABSENT) * present) + 2.0 * cross_entropy).mean(0)
    return (per_region * weights).sum() / weights.sum()
