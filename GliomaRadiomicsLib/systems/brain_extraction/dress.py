"""Stripped brains dressed as whole heads of random contrast, resolution and field of view, for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.systems.brain_extraction.prepare import SPACING_MM, normalised
from GliomaRadiomicsLib.systems.brain_extraction.surroundings import Around, draw_surroundings, smooth_noise

Array = npt.NDArray[np.float32]

GRID = (96, 128, 112)
"""Voxels of a training image along i, j, k."""

_MEANS: dict[Around, tuple[float, float]] = {
    Around.AIR: (0.0, 0.04),
    Around.FLUID: (0.0, 1.6),
    Around.DURA: (0.1, 1.6),
    Around.BONE: (0.0, 0.25),
    Around.MARROW: (0.1, 1.5),
    Around.FAT: (0.2, 2.0),
    Around.SKIN: (0.2, 1.6),
    Around.MUSCLE: (0.15, 0.9),
    Around.EYE: (0.0, 1.8),
    Around.LENS: (0.0, 1.0),
    Around.CORD: (0.3, 0.9),
    Around.VESSEL: (0.0, 2.2),
}
"""Range of the mean signal of each tissue; that of brain lies from .3 to .9."""


@dataclass(frozen=True)
class Head:
    """What is dressed.

    Attributes:
        images: float32 ``(sequences, i, j, k)``; for a bare brain z-scored inside it, else signal from zero upwards.
        brain: Boolean ``(i, j, k)``, filled.
        bare: Whether everything around the brain is to be drawn.
    """

    images: Array
    brain: npt.NDArray[np.bool_]
    bare: bool


@dataclass(frozen=True)
class Scene:
    """A head in its place on `GRID`, before its contrast is drawn.

    Attributes:
        signal: float16; z-scores of the brain where ``tissue`` is given, else the signal of the whole head.
        brain: Boolean.
        tissue: `Around` numbers, uint8, or None.
    """

    signal: npt.NDArray[np.float16]
    brain: npt.NDArray[np.bool_]
    tissue: npt.NDArray[np.uint8] | None


@dataclass(frozen=True)
class Photograph:
    """A training image: ``image`` float32 of `GRID`, as `normalised` gives it, and the brain, 0 or 1."""

    image: Array
    brain: Array


def place(rng: np.random.Generator, head: Head) -> Scene:
    """Move a head, and draw what lies around a bare brain."""
    chosen = head.images[int(rng.integers(len(head.images)))]
    if head.bare and rng.random() < 0.3:
        chosen = chosen + rng.uniform(-1, 1) * head.images[int(rng.integers(len(head.images)))]
    signal, brain = _moved(rng, chosen.astype(np.float32), head.brain)
    tissue = draw_surroundings(rng, brain, SPACING_MM) if head.bare else None
    return Scene(signal.astype(np.float16), brain, tissue)


def photograph(rng: np.random.Generator, scene: Scene) -> Photograph:
    """Draw contrast, shading, thickness of slices, noise and field of view."""
    signal = scene.signal.astype(np.float32)
    if scene.tissue is not None:
        signal = _signal(rng, signal, scene.brain, scene.tissue)
    elif rng.random() < 0.5:
        signal = (signal / max(float(signal.max()), 1e-6)) ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    return _photographed(rng, signal, scene.brain)


def _moved(rng: np.random.Generator, image: Array, brain: npt.NDArray[np.bool_]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Turned, scaled, mirrored and moved on the grid of training."""
    import torch

    from GliomaRadiomicsLib.training.augmentation import apply_spatial, rotation

    matrix = np.eye(3)
    for axis, angle in enumerate(np.radians(rng.normal(0, 9, 3))):
        matrix = matrix @ rotation(axis, angle)
    matrix = matrix * rng.uniform(0.88, 1.14, 3)
    if rng.random() < 0.5:
        matrix = matrix @ np.diag([-1.0, 1.0, 1.0])
    shift = rng.uniform(-1, 1, 3) * (5, 8, 10) + (0, 0, 8)
    centre = np.array(ndimage.center_of_mass(brain)) - matrix @ shift
    images, labels = torch.from_numpy(image)[None], torch.from_numpy(brain.astype(np.uint8))
    moved, inside = apply_spatial(images, labels, centre, GRID, matrix)
    return moved[0].numpy(), inside.numpy() > 0


