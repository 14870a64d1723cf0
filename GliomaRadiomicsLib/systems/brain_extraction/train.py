"""Training of the brain extraction network on dressed brains and phantom patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.grid import crop_box
from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask
from GliomaRadiomicsLib.systems.brain_extraction.dress import (
    GRID,
    SPACING_MM,
    Head,
    Photograph,
    Scene,
    photograph,
    place,
)
from GliomaRadiomicsLib.systems.brain_extraction.prepare import to_network_grid
from GliomaRadiomicsLib.training.loop import LoopSettings

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class BrainSettings:
    """Settings of `fit`.

    Attributes:
        channels: Channels of the network per level.
        scenes: Heads drawn in all; each is photographed many times.
        phantoms: Number of phantom patients among the heads.
        phantom_share: Share of the scenes that are phantoms, whose skull is computed, not drawn.
        exclude_sites: Sites of the cohort to leave out.
        seed: Seed of everything random.
    """

    channels: tuple[int, ...] = (16, 32, 64, 96)
    scenes: int = 160
    phantoms: int = 16
    phantom_share: float = 0.35
    exclude_sites: tuple[str, ...] = ()
    seed: int = 0
    loop: LoopSettings = field(default_factory=lambda: LoopSettings(steps=7000, learning_rate=2e-3))


def bare_head(volumes: dict[str, Volume]) -> Head:
    """A head to be dressed from skull-stripped images on one grid (zero outside the brain).

    Raises:
        RefusedInput: If the images are not stripped.
    """
    seen = np.any([volume.array != 0 for volume in volumes.values()], axis=0)
    if seen.mean() > 0.5:
        raise RefusedInput(
            what="brain extraction is trained on skull-stripped images, zero outside the brain",
            found=f"{100 * seen.mean():.0f} % of the voxels are not zero",
            remedy="strip them first, or leave the case out",
        )
    reference = next(iter(volumes.values()))
    filled = reference.with_array(ndimage.binary_fill_holes(seen).astype(np.float32))
    brain = to_network_grid(filled).array > 0.5
    box = crop_box(brain, 2)
    images = [zscore_in_mask(to_network_grid(v).array[box], brain[box]) for v in volumes.values()]
    return Head(np.stack(images).astype(np.float16), brain[box], bare=True)


def phantom_heads(count: int, seed: int) -> list[Head]:
    """Phantom patients with their skull, grades 2, 3 and 4 in turn."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom

    heads = []
    for number in range(count):
        patient = make_phantom(
            20_000 + 1000 * seed + number, grade=(2, 4, 3)[number % 3], shape=GRID, spacing_mm=SPACING_MM, skull=True
        )
        images = np.stack([v.array for v in patient.volumes.values()]).astype(np.float32)
        heads.append(Head(images / images.max((1, 2, 3), keepdims=True), patient.brain_mask.array > 0, bare=False))
    return heads


class SceneSampler:
    """Photographs of scenes by step alone, so that a resumed training sees what it would have seen."""

    def __init__(self, bare: Sequence[Head], whole: Sequence[Head], settings: BrainSettings) -> None:
        self._bare, self._whole, self._settings = bare, whole, settings
        self._scenes: dict[int, Scene] = {}

    def photograph(self, step: int) -> Photograph:
        """The training image of a step."""
        rng = np.random.default_rng((self._settings.seed, 1, step))
        return photograph(rng, self._scene(int(rng.integers(self._settings.scenes))))

    def _scene(self, number: int) -> Scene:
        if number not in self._scenes:
            rng = np.random.default_rng((self._settings.seed, 2, number))
            computed = self._whole and rng.random() < self._settings.phantom_share
            heads = self._whole if computed else self._bare
            self._scenes[number] = place(rng, heads[int(rng.integers(len(heads)))])
        return self._scenes[number]


def fit(
    patients: list[Patient], settings: BrainSettings, checkpoint: Path, progress: Progress | None = None
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Train; resumes from ``checkpoint``.

    Returns:
        The trained network, and what was done, for the model card.

    Raises:
        RefusedInput: If no patient is left, or one is not skull-stripped.
    """
    from GliomaRadiomicsLib.imaging.files import read_volume

    progress = progress or Progress()
    patients = [p for p in patients if p.values.get("site", "") not in settings.exclude_sites]
    if not patients:
        raise RefusedInput(what="no patient is left to train on", found=f"excluded sites {settings.exclude_sites}")
    heads = []
    for number, patient in enumerate(patients):
        progress.report(0.0, f"reading case {number + 1} of {len(patients)}")
        heads.append(bare_head({r: read_volume(patient.files[r], r) for r in SEQUENCES if r in patient.files}))
    progress.report(0.0, f"making {settings.phantoms} phantom patients")
    network, done = fit_heads(heads, phantom_heads(settings.phantoms, settings.seed), settings, checkpoint, progress)
    sites = sorted({p.values["site"] for p in patients if "site" in p.values})
    return network, {"n": len(patients), "sites": sites, **done}


def fit_heads(
    bare: Sequence[Head],
    whole: Sequence[Head],
    settings: BrainSettings,
    checkpoint: Path,
    progress: Progress | None = None,
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Train on heads in memory; see `fit`."""
    import torch

    from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet
    from GliomaRadiomicsLib.training.loop import train
    from GliomaRadiomicsLib.training.losses import dice_bce_loss

    sampler = SceneSampler(bare, whole, settings)
    torch.manual_seed(settings.seed)
    network = SegmentationNet(sequences=1, regions=1, channels=settings.channels)
    present = torch.ones(1, 1)

    def batch(step: int) -> tuple[torch.Tensor, ...]:
        taken = sampler.photograph(step)
        return torch.from_numpy(taken.image)[None, None], torch.from_numpy(taken.brain)[None, None]

    def loss(net: torch.nn.Module, parts: tuple[torch.Tensor, ...]) -> torch.Tensor:
        image, brain = parts
        return dice_bce_loss(net(image, present.to(image.device)).float(), brain, torch.ones(1, device=image.device))

    done = train(network, batch, loss, settings.loop, checkpoint, progress, identity=_identity(settings, len(bare)))
    network.eval()
    return network, {"phantoms": len(whole), "settings": asdict(settings), **done}


def _identity(settings: BrainSettings, heads: int) -> str:
    return str({key: value for key, value in asdict(settings).items() if key != "loop"} | {"heads": heads})
