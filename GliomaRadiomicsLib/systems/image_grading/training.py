"""Training a grading network on regions: batches, loss, validation; the loop is `training.loop`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings

if TYPE_CHECKING:
    import torch
    from torch import nn

    from GliomaRadiomicsLib.training.loop import LoopSettings

_AT_ONCE = 4


def trained(
    make: Callable[[], nn.Module],
    patients: Sequence[Entry],
    helpers: Sequence[Entry],
    settings: GradingSettings,
    checkpoint: Path,
    progress: Progress | None = None,
) -> tuple[nn.Module, dict[str, Any]]:
    """A network trained on these patients, in evaluation mode, and how the training went.

    Args:
        make: Makes the network; its first weights are drawn with the seed of the settings.
        patients: Training patients; some are set aside for validation if the settings say so.
        helpers: Further training cases, such as phantoms, never validated on.
        settings: How.
        checkpoint: A training that was stopped goes on from there.
        progress: Told how far it is; may cancel.

    Raises:
        RefusedInput: If lightning-fabric is not installed, or the checkpoint is of another training.
    """
    import torch

    from GliomaRadiomicsLib.training.loop import train

    training, validation = _set_aside(patients, settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = make()
        done = train(
            network,
            _batches(training, helpers, settings),
            _loss,
            loop_settings(settings, validated=bool(validation)),
            checkpoint,
            progress,
            _identity(training, validation, helpers, settings),
            _validate(validation) if validation else None,
        )
    return network.cpu().eval(), done


def logits_of(network: nn.Module, entries: Sequence[Entry]) -> npt.NDArray[np.float64]:
    """Log-odds of WHO grade 4 by the network alone, shape (n,)."""
    import torch

    device = next(network.parameters()).device
    found = []
    with torch.no_grad():
        for start in range(0, len(entries), _AT_ONCE):
            output = network(images_of(entries[start : start + _AT_ONCE]).to(device)).double().cpu()
            found.append((output[:, 1] - output[:, 0]).numpy())
    return np.concatenate(found) if found else np.zeros(0)


def images_of(entries: Sequence[Entry]) -> torch.Tensor:
    """Regions as a batch, float32, shape (n, sequences, i, j, k)."""
    import torch

    return torch.from_numpy(np.stack([np.asarray(entry.images, dtype=np.float32) for entry in entries]))


def _set_aside(patients: Sequence[Entry], settings: GradingSettings) -> tuple[list[Entry], list[Entry]]:
    """Training and validation patients, the latter with the same share of each grade."""
    random = np.random.default_rng((settings.seed, 1))
    validation: set[int] = set()
    for grade in (True, False):
        rows = [number for number, entry in enumerate(patients) if entry.is_hgg is grade]
        count = round(len(rows) * settings.validation_share)
        validation |= {int(row) for row in random.permutation(rows)[:count]}
    kept = [entry for number, entry in enumerate(patients) if number not in validation]
    return kept, [entry for number, entry in enumerate(patients) if number in validation]


def _batches(
    patients: Sequence[Entry], helpers: Sequence[Entry], settings: GradingSettings
) -> Callable[[int], tuple[torch.Tensor, ...]]:
    """Batch by number, the same whenever it is asked for: varied regions and grades (int64)."""
    import torch

    from GliomaRadiomicsLib.training.rois import RoiAugmentation, apply, draw

    edge = "border" if settings.standardise == "image" else "zeros"
    varied = RoiAugmentation(
        settings.flip, settings.rotate_degrees, settings.quarter_turns, tuple(settings.gamma), edge
    )
    of_helpers = round(settings.batch_size * settings.helper_share) if helpers and patients else 0
    sources = [(patients, settings.batch_size - of_helpers), (helpers, of_helpers)]
    if not patients:
        sources = [(helpers, settings.batch_size)]

    def batch(step: int) -> tuple[torch.Tensor, ...]:
        random = np.random.default_rng((settings.seed, 2, step))
        chosen = [
            source[row]
            for number, (source, count) in enumerate(sources)
            for row in _dealt(len(source), count, step, (settings.seed, 3 + number))
        ]
        images = apply(images_of(chosen), [draw(random, varied) for _ in chosen], edge)
        return images, torch.tensor([int(entry.is_hgg) for entry in chosen])

    return batch


def _dealt(n: int, count: int, step: int, seed: tuple[int, int]) -> list[int]:
    """Rows of a step when n rows are dealt out again and again, shuffled anew each time."""
    places = range(step * count, (step + 1) * count)
    orders = {place // n: np.random.default_rng((*seed, place // n)).permutation(n) for place in places}
    return [int(orders[place // n][place % n]) for place in places]


def _loss(network: Any, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    from torch.nn import functional

    images, grades = batch
    return functional.cross_entropy(network(images).float(), grades)


def _validate(entries: Sequence[Entry]) -> Callable[[nn.Module], float]:
    """Mean cross-entropy of patients set aside, unvaried."""
    sign = np.array([-1.0 if entry.is_hgg else 1.0 for entry in entries])

    def value(network: nn.Module) -> float:
        return float(np.logaddexp(0.0, sign * logits_of(network, entries)).mean())

    return value


def loop_settings(settings: GradingSettings, *, validated: bool) -> LoopSettings:
    """How the training loop runs: Adam at a constant rate; ends early only where it is validated."""
    from GliomaRadiomicsLib.training.loop import LoopSettings

    return LoopSettings(
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        warmup=0,
        precision=settings.precision,
        average=settings.average,
        accelerator=settings.device,
        optimiser="adam",
        schedule="constant",
        validate_every=settings.validate_every,
        stop_after=settings.stop_after if validated else 0,
    )


def _identity(
    training: Sequence[Entry], validation: Sequence[Entry], helpers: Sequence[Entry], settings: GradingSettings
) -> str:
    """Of what is trained on whom; changes with the settings and the images."""
    seen = [[(entry.digest, entry.is_hgg) for entry in part] for part in (training, validation, helpers)]
    return hashlib.blake2b(repr((settings.plain(), seen)).encode(), digest_size=16).hexdigest()