def _signal(
    rng: np.random.Generator, zscores: Array, brain: npt.NDArray[np.bool_], tissue: npt.NDArray[np.uint8]
) -> Array:
    """Signal of the whole head: the real brain, and a mean with texture for every tissue around it."""
    if rng.random() < 0.05:
        tissue = np.where(brain, tissue, np.uint8(Around.AIR))
    mean = rng.uniform(0.3, 0.9)
    table = np.zeros(len(Around), dtype=np.float32)
    for kind, limits in _MEANS.items():
        table[kind] = rng.uniform(*limits)
    if rng.random() < 0.7:
        table[Around.CORD] = mean
    texture = 1.0 + np.float32(rng.uniform(0.1, 0.5)) * (rng.random(GRID, dtype=np.float32) - 0.5)
    texture *= 0.7 + 0.6 * smooth_noise(rng, GRID, 16)
    around = table[tissue] * texture
    inner = np.clip(mean + rng.uniform(0.06, 0.3) * zscores * (1 if rng.random() < 0.85 else -1), 0.0, 3.0)
    return ndimage.gaussian_filter(np.where(brain, inner, around).astype(np.float32), rng.uniform(0.2, 0.7))


def _photographed(rng: np.random.Generator, signal: Array, brain: npt.NDArray[np.bool_]) -> Photograph:
    """With shading, thick slices, noise and a limited field of view."""
    if rng.random() < 0.8:
        field = smooth_noise(rng, GRID, int(rng.integers(2, 5))) - 0.5
        signal = signal * np.exp(np.float32(rng.uniform(0, 1.4)) * field)
    if rng.random() < 0.6:
        signal = _thick_slices(rng, signal)
    sd = np.float32(rng.uniform(0.0, 0.08) * float(signal.mean() + signal.std()))
    noise = sd * rng.standard_normal((2, *GRID), dtype=np.float32)
    signal = np.sqrt((signal + noise[0]) ** 2 + noise[1] ** 2)
    seen = np.zeros(GRID, dtype=bool)
    seen[_field_of_view(rng, brain)] = True
    return Photograph(normalised(signal * seen), (brain & seen).astype(np.float32))


def _thick_slices(rng: np.random.Generator, signal: Array) -> Array:
    axis = int(rng.choice(3, p=(0.15, 0.15, 0.7)))
    factor = rng.uniform(1.5, 3.0)
    thick = ndimage.uniform_filter1d(signal, max(2, round(factor)), axis=axis)
    size = GRID[axis]
    place = np.arange(size) / factor
    first = np.floor(place)
    share = (place - first).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
    below, above = (np.minimum(np.round(n * factor), size - 1).astype(int) for n in (first, first + 1))
    mixed = np.take(thick, below, axis=axis) * (1 - share) + np.take(thick, above, axis=axis) * share
    return mixed.astype(np.float32)


def _field_of_view(rng: np.random.Generator, brain: npt.NDArray[np.bool_]) -> tuple[slice, ...]:
    """The head is often cut below, now and then through the brain."""
    view = []
    for axis, size in enumerate(GRID):
        used = np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis)))
        before, after = rng.uniform(0, 1, 2) ** (0.5 if axis < 2 else 1.0)
        low, high = round(used[0] * (1 - before)), round(used[-1] + (size - used[-1]) * after)
        if axis == 2 and rng.random() < 0.3:
            low = used[0] + int(rng.integers(0, 8))
        if axis == 2 and rng.random() < 0.15:
            high = used[-1] - int(rng.integers(0, 6))
        view.append(slice(low, high))
    return tuple(view)
