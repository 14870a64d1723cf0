"""One network for one sequence: made, trained in two stages, applied to slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models.backbone_registry import IMAGENET_MEAN, IMAGENET_SD, entry_of
from GliomaRadiomicsLib.models.backbones import load_backbone
from GliomaRadiomicsLib.systems.mgmt.augmentation import draw, steps_per_epoch, vary
from GliomaRadiomicsLib.systems.mgmt.cache import Entry
from GliomaRadiomicsLib.systems.mgmt.progress import part_of
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.slices import LEVELS, Slices

if TYPE_CHECKING:
    import torch

    from GliomaRadiomicsLib.networks.transfer_net import TransferNet
    from GliomaRadiomicsLib.training.loop import LoopSettings

BATCH = 32
"""Slices at once where nothing is trained."""

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SliceSet:
    """Slices of a sequence of some examinations, read from disk when asked for.

    Attributes:
        entries: Examinations that have the sequence.
        modality: The sequence.
        owner: Which examination each slice is of, shape (n,).
        number: Which of its slices, shape (n,).
    """

    entries: tuple[Entry, ...]
    modality: str
    owner: npt.NDArray[np.intp]
    number: npt.NDArray[np.intp]

    @classmethod
    def of(cls, entries: Sequence[Entry], modality: str) -> SliceSet:
        """All slices of these examinations."""
        counts = np.array([len(entry.slices(modality)) for entry in entries], dtype=np.intp)
        numbers = [np.arange(count) for count in counts]
        return cls(
            tuple(entries),
            modality,
            np.repeat(np.arange(len(counts)), counts),
            np.concatenate([*numbers, np.zeros(0, dtype=np.intp)]).astype(np.intp),
        )

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: npt.NDArray[np.intp]) -> tuple[Slices, npt.NDArray[np.float32]]:
        """Slices (n, size, size) and outcomes (n,) of these rows."""
        found: list[Slices | None] = [None] * len(rows)
        for owner in np.unique(self.owner[rows]):
            slices = self.entries[owner].slices(self.modality)
            for place in np.flatnonzero(self.owner[rows] == owner):
                found[place] = slices[self.number[rows[place]]]
        outcome = np.array([self.entries[owner].positive for owner in self.owner[rows]], dtype=np.float32)
        return np.stack([one for one in found if one is not None]), outcome


@dataclass(frozen=True, eq=False)
class Trained:
    """A network after both stages, what it was after the first, and where its first weights are from."""

    network: TransferNet
    first_stage: dict[str, torch.Tensor]
    origin: dict[str, Any]
    stages: list[dict[str, Any]]


def make_network(settings: MgmtSettings) -> tuple[TransferNet, dict[str, Any]]:
    """The network before any training, and where its backbone's weights are from.

    Raises:
        RefusedInput: If the backbone's weights are not installed.
    """
    import torch

    from GliomaRadiomicsLib.networks.transfer_net import TransferNet

    backbone = load_backbone(settings.backbone, mode=settings.weights, seed=settings.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = TransferNet(backbone.network, entry_of(settings.backbone).embedding_size)
    return network, backbone.origin.to_dict()


def train_network(
    training: SliceSet,
    validation: SliceSet,
    settings: MgmtSettings,
    checkpoint: Path,
    progress: Progress | None = None,
    identity: str = "",
) -> Trained:
    """Train the head, then everything but the batch normalisations; each stage keeps its best weights.

    Where fine-tuning never gets below the validation loss of the first stage, what the first stage gave is kept.

    Args:
        training: Slices the weights are fitted on.
        validation: Slices of other patients, whose loss chooses weights, learning rate and end.
        settings: How.
        checkpoint: Path without suffix; a run that was stopped goes on from there.
        progress: Told how far it is; may cancel.
        identity: What is trained on whom.

    Raises:
        RefusedInput: If the backbone's weights or lightning-fabric are not installed.
    """
    import torch

    from GliomaRadiomicsLib.networks.transfer_net import FINE_TUNING, FROZEN
    from GliomaRadiomicsLib.training.checkpoint import copied

    network, origin = make_network(settings)
    validate = _validate(validation)
    courses = []
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        for stage in (FROZEN, FINE_TUNING):
            before = copied(network.cpu())
            if stage == FROZEN or settings.fine_epochs:
                path = checkpoint.with_name(f"{checkpoint.name}-{stage}.pt")
                part = _stage_progress(progress, stage, settings)
                courses.append(_train_stage(network, stage, training, settings, path, part, identity, validate))
        first = before
        if len(courses) > 1 and courses[1]["best"] >= courses[0]["best"]:
            network.load_state_dict(first)
            courses[1]["kept"] = "no: the validation loss was lower before it"
    return Trained(network.cpu().eval(), first, origin, courses)


def _stage_progress(progress: Progress | None, stage: int, settings: MgmtSettings) -> Progress:
    """The stages one after the other, each with the share of its epochs."""
    first = settings.epochs / (settings.epochs + settings.fine_epochs)
    start, end = (0.0, first) if stage == 1 else (first, 1.0)
    return part_of(progress, start, end, f"stage {stage}")


def _train_stage(
    network: TransferNet,
    stage: int,
    training: SliceSet,
    settings: MgmtSettings,
    path: Path,
    progress: Progress | None,
    identity: str,
    validate: Callable[[Any], float],
) -> dict[str, Any]:
    from GliomaRadiomicsLib.training.loop import train

    network.train().enter(stage)
    loop = _loop(settings, stage, len(training))
    batches = _batches(training, settings, stage)
    return train(network, batches, _loss, loop, path, progress, f"{identity} {stage}", validate)


def as_input(slices: npt.NDArray, device: str | torch.device = "cpu") -> torch.Tensor:
    """Slices 0..`LEVELS` as ImageNet's networks expect them, shape (n, 3, size, size)."""
    import torch

    return normalised(torch.from_numpy(np.array(slices)).to(device).float()[:, None] / LEVELS)


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Images (n, 1, rows, columns) from 0 to 1 as three equal channels in ImageNet's units."""
    import torch

    mean = torch.tensor(IMAGENET_MEAN, device=images.device)[:, None, None]
    sd = torch.tensor(IMAGENET_SD, device=images.device)[:, None, None]
    return (images - mean) / sd


