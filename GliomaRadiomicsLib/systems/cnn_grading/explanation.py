"""Grad-CAM at residual blocks and guided backpropagation of the predicted grade, on the region's grid."""

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
LEAST_VOXELS = 4
"""Along each axis, of a block's map, for the map to tell places apart; the paper's last block has as many."""


def log_odds(output: torch.Tensor) -> torch.Tensor:
    """Of WHO grade 4, from logits ``(batch, 2)``."""
    return output[:, 1] - output[:, 0]


def predicted_class(output: torch.Tensor) -> torch.Tensor:
    """Logit of the class that is predicted, ``(batch,)``."""
    return output.amax(1)


def blocks_of(network: nn.Module, side: int) -> dict[str, str]:
    """Blocks that are explained, by the name of their map, for images of ``side`` voxels along the shortest axis.

    ``gradcam`` is the deepest block with `LEAST_VOXELS` along each axis, absent where none has. Those of the last two
    blocks that are left, such as the paper's Res3, are ``gradcam_<block>``, unless their map is a single voxel.
    """
    sides = {name: network.map_side(name, side) for name in network.blocks}  # type: ignore[operator, union-attr]
    roomy = [name for name, voxels in sides.items() if voxels >= LEAST_VOXELS]
    found = {"gradcam": roomy[-1]} if roomy else {}
    for name in reversed(list(sides)[-2:]):
        if sides[name] > 1 and name not in found.values():
            found[f"gradcam_{name}"] = name
    return found


def grad_cam_map(network: nn.Module, images: torch.Tensor, block: str, region: Volume) -> Volume:
    """Grad-CAM of a block for one region ``(1, sequences, i, j, k)``, on the block's own coarse grid."""
    from GliomaRadiomicsLib.explain.grad_cam import grad_cam

    layer = dict(network.named_modules())[f"blocks.{block}"]
    heat = grad_cam(network, layer, images, predicted_class)[0, 0].numpy()
    stride, offset = network.placement(block)  # type: ignore[operator]
    return feature_grid(region, heat.shape, stride, offset).with_array(heat)


def heat_on_region(network: nn.Module, images: torch.Tensor) -> Array:
    """The map ``gradcam`` on the voxels of the region, for the test of its faithfulness; flat where there is none."""
    region = Volume(np.broadcast_to(np.uint8(0), tuple(images.shape[2:])), np.eye(4))
    block = blocks_of(network, min(region.shape)).get("gradcam")
    if block is None:
        return np.zeros(region.shape, dtype=np.float32)
    coarse = grad_cam_map(network, images, block, region)
    return onto_patient(coarse.array, coarse, region).array


def guided_map(network: nn.Module, images: torch.Tensor) -> Array:
    """Guided backpropagation, shape (sequences, i, j, k)."""
    from GliomaRadiomicsLib.explain.guided_backpropagation import guided_backpropagation

    return guided_backpropagation(network, images, predicted_class)[0].numpy()
