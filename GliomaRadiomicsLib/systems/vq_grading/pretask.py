"""The pre-task: training the segmentation network whose codebook describes the slices. It never sees a grade."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.labels import LABEL_VALUES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.training import loop_settings
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings

if TYPE_CHECKING:
    import torch
    from torch import nn

    from GliomaRadiomicsLib.training.loop import LoopSettings
    from GliomaRadiomicsLib.training.slices import SliceSampler

_VALIDATION_SLICES = 12
"""Of each patient set aside."""


def make_network(settings: VqSettings) -> nn.Module:
    """The network before training, laid out in memory as the training does, so that a loaded one computes the same."""
    import torch

    from GliomaRadiomicsLib.networks.vq_segmentation_net import VQSegmentationNet

    network = VQSegmentationNet(
        len(settings.sequences),
        len(LABEL_VALUES) + 1,
        tuple(settings.channels),
        settings.codewords,
        settings.codeword_size,
        moving_average=settings.moving_average,
        restart_below=settings.restart_below,
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def trained_network(
    patients: Sequence[Entry],
    helpers: Sequence[Entry],
    settings: VqSettings,
    checkpoint: Path,
    progress: Progress | None = None,
) -> tuple[nn.Module, dict[str, Any]]:
    """A network trained on the segmentations of these patients, in evaluation mode, and how the training went.

    Args:
        patients: Some are set aside for validation if the settings say so.
        helpers: Further cases, such as phantoms, never validated on.
        settings: How.
        checkpoint: A training that was stopped goes on from there.
        progress: Told how far it is; may cancel.

    Raises:
        RefusedInput: If lightning-fabric is not installed, or the checkpoint is of another training.
    """
    import torch

    from GliomaRadiomicsLib.training.loop import train

    training, validation = _set_aside(patients, settings)
    sampler = _sampler(training, helpers, settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = make_network(settings)
        done = train(
            network,
            sampler.batch,
            _loss(settings.beta),
            _loop(settings, sampler.count, validated=bool(validation)),
            checkpoint,
            progress,
            _identity(training, validation, helpers, settings),
            _validate(validation, settings) if validation else None,
        )
    return network.cpu().eval(), done


def _set_aside(patients: Sequence[Entry], settings: VqSettings) -> tuple[list[Entry], list[Entry]]:
    """Training and validation patients."""
    order = np.random.default_rng((settings.seed, 1)).permutation(len(patients))
    count = min(round(len(patients) * settings.validation_share), max(len(patients) - 1, 0))
    aside = {int(row) for row in order[:count]}
    kept = [entry for row, entry in enumerate(patients) if row not in aside]
    return kept, [entry for row, entry in enumerate(patients) if row in aside]


def _sampler(training: Sequence[Entry], helpers: Sequence[Entry], settings: VqSettings) -> SliceSampler:
    from GliomaRadiomicsLib.training.slice_augmentation import SliceAugmentation
    from GliomaRadiomicsLib.training.slices import SliceSampler

    return SliceSampler(
        training,
        settings.batch_size,
        SliceAugmentation(settings.flip, settings.rotate_degrees, settings.shift, settings.scale),
        tumour_share=settings.tumour_share,
        helpers=helpers,
        helper_share=settings.helper_share,
        seed=settings.seed,
    )


def _loss(beta: float) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], torch.Tensor]:
    from GliomaRadiomicsLib.training.losses import vq_segmentation_loss

    def loss(network: nn.Module, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        images, labels = batch
        out = network(images)
        return vq_segmentation_loss(out.logits.float(), labels, out.latent.float(), out.quantised.float(), beta)

    return loss


def _validate(entries: Sequence[Entry], settings: VqSettings) -> Callable[[nn.Module], float]:
    """Mean loss on evenly spaced slices of the patients set aside, unvaried."""
    from GliomaRadiomicsLib.training.slices import split

    loss = _loss(settings.beta)

    def value(network: nn.Module) -> float:
        device = next(network.parameters()).device
        found = []
        for entry in entries:
            rows = np.unique(np.linspace(0, len(entry.images) - 1, _VALIDATION_SLICES).round().astype(int))
            batch = split(np.stack([entry.images[row] for row in rows]))
            found.append(float(loss(network, tuple(part.to(device) for part in batch))))
        return float(np.mean(found))

    return value


def _loop(settings: VqSettings, slices: int, *, validated: bool) -> LoopSettings:
    steps = min(settings.steps, settings.epochs * math.ceil(slices / settings.batch_size))
    return loop_settings(replace(settings, steps=steps), validated=validated)


_PRETASK_SETTINGS = (
    "sequences", "standardise", "bias", "size", "pixel_mm", "slice_mm", "channels", "codewords", "codeword_size",
    "moving_average", "restart_below", "beta", "batch_size", "learning_rate", "weight_decay", "average", "flip",
    "rotate_degrees", "shift", "scale", "tumour_share", "helper_share", "steps", "epochs", "validate_every",
    "stop_after", "seed", "precision",
)  # fmt: skip
"""What the network depends on; another classifier on the same network does not train it anew."""


def _identity(
    training: Sequence[Entry], validation: Sequence[Entry], helpers: Sequence[Entry], settings: VqSettings
) -> str:
    """Of what is trained on whom; changes with the settings and the images."""
    chosen = [(name, settings.plain()[name]) for name in _PRETASK_SETTINGS]
    seen = [[entry.digest for entry in part] for part in (training, validation, helpers)]
    return hashlib.blake2b(repr((chosen, seen)).encode(), digest_size=16).hexdigest()
