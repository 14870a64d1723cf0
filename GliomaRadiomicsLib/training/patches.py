"""Training cases in memory and the patches cut from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.training import augmentation

OUTPUT_REGIONS = ("WT", "TC", "ET")
"""Regions the segmentation network answers, in channel order."""


@dataclass(frozen=True)
class TrainingCase:
    """One labelled case, cropped to the brain.

    Attributes:
        name: The cohort's case name.
        images: float32 ``(4, i, j, k)``, z-scored inside the brain, zero outside and where missing.
        labels: uint8 ``(i, j, k)``: 0/1/2/4.
        available: Boolean ``(4,)``: which sequences the case has.
        weight: How often to draw it, relative to the others.
    """

    name: str
    images: torch.Tensor
    labels: torch.Tensor
    available: np.ndarray
    weight: float = 1.0


@dataclass(frozen=True)
class Patch:
    """One augmented patch: images ``(4, i, j, k)``, target ``(3, i, j, k)`` of 0/1, present ``(4,)``."""

    images: torch.Tensor
    target: torch.Tensor
    present: torch.Tensor


class PatchSampler:
    """Draws augmented patches, by seed and step alone, so that a resumed training sees what it would have seen.

    Args:
        cases: The training cases.
        shape: Patch shape in voxels.
        wide_shape: Shape of the occasional whole-brain patch, drawn with probability ``p_wide``, that keeps the
            normalisation layers used to the full field of view.
        settings: How strongly to vary.
        seed: Seed.
        p_wide: Share of whole-brain patches.
    """

    def __init__(
        self,
        cases: Sequence[TrainingCase],
        shape: tuple[int, int, int],
        wide_shape: tuple[int, int, int],
        settings: augmentation.AugmentationSettings,
        seed: int = 0,
        p_wide: float = 0.1,
    ) -> None:
        self.cases, self.shape, self.wide_shape = list(cases), shape, wide_shape
        self.settings, self.seed, self.p_wide = settings, seed, p_wide
        self._weight = np.array([case.weight for case in cases], dtype=float)
        self._places = [_label_places(case.labels) for case in cases]
        self._labels = sorted(
            {label for case, places in zip(cases, self._places, strict=True) if case.weight for label in places}
        )

    def patch(self, step: int) -> Patch:
        """The patch of training step ``step``."""
        rng = np.random.default_rng((self.seed, step))
        number, centre = self._place(rng)
        case = self.cases[number]
        variation = augmentation.draw(rng, self.settings, case.available)
        wide = rng.random() < self.p_wide
        shape = self.wide_shape if wide else self.shape
        centre = np.array(case.labels.shape) / 2.0 if wide else centre
        images, labels = augmentation.apply_spatial(case.images, case.labels, centre, shape, variation.matrix)
        if variation.deenhance and case.available[:2].all():
            images, labels = augmentation.deenhance(images, labels)
        images = augmentation.apply_intensity(images, variation)
        return Patch(images, region_targets(labels), torch.as_tensor(variation.present, dtype=torch.float32))

    def _place(self, rng: np.random.Generator) -> tuple[int, np.ndarray]:
        """Number of a case and a centre in it: near each label equally often, however few cases have it."""
        if self._labels and rng.random() < 0.7:
            label = self._labels[int(rng.integers(len(self._labels)))]
            number = self._draw_case(rng, np.array([label in places for places in self._places]))
            chosen = self._places[number][label]
            point = chosen[int(rng.integers(len(chosen)))].astype(float)
            return number, point + rng.uniform(-0.25, 0.25, 3) * np.array(self.shape)
        number = self._draw_case(rng, np.ones(len(self.cases), dtype=bool))
        return number, rng.uniform(0.25, 0.75, 3) * np.array(self.cases[number].labels.shape)

    def _draw_case(self, rng: np.random.Generator, among: np.ndarray) -> int:
        weight = self._weight * among
        return int(rng.choice(len(self.cases), p=weight / weight.sum()))


def _label_places(labels: torch.Tensor, most: int = 2000) -> dict[int, np.ndarray]:
    """A sample of voxel indices of each label present."""
    array = labels.numpy()
    places = {}
    for value in (1, 2, 4):
        found = np.argwhere(array == value)
        if len(found):
            places[value] = found[:: max(1, len(found) // most)]
    return places


def region_targets(labels: torch.Tensor) -> torch.Tensor:
    """Overlapping regions ``(3, i, j, k)`` of 0/1 floats (order of `OUTPUT_REGIONS`) from a 0/1/2/4 label map."""
    return torch.stack(
        [torch.isin(labels, torch.tensor(REGIONS[r], dtype=labels.dtype)) for r in OUTPUT_REGIONS]
    ).float()
