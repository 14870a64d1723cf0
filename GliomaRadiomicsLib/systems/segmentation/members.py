"""The networks of a bundle that `train segmentation` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet


def networks_of(metadata: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> list[SegmentationNet]:
    """Every member in float32, by the bundle's metadata and tensors."""
    import torch

    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet

    networks = []
    for member in range(metadata["network"]["members"]):
        network = SegmentationNet(channels=tuple(metadata["network"]["channels"]))
        mine = {name.removeprefix(f"{member}."): w for name, w in weights.items() if name.startswith(f"{member}.")}
        network.load_state_dict({name: torch.from_numpy(w).float() for name, w in mine.items()})
        networks.append(network)
    return networks
