"""Batches of labelled axial slices for the two-dimensional segmentation network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from GliomaRadiomicsLib.training import slice_augmentation
from GliomaRadiomicsLib.training.slice_augmentation import SliceAugmentation


class Slices(Protocol):
    """A patient's slices, shape ``(slices, sequences + 1, i, j)``; the last channel holds the labels' numbers."""

    @property
    def images(self) -> npt.NDArray[np.floating]:
        """Read again every time, such as a memory map."""
        ...


class SliceSampler:
    """Draws varied slices, by seed and step alone, so that a resumed training sees what it would have seen.

    Every patient is drawn equally often, whatever the number of slices.

    Args:
        patients: Training patients.
        batch_size: Slices of a step.
        settings: How strongly to vary.
        tumour_share: Share of the slices that are drawn among those with tumour; the others among all.
        helpers: Further cases, such as phantoms.
        helper_share: Share of the slices that are drawn from them, where there are any.
        seed: Seed.

    Raises:
        ValueError: If there is no case at all.
    """

    def __init__(
        self,
        patients: Sequence[Slices],
        batch_size: int,
        settings: SliceAugmentation,
        *,
        tumour_share: float = 0.5,
        helpers: Sequence[Slices] = (),
        helper_share: float = 0.25,
        seed: int = 0,
    ) -> None:
        if not patients and not helpers:
            msg = "no slices to draw from"
            raise ValueError(msg)
        self._parts = [(list(patients), 1.0 - helper_share if helpers else 1.0)]
        self._parts.append((list(helpers), 1.0 if not patients else helper_share))
        self._settings, self._seed, self._tumour_share = settings, seed, tumour_share
        self.batch_size = batch_size
        self._with_tumour = [[_holding(case) for case in part] for part, _ in self._parts]
        self.count = sum(len(case.images) for part, _ in self._parts for case in part)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Images ``(batch, sequences, i, j)``, float32, and labels ``(batch, i, j)``, int64, of a step."""
        rng = np.random.default_rng((self._seed, step))
        chosen = np.stack([self._slice(rng) for _ in range(self.batch_size)]).astype(np.float32)
        images, labels = split(chosen)
        drawn = [slice_augmentation.draw(rng, self._settings, images.shape[1]) for _ in chosen]
        return slice_augmentation.apply(images, labels, drawn)

    def _slice(self, rng: np.random.Generator) -> npt.NDArray[np.floating]:
        number = int(bool(self._parts[1][0]) and rng.random() < self._parts[1][1])
        cases = self._parts[number][0]
        row = int(rng.integers(len(cases)))
        images, holding = cases[row].images, self._with_tumour[number][row]
        if len(holding) and rng.random() < self._tumour_share:
            return images[int(holding[int(rng.integers(len(holding)))])]
        return images[int(rng.integers(len(images)))]


def split(slices: npt.NDArray[np.floating]) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (float32) and labels (int64) of ``(n, sequences + 1, i, j)``."""
    images = torch.from_numpy(np.ascontiguousarray(slices[:, :-1], dtype=np.float32))
    return images, torch.from_numpy(np.ascontiguousarray(slices[:, -1])).to(torch.int64)


def _holding(case: Slices) -> npt.NDArray[np.intp]:
    return np.flatnonzero((np.asarray(case.images[:, -1]) != 0).any(axis=(1, 2)))
