"""Training of the segmentation network on a cohort and phantom patients."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.systems.cohort_volumes import CohortVolumes
from GliomaRadiomicsLib.systems.seen import IMAGES, fingerprint, patient_fingerprint
from GliomaRadiomicsLib.systems.segmentation.prepare import prepare, to_working_grid
from GliomaRadiomicsLib.systems.segmentation.start import joined, network_of, start_of
from GliomaRadiomicsLib.training.augmentation import AugmentationSettings
from GliomaRadiomicsLib.training.loop import LoopSettings

if TYPE_CHECKING:
    import torch

    from GliomaRadiomicsLib.training.patches import TrainingCase


@dataclass(frozen=True)
class SegmentationSettings:
    """Settings of `fit`; a YAML file given by ``--config`` names any of them.

    Attributes:
        channels: Channels of the network per level.
        patch: Patch shape in voxels of 1 mm, multiples of 16.
        wide_patch: Shape of a whole-brain patch.
        p_wide: Share of whole-brain patches among the others.
        finish: Steps on whole brains alone at the end, as a share of ``loop.steps``; about half of the time, and half
            of ``loop.minutes``, goes there, the learning rate beginning at its peak again. In use the network is given
            whole brains, and its group normalisation answers otherwise to these than to patches.
        region_weights: Weight of WT, TC, ET in the loss.
        phantoms: Number of phantom patients added for variety.
        phantom_share: Share of the patches that are cut from phantoms.
        exclude_sites: Sites of the cohort to leave out (for site-wise validation).
        seed: Seed of everything random.
        start: Name or folder of a bundle whose networks to train on instead of new ones; of several networks that with
            the number ``seed`` is taken, in turn.
    """

    channels: tuple[int, ...] = (32, 64, 96, 128)
    patch: tuple[int, int, int] = (64, 80, 64)
    wide_patch: tuple[int, int, int] = (144, 176, 144)
    p_wide: float = 0.03
    finish: float = 0.1
    region_weights: tuple[float, float, float] = (1.0, 1.0, 1.2)
    phantoms: int = 36
    phantom_share: float = 0.25
    exclude_sites: tuple[str, ...] = ()
    seed: int = 0
    start: str = ""
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)


def read_training_case(patient: Patient) -> TrainingCase:
    """Read, canonicalise, crop and normalise one labelled patient; needs ``seg`` and at least one sequence.

    Raises:
        RefusedInput: If the label map is missing or does not fit the images.
    """
    from GliomaRadiomicsLib.imaging.cases import read_label_map
    from GliomaRadiomicsLib.imaging.files import read_volume

    if "seg" not in patient.files:
        raise RefusedInput(what=f"case {patient.case} has no label map", where=patient.where, remedy="fill 'seg'")
    volumes = {role: read_volume(patient.files[role], role) for role in SEQUENCES if role in patient.files}
    if not volumes:
        raise RefusedInput(what=f"case {patient.case} has no images", where=patient.where, remedy="fill 't1ce'")
    return training_case(patient.case, volumes, read_label_map(patient.files["seg"]))


def training_case(name: str, volumes: dict[str, Volume], label_map: Volume, weight: float = 1.0) -> TrainingCase:
    """A training case from volumes and label map on one grid (skull-stripped: zero outside the brain)."""
    import torch

    from GliomaRadiomicsLib.training.patches import TrainingCase

    for role, volume in volumes.items():
        if not volume.same_grid(label_map, tolerance_mm=0.1):
            raise RefusedInput(
                what=f"the label map of case {name} does not lie on its {role}",
                found=f"{label_map.shape} against {volume.shape}",
                remedy="resample it onto the images",
            )
    brain = label_map.with_array(np.any([volume.array != 0 for volume in volumes.values()], axis=0).astype(np.uint8))
    working = {role: to_working_grid(volume) for role, volume in volumes.items()}
    ready = prepare(working, to_working_grid(brain, label=True).array != 0)
    cropped = to_working_grid(label_map, label=True).array[ready.box]
    labels = torch.from_numpy(np.ascontiguousarray(cropped).astype(np.uint8))
    return TrainingCase(name, torch.from_numpy(ready.images), labels, ready.present, weight)


def phantom_cases(count: int, seed: int) -> Iterable[TrainingCase]:
    """Phantom patients as training cases: grades 2, 3 and 4 in turn."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom

    for number in range(count):
        patient = make_phantom(seed=10_000 + 1000 * seed + number, grade=(3, 4, 2)[number % 3])
        yield training_case(f"phantom{number}", patient.volumes, patient.label_map)


