"""Validation during training: which weights were best, and for how long nothing has become better."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

Validate = Callable[[nn.Module], float]
"""Gives the value of a network in evaluation mode; lower is better."""


@dataclass
class Validation:
    """The course of the validation values; plain data, kept in the checkpoint.

    Attributes:
        step: Step of the last validation.
        best: Lowest value so far.
        waited: Validations since then.
        since_drop: Validations since then or since the learning rate was last lowered.
        drops: How often it was lowered.
        weights: The weights that gave ``best``.
    """

    step: int = -1
    best: float = math.inf
    waited: int = 0
    since_drop: int = 0
    drops: int = 0
    weights: dict[str, torch.Tensor] | None = None

    def note(self, step: int, value: float, weights: dict[str, torch.Tensor], patience: int) -> None:
        """Take a value into account; the learning rate is lowered after ``patience`` values without improvement.

        A value that is not a number counts as no improvement.
        """
        self.step = step
        if value < self.best:
            self.best, self.waited, self.since_drop = value, 0, 0
            self.weights = {name: tensor.detach().clone() for name, tensor in weights.items()}
            return
        self.waited, self.since_drop = self.waited + 1, self.since_drop + 1
        if self.since_drop >= patience:
            self.drops, self.since_drop = self.drops + 1, 0


def value_with(network: nn.Module, weights: dict[str, Any], validate: Validate) -> float:
    """Value of ``network`` with other weights, in evaluation mode and without gradients; it is left as it was."""
    present = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    training = network.training
    try:
        network.load_state_dict(weights)
        network.eval()
        with torch.no_grad():
            return float(validate(network))
    finally:
        network.load_state_dict(present)
        network.train(training)
