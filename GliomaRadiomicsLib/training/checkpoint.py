"""What a training leaves on disk: a checkpoint to resume from, and its log."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import torch
from torch import nn

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.training.validation import Validation

Weights = dict[str, torch.Tensor]


class State:
    """What a checkpoint holds: weights, their moving average, the optimiser, step, minutes, and the validation."""

    def __init__(self, network: nn.Module, optimiser: torch.optim.Optimizer, decay: float, identity: str) -> None:
        self._network, self._optimiser, self._decay, self._identity = network, optimiser, decay, identity
        self.average: Weights = copied(network)
        self.validation = Validation()
        self.step, self.minutes = 0, 0.0

    def advance(self, network: nn.Module) -> None:
        """Count a step and let the average follow the weights."""
        self.step += 1
        decay = min(self._decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                self.average[name] = _followed(self.average[name].to(value.device), value, 1.0 - decay)

    def save(self, path: Path) -> None:
        """Write the checkpoint; a broken writing leaves the one before."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "network": self._network.state_dict(),
            "average": self.average,
            "optimiser": self._optimiser.state_dict(),
            "step": self.step,
            "minutes": self.minutes,
            "identity": self._identity,
            "validation": vars(self.validation),
        }
        partial = path.with_suffix(".partial")
        torch.save(content, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """After the network lies on its device, so that the optimiser's state follows it there."""
        if not path.exists():
            return
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content.get("identity") != self._identity:
            raise RefusedInput(
                what="this checkpoint is of another training (other patients, sites or settings)",
                where=path,
                remedy="remove it to start anew, or choose another --out",
            )
        self._network.load_state_dict(content["network"])
        self._optimiser.load_state_dict(content["optimiser"])
        self.average, self.step, self.minutes = content["average"], content["step"], content["minutes"]
        self.validation = Validation(**content.get("validation", {}))


def copied(network: nn.Module) -> Weights:
    """The weights and buffers of ``network`` as they are now."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _followed(average: torch.Tensor, value: torch.Tensor, share: float) -> torch.Tensor:
    return average.lerp(value, share) if value.is_floating_point() else value.detach().clone()


class Log:
    """A CSV file of one row per call, and the mean of the last column over the last hundred."""

    def __init__(self, path: Path, columns: tuple[str, ...], *, fresh: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._recent: list[float] = []
        if fresh or not path.exists():
            path.write_text(",".join(columns) + "\n")

    def add(self, *row: Any) -> None:
        """Write a row; floats are shortened."""
        self._recent = [*self._recent[-99:], float(row[-1])]
        with self._path.open("a", newline="") as file:
            csv.writer(file).writerow([f"{value:.5g}" if isinstance(value, float) else value for value in row])

    @property
    def mean(self) -> float:
        """Of the last column over the last hundred rows of this part of the training."""
        return sum(self._recent) / len(self._recent) if self._recent else float("nan")