def slice_logits(network: TransferNet, slices: Slices) -> Logits:
    """Logit of every slice, shape (n,)."""
    import torch

    device = next(network.parameters()).device
    found = []
    with torch.no_grad():
        for start in range(0, len(slices), BATCH):
            found.append(network(as_input(slices[start : start + BATCH], device)).double().cpu().numpy())
    return np.concatenate(found)


def _epochs(settings: MgmtSettings, stage: int) -> int:
    return settings.epochs if stage == 1 else settings.fine_epochs


def _batch_size(settings: MgmtSettings, stage: int) -> int:
    return settings.batch_size if stage == 1 else settings.fine_batch_size


def _loop(settings: MgmtSettings, stage: int, n: int) -> LoopSettings:
    from GliomaRadiomicsLib.training.loop import LoopSettings

    per_epoch = steps_per_epoch(n, _batch_size(settings, stage))
    return LoopSettings(
        steps=per_epoch * _epochs(settings, stage),
        learning_rate=settings.learning_rate if stage == 1 else settings.fine_learning_rate,
        weight_decay=0.0,
        warmup=0,
        precision=settings.precision,
        average=0.0,
        accelerator=settings.device,
        optimiser="adam",
        clip=1e6,
        schedule="plateau",
        drop=settings.drop,
        patience=settings.patience,
        validate_every=per_epoch,
        checkpoint_every=max(100, per_epoch),
        stop_after=settings.stop_after,
    )


def _batches(
    training: SliceSet, settings: MgmtSettings, stage: int
) -> Callable[[int], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Batch by number: slices (uint8), how to vary them, outcomes; every epoch deals all slices out anew."""
    import torch

    per_epoch = steps_per_epoch(len(training), _batch_size(settings, stage))

    def batch(step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        epoch, place = divmod(step, per_epoch)
        order = np.random.default_rng((settings.seed, stage, epoch)).permutation(len(training))
        rows = order[place::per_epoch]
        slices, outcome = training.take(rows)
        drawn = draw(len(rows), settings, np.random.default_rng((settings.seed, stage, epoch, place)))
        return torch.from_numpy(slices), torch.from_numpy(drawn), torch.from_numpy(outcome)

    return batch


def _loss(network: Any, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    from torch.nn import functional

    slices, drawn, outcome = batch
    images = normalised(vary(slices.float()[:, None] / LEVELS, drawn))
    return functional.binary_cross_entropy_with_logits(network(images).float(), outcome)


def _validate(validation: SliceSet) -> Callable[[Any], float]:
    """Mean cross-entropy over the slices, unvaried."""

    def value(network: Any) -> float:
        total = 0.0
        for entry in validation.entries:
            logits = slice_logits(network, entry.slices(validation.modality))
            total += float(np.logaddexp(0, -logits if entry.positive else logits).sum())
        return total / max(1, len(validation))

    return value
