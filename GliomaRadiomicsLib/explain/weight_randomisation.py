"""Does a heat map depend on what the network has learned? It is compared with that of a network of random weights.

Adebayo et al. 2018, "Sanity checks for saliency maps" (https://arxiv.org/abs/1810.03292).
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Explain = Callable[[nn.Module], npt.NDArray[np.floating]]
"""The heat map of one fixed case under a network."""


def weight_randomisation(
    explain: Explain, network: nn.Module, *, runs: int = 3, seed: int = 0, mask: npt.NDArray[np.bool_] | None = None
) -> float:
    """Mean rank correlation of the map with those of networks whose weights are shuffled.

    Within each weight tensor the entries change places, so that sizes stay and what was learned goes. Near 0: the map
    shows what was learned. Near 1: it would look so for any weights, like an edge detector.

    Args:
        explain: The heat map under a network; its absolute values are compared.
        network: The trained network; it is copied, not changed.
        runs: Number of shuffled networks.
        seed: Of the shuffling.
        mask: Which voxels of the map count.

    Returns:
        Spearman's rho from -1 to 1, of the shuffled networks whose map is not constant; NaN where there is none, or the
        map itself is constant: a flat map says nothing about the weights.
    """
    own = _values(explain(network), mask)
    if own.min() == own.max():
        return float("nan")
    ranks = _ranks(own)
    found = []
    for run in range(runs):
        other = _values(explain(shuffled(network, seed + run)), mask)
        if other.min() != other.max():
            found.append(float(np.corrcoef(ranks, _ranks(other))[0, 1]))
    return float(np.mean(found)) if found else float("nan")


def shuffled(network: nn.Module, seed: int) -> nn.Module:
    """A copy of ``network`` in which the entries of every weight tensor have changed places at random."""
    other = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in other.parameters():
            order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
            parameter.copy_(parameter.flatten()[order].reshape(parameter.shape))
    return other


def _values(heat: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.floating]:
    return np.abs(heat.ravel() if mask is None else heat[mask])


def _ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    from scipy.stats import rankdata

    return rankdata(values)