def fit(
    patients: list[Patient],
    settings: SegmentationSettings,
    checkpoint: Path,
    progress: Progress | None = None,
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Train on ``patients`` (those of excluded sites are left out) and phantoms; resumes from ``checkpoint``.

    Returns:
        The trained network and what was done (patients' fingerprints, steps, minutes, settings), for the model card.
    """
    progress = progress or Progress()
    patients = [p for p in patients if p.values.get("site", "") not in settings.exclude_sites]
    if not patients:
        raise RefusedInput(what="no patient is left to train on", found=f"excluded sites {settings.exclude_sites}")
    cases = _load(patients, settings, progress)
    fingerprints = sorted(fingerprint(case.labels.numpy()) for case in cases[: len(patients)])
    images = sorted(patient_fingerprint(CohortVolumes(patient, None)) for patient in patients)
    network, done = fit_cases(cases, settings, checkpoint, progress)
    sites = sorted({p.values["site"] for p in patients if "site" in p.values})
    done = {"fingerprints": fingerprints, IMAGES: images, "sites": sites, **done}
    return network, joined(done, start_of(settings.start, settings.channels))


def fit_cases(
    cases: list[TrainingCase], settings: SegmentationSettings, checkpoint: Path, progress: Progress | None = None
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Train on cases in memory; see `fit`."""
    import torch

    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet
    from GliomaRadiomicsLib.training.loop import train

    progress = progress or Progress()
    torch.manual_seed(settings.seed)
    start = start_of(settings.start, settings.channels)
    network = network_of(start, settings.seed) if start else SegmentationNet(channels=tuple(settings.channels))
    identity, loss = _identity(cases, settings), _loss(settings)
    patches, whole = _parts(settings)
    end = 0.5 if whole else 1.0
    batch = _batches(cases, settings, settings.p_wide)
    done = train(network, batch, loss, patches, checkpoint, _span(progress, 0.0, end), identity=identity)
    if whole:
        # longer trained on patches, the network is another one, and finished anew
        beside = checkpoint.with_name(f"{checkpoint.stem}-whole-{done['steps']}.pt")
        batch = _batches(cases, settings, 1.0)
        finished = train(network, batch, loss, whole, beside, _span(progress, end, 1.0), identity=identity)
        minutes = round(done["minutes"] + finished["minutes"], 1)
        done = {**done, "minutes": minutes, "whole_brain_steps": finished["steps"], "loss": finished["loss"]}
    network.eval()
    return network, {"phantoms": settings.phantoms, "settings": asdict(settings), **done}


def _parts(settings: SegmentationSettings) -> tuple[LoopSettings, LoopSettings | None]:
    """The loop on patches and, if there is one, that on whole brains."""
    steps = round(settings.finish * settings.loop.steps)
    if not steps:
        return settings.loop, None
    half = replace(settings.loop, minutes=settings.loop.minutes / 2.0)
    # a step takes some ten times as long, and there are fewer: what is counted in steps shrinks
    often = max(1, half.checkpoint_every // 10)
    shrunk = replace(half, warmup=min(half.warmup, 20), average=min(half.average, 0.98), checkpoint_every=often)
    return half, replace(shrunk, steps=steps)


def _span(progress: Progress, start: float, end: float) -> Progress:
    def report(fraction: float, message: str) -> None:
        progress.report(start + (end - start) * fraction, message)

    return Progress(report)


def _batches(
    cases: list[TrainingCase], settings: SegmentationSettings, p_wide: float
) -> Callable[[int], tuple[torch.Tensor, ...]]:
    from GliomaRadiomicsLib.training.patches import PatchSampler

    sampler = PatchSampler(cases, settings.patch, settings.wide_patch, settings.augmentation, settings.seed, p_wide)

    def batch(step: int) -> tuple[torch.Tensor, ...]:
        patch = sampler.patch(step)
        return patch.images[None], patch.present[None], patch.target[None]

    return batch


def _loss(settings: SegmentationSettings) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], torch.Tensor]:
    import torch

    from GliomaRadiomicsLib.training.losses import dice_bce_loss
    from GliomaRadiomicsLib.training.patches import OUTPUT_REGIONS

    et_channel = OUTPUT_REGIONS.index("ET")
    weights = torch.tensor(settings.region_weights)
    most_voxels = math.prod(settings.patch)

    # without T1ce enhancement cannot be seen, so nothing is learned about it there
    def loss(net: torch.nn.Module, parts: tuple[torch.Tensor, ...]) -> torch.Tensor:
        images, present, target = parts
        weighted = weights.to(target.device, copy=True)
        weighted[et_channel] *= present[:, SEQUENCES.index("t1ce")].mean()
        return dice_bce_loss(net(images, present).float(), target, weighted, most_voxels)

    return loss


def _identity(cases: list[TrainingCase], settings: SegmentationSettings) -> str:
    """Digest of the labels trained on and of every setting but how long, so that no checkpoint of others is resumed."""
    digest = hashlib.sha256()
    for case in cases:
        digest.update(case.labels.numpy().tobytes())
        digest.update(case.available.tobytes())
    lasting = {key: value for key, value in asdict(settings).items() if key != "loop"}
    digest.update(json.dumps(lasting, sort_keys=True).encode())
    return digest.hexdigest()


def _load(patients: list[Patient], settings: SegmentationSettings, progress: Progress) -> list[TrainingCase]:
    cases = []
    for number, patient in enumerate(patients):
        progress.report(0.0, f"reading case {number + 1} of {len(patients)}")
        cases.append(read_training_case(patient))
    if settings.phantoms:
        progress.report(0.0, f"making {settings.phantoms} phantom patients")
        share = settings.phantom_share / (1.0 - settings.phantom_share)
        weight = share * len(cases) / settings.phantoms
        cases += [_weighted(case, weight) for case in phantom_cases(settings.phantoms, settings.seed)]
    return cases


def _weighted(case: TrainingCase, weight: float) -> TrainingCase:
    return replace(case, weight=weight)
