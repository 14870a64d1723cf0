"""Grad-CAM at the last two residual blocks and guided backpropagation of the predicted grade, on the region's grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import feature_grid, onto_patient

if TYPE_CHECKING:
    import torch
    from torch import nn

Array = npt.NDArray[np.float32]


def log_odds(output: torch.Tensor) -> torch.Tensor:
    """Of WHO grade 4, from logits ``(batch, 2)``."""
    return output[:, 1] - output[:, 0]


def predicted_class(output: torch.Tensor) -> torch.Tensor:
    """Logit of the class that is predicted, ``(batch,)``."""
    return output.amax(1)


def blocks_of(network: nn.Module) -> tuple[str, ...]:
    """Names of the last two residual blocks, the last first; the paper's Res4 and Res3."""
    return tuple(reversed(list(network.blocks)[-2:]))  # type: ignore[arg-type]


def grad_cam_map(network: nn.Module, images: torch.Tensor, block: str, region: Volume) -> Volume:
    """Grad-CAM of a block for one region ``(1, sequences, i, j, k)``, on the block's own coarse grid."""
    from GliomaRadiomicsLib.explain.grad_cam import grad_cam

    layer = dict(network.named_modules())[f"blocks.{block}"]
    heat = grad_cam(network, layer, images, predicted_class)[0, 0].numpy()
    stride, offset = network.placement(block)  # type: ignore[operator]
    return feature_grid(region, heat.shape, stride, offset).with_array(heat)


def heat_on_region(network: nn.Module, images: torch.Tensor) -> Array:
    """Grad-CAM of the last block on the voxels of the region, for the test of its faithfulness."""
    region = Volume(np.broadcast_to(np.uint8(0), tuple(images.shape[2:])), np.eye(4))
    coarse = grad_cam_map(network, images, blocks_of(network)[0], region)
    return onto_patient(coarse.array, coarse, region).array


def guided_map(network: nn.Module, images: torch.Tensor) -> Array:
    """Guided backpropagation, shape (sequences, i, j, k)."""
    from GliomaRadiomicsLib.explain.guided_backpropagation import guided_backpropagation

    return guided_backpropagation(network, images, predicted_class)[0].numpy()
