"""Encoder, codebook and logistic regression as one network, for tests of its heat maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from GliomaRadiomicsLib.systems.vq_grading.codes import coded, region_of
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel
from GliomaRadiomicsLib.systems.vq_grading.slices import as_volume


class VolumeGrader(nn.Module):
    """From volumes to log-odds of WHO grade 4.

    Args:
        network: The codebook network.
        model: On the counts.
        background: Codeword of the background.
    """

    def __init__(self, network: nn.Module, model: CountModel, background: int) -> None:
        super().__init__()
        self.network, self.model, self.background = network, model, background

    def forward(self, volumes: torch.Tensor) -> torch.Tensor:
        """``(batch, sequences, i, j, slices)`` to ``(batch,)``."""
        counts = np.stack([coded(self.network, _slices(volume)).counts for volume in volumes])
        return torch.from_numpy(self.model.log_odds(counts))

    def heat(self, volume: torch.Tensor) -> npt.NDArray[np.float32]:
        """Responsible region of the predicted grade, ``(1, sequences, i, j, slices)`` to ``(i, j, slices)``."""
        case = coded(self.network, _slices(volume[0]))
        is_hgg = bool(self.model.log_odds(case.counts[None])[0] >= 0)
        words = self.model.responsible(hgg=is_hgg)
        return as_volume(region_of(self.network, case.codes, words, self.background))


def _slices(volume: torch.Tensor) -> torch.Tensor:
    return volume.permute(3, 0, 1, 2).contiguous()
