"""Grad-CAM on the slices a network saw, put back into the volume they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.mgmt.network import as_input
from GliomaRadiomicsLib.systems.mgmt.slices import plane_of, slices_of

if TYPE_CHECKING:
    import torch

    from GliomaRadiomicsLib.networks.transfer_net import TransferNet

_BATCH = 8


def heat_map(network: TransferNet, volume: Volume, share: float, size: int) -> Volume | None:
    """Where the slices of a sequence speak for the positive class, on the grid of the sequence; 0 to 1, float32.

    Slices the network does not see are 0. None where nothing speaks for the positive class.
    """
    plane = plane_of(volume, share)
    maps = _maps(network, slices_of(volume, plane, size))
    taken = plane.take(volume.array).shape
    if not maps.any():
        return None
    array = plane.put_back(_resized(maps, (taken[1], taken[2])), volume.shape)
    return Volume(array / array.max(), volume.affine, volume.name) if array.any() else None


def _maps(network: TransferNet, slices: npt.NDArray) -> npt.NDArray[np.float32]:
    """Grad-CAM of every slice at the size of the network's last maps, shape (slices, rows, columns)."""
    from GliomaRadiomicsLib.explain.grad_cam import grad_cam

    def logit(output: torch.Tensor) -> torch.Tensor:
        return output

    found = [
        grad_cam(network, network.map_layer(), as_input(slices[start : start + _BATCH]), logit)[:, 0].numpy()
        for start in range(0, len(slices), _BATCH)
    ]
    return np.concatenate(found).astype(np.float32)


def _resized(maps: npt.NDArray[np.float32], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    import torch

    from GliomaRadiomicsLib.explain.grad_cam import upsampled

    return upsampled(torch.from_numpy(maps)[:, None], shape)[:, 0].numpy()
