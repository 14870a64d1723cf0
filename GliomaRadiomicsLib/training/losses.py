"""Losses for segmentation and for the codebook."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

ABSENT = 0.4
"""Weight of the Dice term of a region that the target does not hold."""

SMOOTH, SMOOTH_ABSENT = 10.0, 1000.0
"""Voxels added above and below in the Dice term. Of an absent region many, since with few the term is as good as 1, and
its slope as good as 0, once some hundred voxels are false."""


def dice_bce_loss(
    logits: torch.Tensor, target: torch.Tensor, weights: torch.Tensor, most_voxels: float = math.inf
) -> torch.Tensor:
    """Soft Dice plus binary cross-entropy, per region, weighted over the regions.

    Where a region is absent from the target its Dice term, which then only counts false voxels, weighs `ABSENT`, so
    that many patches without enhancing tumour do not outweigh the few that have some.

    Args:
        logits: Shape ``(batch, regions, i, j, k)``.
        target: 0 or 1, same shape.
        weights: Weight of each region, shape ``(regions,)``.
        most_voxels: The sum of the cross-entropy is divided by this where there are more voxels, else by their number.
            As a mean over a whole brain a false voxel would weigh a tenth of what it does in a patch, and next to
            nothing beside the Dice term.

    Returns:
        A scalar; Dice term from 0 to 1 plus twice the cross-entropy, both as means over regions and batch.
    """
    spatial = (2, 3, 4)
    probability = logits.sigmoid()
    overlap = (probability * target).sum(spatial)
    size = (probability * probability).sum(spatial) + target.sum(spatial)
    present = target.amax(spatial)
    smooth = SMOOTH + (SMOOTH_ABSENT - SMOOTH) * (1.0 - present)
    dice = 1.0 - (2.0 * overlap + smooth) / (size + smooth)
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, target, reduction="none").sum(spatial)
    cross_entropy = cross_entropy / min(target[0, 0].numel(), most_voxels)
    per_region = (dice * (ABSENT + (1.0 - ABSENT) * present) + 2.0 * cross_entropy).mean(0)
    return (per_region * weights).sum() / weights.sum()


def joint_dice_bce_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Dice plus binary cross-entropy of the tumour's probability under a softmax (Jinling 2023, "joint loss").

    Args:
        logits: Of background and tumour, shape ``(batch, 2, ...)``.
        target: 0 or 1, shape ``(batch, ...)``.

    Returns:
        A scalar; the Dice term from 0 to 1, over the whole batch, plus the mean cross-entropy.
    """
    tumour = logits[:, 1] - logits[:, 0]  # the softmax over two is the sigmoid of their difference
    wanted, probability = target.to(tumour.dtype), tumour.sigmoid()
    overlap, size = (probability * wanted).sum(), probability.sum() + wanted.sum()
    dice = 1.0 - (2.0 * overlap + 1.0) / (size + 1.0)
    return dice + functional.binary_cross_entropy_with_logits(tumour, wanted)


def generalised_dice_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Generalised Dice over the batch: labels weighted by the inverse square of their volume.

    Sudre et al. 2017 (https://arxiv.org/abs/1707.03237). A label absent from the target gets the largest weight of
    those present, so that its false voxels count.

    Args:
        logits: Shape ``(batch, labels, ...)``; a softmax is taken over the labels.
        target: Label numbers, int64, shape ``(batch, ...)``.

    Returns:
        A scalar from 0 to 1.
    """
    probability = logits.softmax(1).transpose(0, 1).flatten(1)
    wanted = functional.one_hot(target.flatten(), logits.shape[1]).T.to(probability.dtype)
    volume = wanted.sum(1)
    weight = torch.where(volume > 0, 1.0 / volume.clamp(min=1.0).square(), 0.0)
    weight = torch.where(volume > 0, weight, weight.max())
    overlap = (weight * (probability * wanted).sum(1)).sum()
    size = (weight * (probability.sum(1) + volume)).sum()
    return 1.0 - 2.0 * overlap / size


def focal_loss(logits: torch.Tensor, target: torch.Tensor, gamma: float = 2.0) -> torch.Tensor:
    """Cross-entropy in which a voxel weighs (1 - p)**gamma, p being the probability of its own label.

    Lin et al. 2017 (https://arxiv.org/abs/1708.02002), without weights of the labels.

    Args:
        logits: Shape ``(batch, labels, ...)``.
        target: Label numbers, int64, shape ``(batch, ...)``.
        gamma: 0 gives the cross-entropy.

    Returns:
        A scalar: the mean over the voxels.
    """
    log_probability = -functional.cross_entropy(logits, target, reduction="none")
    return -((1.0 - log_probability.exp()) ** gamma * log_probability).mean()


def latent_loss(latent: torch.Tensor, quantised: torch.Tensor, beta: float = 0.25) -> torch.Tensor:
    """Codebook loss plus ``beta`` times commitment loss (Kobayashi 2021, eq. 3), as means of squares.

    The first moves the codewords to the encoder's vectors, the second the vectors to their codewords. ``beta`` is not
    in the paper; .25 is that of van den Oord et al. 2017 (https://arxiv.org/abs/1711.00937). With a codebook learned by
    moving average the first has no gradient.

    Args:
        latent: z_e, shape ``(batch, D, i, j)``.
        quantised: The codewords chosen, same shape, with their gradient.
        beta: Weight of the commitment.
    """
    codebook = functional.mse_loss(quantised, latent.detach())
    return codebook + beta * functional.mse_loss(latent, quantised.detach())


def vq_segmentation_loss(
    logits: torch.Tensor, target: torch.Tensor, latent: torch.Tensor, quantised: torch.Tensor, beta: float = 0.25
) -> torch.Tensor:
    """Latent loss plus generalised Dice plus focal loss (Kobayashi 2021, eq. 4); shapes as in each of them."""
    segmentation = generalised_dice_loss(logits, target) + focal_loss(logits, target)
    return latent_loss(latent, quantised, beta) + segmentation
