"""A 2-D backbone with two heads that share its weights: class and log hazard (Jinling Hospital 2023)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class DualTaskNet(nn.Module):
    """Grade and survival from the same embedding.

    Args:
        backbone: A network with ``embed`` and ``maps``, such as `networks.resnet.ResNet`.
        embedding_size: Length of the embedding.
        classes: Grades told apart.
    """

    def __init__(self, backbone: nn.Module, embedding_size: int = 512, classes: int = 2) -> None:
        super().__init__()
        self.backbone: Any = backbone
        self.grade = nn.Linear(embedding_size, classes)
        self.survival = nn.Linear(embedding_size, 1, bias=False)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of the classes (batch, classes) and log relative hazard (batch,)."""
        embedding = self.backbone.embed(image)
        return self.grade(embedding), self.survival(embedding)[:, 0]
