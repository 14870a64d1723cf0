"""A backbone with a small head, trained in two stages (Spoorthy 2023, EfficientNet-B0 for MGMT methylation).

Stage 1 trains the head on the frozen backbone; stage 2 trains everything but the batch normalisations. What is frozen
runs as in evaluation, so that its averages stay as they are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

FROZEN, FINE_TUNING = 1, 2


class TransferNet(nn.Module):
    """Embedding of the backbone, batch normalisation, dropout, 32 units, ReLU, the same again, one logit.

    Args:
        backbone: A network with ``embed``, such as `networks.efficientnet.EfficientNet`.
        embedding_size: Length of the embedding.
        hidden: Units of the layer in between.
        dropout: Before either fully connected layer.
    """

    def __init__(self, backbone: nn.Module, embedding_size: int, hidden: int = 32, dropout: float = 0.4) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.head = nn.Sequential(
            nn.BatchNorm1d(embedding_size),
            nn.Dropout(dropout),
            nn.Linear(embedding_size, hidden),
            nn.ReLU(),
            nn.BatchNorm1d(hidden),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )
        self.stage = FROZEN

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Logit of the positive class, shape (batch,), of images (batch, 3, rows, columns)."""
        return self.head(self.backbone.embed(image))[:, 0]

    def enter(self, stage: int) -> TransferNet:
        """Freeze what `FROZEN` or `FINE_TUNING` keeps as it is, and free the rest."""
        self.stage = stage
        self.requires_grad_(True)
        for module in self._held():
            module.requires_grad_(False)
        return self.train(self.training)

    def train(self, mode: bool = True) -> TransferNet:
        """As in torch, but what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self._held():
            module.eval()
        return self

    def map_layer(self) -> nn.Module:
        """The layer whose maps the embedding is made of, for heat maps."""
        return self.backbone.layer4 if hasattr(self.backbone, "layer4") else self.backbone.features

    def _held(self) -> list[nn.Module]:
        if self.stage == FROZEN:
            return [self.backbone]
        return [module for module in self.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]  # noqa: SLF001
