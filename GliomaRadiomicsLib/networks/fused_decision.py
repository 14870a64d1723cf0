"""The decision of a support vector machine on deep and fixed features, as a network, so that it can be explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn


class FusedDecision(nn.Module):
    """From a patch to the decision of a radial kernel machine, the features that are not deep held fixed.

    Args:
        network: Gives deep features by its method ``features``.
        places: Where the deep features stand among the features of the machine.
        numbers: Which deep feature stands at each of these places.
        arrays: ``fixed``, standardised features of the patient, shape (features,), whose deep ones are not read;
            ``centre`` and ``spread`` of the deep ones; ``vectors`` (m, features) and ``weights`` (m,) of the machine.
        gamma: Of the kernel.
        intercept: Of the decision.
    """

    def __init__(
        self,
        network: nn.Module,
        places: Sequence[int],
        numbers: Sequence[int],
        arrays: Mapping[str, npt.NDArray[np.float64]],
        gamma: float,
        intercept: float,
    ) -> None:
        super().__init__()
        self.network, self.gamma, self.intercept = network, gamma, intercept
        self.places, self.numbers = list(places), list(numbers)
        for name in ("fixed", "centre", "spread", "vectors", "weights"):
            self.register_buffer(name, torch.from_numpy(np.array(arrays[name], dtype=np.float32)))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Shape ``(batch, sequences, i, j, k)`` to decisions ``(batch, 1)``."""
        fixed, centre, spread, vectors, weights = (
            cast(torch.Tensor, getattr(self, name)) for name in ("fixed", "centre", "spread", "vectors", "weights")
        )
        deep = self.network.features(images)[:, self.numbers]  # type: ignore[operator]
        x = fixed.repeat(len(images), 1).index_copy(1, torch.tensor(self.places), (deep - centre) / spread)
        distance = (x[:, None] - vectors[None]).square().sum(2)
        return (torch.exp(-self.gamma * distance) @ weights + self.intercept)[:, None]
