"""Deep features of a section: from a backbone as it is, or after training it for grade and survival together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.models.backbone_registry import IMAGENET_MEAN, IMAGENET_SD, entry_of
from GliomaRadiomicsLib.models.backbones import load_backbone
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.lgg_survival.section import Image
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings

if TYPE_CHECKING:
    import torch
    from torch import nn

Array = npt.NDArray[np.float64]
_BATCH = 16
_GAIN = 0.1


@dataclass(frozen=True, eq=False)
class Extractor:
    """A network that makes features.

    Attributes:
        network: The backbone, in evaluation mode.
        origin: Where its first weights are from, as `models.backbones.Origin.to_dict`.
        is_trained: Whether it was trained on patients.
        device: Where it runs.
    """

    network: nn.Module
    origin: dict[str, Any]
    is_trained: bool
    device: str = "cpu"

    def features(self, images: Sequence[Image]) -> Array:
        """Embeddings, shape (n, embedding size)."""
        import torch

        found = []
        with torch.no_grad():
            for start in range(0, len(images), _BATCH):
                batch = as_input(images[start : start + _BATCH]).to(self.device)
                found.append(self.network.embed(batch).double().cpu().numpy())  # type: ignore[operator]
        return np.concatenate(found)

    def maps(self, image: Image) -> Array:
        """Maps whose averages are the features, shape (embedding size, rows, columns)."""
        import torch

        with torch.no_grad():
            return self.network.maps(as_input([image]).to(self.device))[0].double().cpu().numpy()  # type: ignore[operator]


def feature_names(settings: LggSettings) -> tuple[str, ...]:
    """``deep_000`` and so on; empty without deep features."""
    count = 0 if settings.deep == "none" else entry_of(settings.backbone).embedding_size
    return tuple(f"deep_{i:03d}" for i in range(count))


def as_input(images: Sequence[Image]) -> torch.Tensor:
    """Images 0..1 as ImageNet's networks expect them, shape (n, 3, size, size)."""
    import torch

    stacked = torch.from_numpy(np.stack(images).astype(np.float32))
    return (stacked - torch.tensor(IMAGENET_MEAN)[:, None, None]) / torch.tensor(IMAGENET_SD)[:, None, None]


def fit_extractor(
    images: Sequence[Image],
    grades: Sequence[int | None],
    outcome: Outcome,
    settings: LggSettings,
    on_epoch: Callable[[int], None] | None = None,
) -> Extractor:
    """The backbone, trained on these patients if the settings say so.

    Args:
        images: Sections of n patients.
        grades: WHO grade 2 or 3 of each; None where unknown: such a patient counts for survival only.
        outcome: Their follow-up.
        settings: Of the system.
        on_epoch: Called with the number of each epoch of a training before it.

    Raises:
        RefusedInput: If the backbone's weights are not installed, or the device is absent.
    """
    from GliomaRadiomicsLib.systems.segmentation.predict import choose_device

    device = choose_device(settings.device)
    backbone = load_backbone(settings.backbone, mode=settings.weights, seed=settings.seed)
    is_trained = settings.deep == "trained"
    if is_trained:
        _train(backbone.network.to(device), images, grades, outcome, settings, device, on_epoch)
    return Extractor(backbone.network.to(device).eval(), backbone.origin.to_dict(), is_trained, device)


def _train(
    backbone: nn.Module,
    images: Sequence[Image],
    grades: Sequence[int | None],
    outcome: Outcome,
    settings: LggSettings,
    device: str,
    on_epoch: Callable[[int], None] | None,
) -> None:
    """Train the backbone in place: cross-entropy of the grade and Cox's partial likelihood, weights shared."""
    import torch

    from GliomaRadiomicsLib.networks.dual_task import DualTaskNet

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = DualTaskNet(backbone, entry_of(settings.backbone).embedding_size).to(device).train()
        optimiser = torch.optim.Adam(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        everyone = as_input(images)
        grade = torch.tensor([-1 if one is None else int(one > 2) for one in grades])
        time = torch.tensor(outcome.time, dtype=torch.float32)
        event = torch.tensor(outcome.event)
        random = np.random.default_rng(settings.seed)
        for epoch in range(settings.epochs):
            if on_epoch is not None:
                on_epoch(epoch + 1)
            for rows in batches(outcome.event, settings.batch_size, random):
                batch = augmented(everyone[rows]).to(device)
                loss = _loss(network(batch), grade[rows].to(device), time[rows].to(device), event[rows].to(device),
                             settings.grade_weight)  # fmt: skip
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()


def _loss(
    output: tuple[torch.Tensor, torch.Tensor],
    grade: torch.Tensor,
    time: torch.Tensor,
    event: torch.Tensor,
    grade_weight: float,
) -> torch.Tensor:
    from torch.nn import functional

    from GliomaRadiomicsLib.training.survival_loss import cox_loss

    logits, risk = output
    loss = cox_loss(risk, time, event)
    if (grade >= 0).any():
        loss = loss + grade_weight * functional.cross_entropy(logits, grade, ignore_index=-1)
    return loss


def batches(event: npt.NDArray[np.bool_], size: int, random: np.random.Generator) -> list[npt.NDArray[np.intp]]:
    """Rows of each batch of an epoch: shuffled, those with an event dealt out evenly, none of one row."""
    shuffled = random.permutation(len(event))
    dealt = shuffled[np.argsort(~event[shuffled], kind="stable")]
    count = max(1, len(event) // size)
    return [dealt[start::count] for start in range(count) if len(dealt[start::count]) > 1]


def augmented(batch: torch.Tensor) -> torch.Tensor:
    """Half of the images mirrored left to right (axis i), all a little brighter or darker."""
    import torch

    mirrored = torch.rand(len(batch)) < 0.5
    batch = torch.where(mirrored[:, None, None, None], batch.flip(2), batch)
    return batch * (1 + _GAIN * (2 * torch.rand(len(batch), 1, 1, 1) - 1))
