"""What lies around a brain, drawn at random: fluid, skull, scalp, eyes, face and neck, as a map of tissues.

The networks of SynthStrip (Hoopes et al. 2022, https://arxiv.org/abs/2203.09974) learn from such drawings: anatomy
only has to be varied enough, not right.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Around(IntEnum):
    """Tissues around a brain; 0 is air outside the head."""

    AIR = 0
    BRAIN = 1
    FLUID = 2
    DURA = 3
    BONE = 4
    MARROW = 5
    FAT = 6
    SKIN = 7
    MUSCLE = 8
    EYE = 9
    LENS = 10
    CORD = 11
    VESSEL = 12


def draw_surroundings(rng: np.random.Generator, brain: Mask, spacing_mm: float) -> npt.NDArray[np.uint8]:
    """Tissues around a brain.

    Args:
        rng: Random numbers.
        brain: Shape ``(i, j, k)``, axes closest to right, anterior, superior; filled, not empty.
        spacing_mm: Isotropic voxel size.

    Returns:
        `Around` numbers on the same grid.
    """
    distance = ndimage.distance_transform_edt(~brain).astype(np.float32) * spacing_mm
    places = [np.flatnonzero(brain.any(axis=tuple(a for a in range(3) if a != axis))) for axis in range(3)]
    low = np.array([p[0] for p in places])
    high = np.array([p[-1] for p in places])
    tissue = np.zeros(brain.shape, dtype=np.uint8)
    mm = _Millimetres(brain.shape, spacing_mm)
    soft = _face(rng, mm, low, high) | _neck(rng, mm, brain, low, high)
    _fill_soft_tissue(rng, tissue, soft)
    _wrap(rng, tissue, distance)
    _eyes(rng, tissue, mm, low, high, distance)
    _cord(rng, tissue, mm, brain, low)
    tissue[brain] = Around.BRAIN
    return tissue


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], cells: int) -> Array:
    """Noise from 0 to 1 that varies over about a ``cells``-th of each axis."""
    import torch
    from torch.nn.functional import interpolate

    coarse = torch.from_numpy(rng.random((cells,) * 3, dtype=np.float32))
    return interpolate(coarse[None, None], size=shape, mode="trilinear")[0, 0].numpy()


class _Millimetres:
    """Distances from places of a grid."""

    def __init__(self, shape: tuple[int, ...], spacing_mm: float) -> None:
        self.axes = np.ogrid[tuple(slice(0, size) for size in shape)]
        self.spacing = spacing_mm

    def ellipsoid(self, centre: npt.NDArray, radii_mm: npt.NDArray) -> Mask:
        scaled = [((a - c) * self.spacing / r) ** 2 for a, c, r in zip(self.axes, centre, radii_mm, strict=True)]
        return scaled[0] + scaled[1] + scaled[2] < 1.0

    def cylinder(self, centre: npt.NDArray, radii_mm: npt.NDArray) -> Mask:
        """Along k, from ``centre`` downwards."""
        i, j, k = self.axes
        inside = ((i - centre[0]) * self.spacing / radii_mm[0]) ** 2 + (
            (j - centre[1]) * self.spacing / radii_mm[1]
        ) ** 2 < 1.0
        return inside & (k <= centre[2])


def _face(rng: np.random.Generator, mm: _Millimetres, low: npt.NDArray, high: npt.NDArray) -> Mask:
    centre = np.array([(low[0] + high[0]) / 2, high[1] - rng.uniform(15, 45) / mm.spacing, low[2]])
    centre[2] += rng.uniform(-30, 10) / mm.spacing
    return mm.ellipsoid(centre, rng.uniform((50, 45, 50), (75, 75, 90)))


def _neck(rng: np.random.Generator, mm: _Millimetres, brain: Mask, low: npt.NDArray, high: npt.NDArray) -> Mask:
    centre = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2 - rng.uniform(-5, 20) / mm.spacing, low[2]])
    centre[2] += rng.uniform(10, 35) / mm.spacing
    return mm.cylinder(centre, rng.uniform((48, 50), (75, 80)))


def _fill_soft_tissue(rng: np.random.Generator, tissue: npt.NDArray[np.uint8], soft: Mask) -> None:
    """Patches of muscle, fat, bone, air and vessels; each is where its own noise is highest."""
    kinds = (Around.MUSCLE, Around.FAT, Around.BONE, Around.AIR, Around.MARROW, Around.SKIN, Around.VESSEL)
    weights = (1.15, 1.1, 1.0, 0.95, 0.95, 1.0, 0.85)
    fields = [w * smooth_noise(rng, tissue.shape, int(rng.integers(10, 26))) for w in weights]
    tissue[soft] = np.array(kinds, dtype=np.uint8)[np.argmax(fields, axis=0)][soft]


def _wrap(rng: np.random.Generator, tissue: npt.NDArray[np.uint8], distance: Array) -> None:
    """Layers around the brain, of varying thickness; what the face and neck hold farther out stays."""

    def thickness(least: float, most: float) -> Array:
        return np.float32(rng.uniform(least, most)) * (0.5 + smooth_noise(rng, tissue.shape, int(rng.integers(3, 9))))

    layers = [
        (Around.FLUID, thickness(0.0, 3.5)),
        (Around.DURA, thickness(0.0, 2.5)),
        (Around.BONE, thickness(1.0, 2.5)),
        (Around.MARROW if rng.random() < 0.7 else Around.BONE, thickness(0.5, 5.0)),
        (Around.BONE, thickness(1.0, 2.5)),
        (Around.MUSCLE if rng.random() < 0.3 else Around.FAT, thickness(1.0, 8.0)),
        (Around.SKIN, thickness(1.0, 3.0)),
    ]
    outer = np.cumsum([t for _, t in layers], axis=0)
    for (kind, _), limit, inner in reversed(list(zip(layers, outer, [np.zeros_like(distance), *outer], strict=False))):
        here = (distance <= limit) & (distance > inner)
        if kind in (Around.FAT, Around.SKIN, Around.MUSCLE):
            here &= tissue == Around.AIR
        tissue[here] = kind
    sinus = (smooth_noise(rng, tissue.shape, 9) > rng.uniform(0.75, 0.98)) & (distance > outer[1]) & (distance < 25)
    tissue[sinus & (tissue != Around.AIR)] = Around.AIR if rng.random() < 0.7 else Around.MARROW
    if rng.random() < 0.6:
        vessels = (smooth_noise(rng, tissue.shape, 12) > 0.75) & (distance < 5) & (distance > 0)
        tissue[vessels] = Around.VESSEL


def _eyes(
    rng: np.random.Generator,
    tissue: npt.NDArray[np.uint8],
    mm: _Millimetres,
    low: npt.NDArray,
    high: npt.NDArray,
    distance: Array,
) -> None:
    middle, apart = (low[0] + high[0]) / 2, rng.uniform(28, 36) / mm.spacing
    forward = high[1] - rng.uniform(-5, 12) / mm.spacing
    height = low[2] + rng.uniform(20, 50) / mm.spacing
    radius = rng.uniform(10, 14)
    for side in (-1, 1):
        centre = np.array([middle + side * apart, forward, height])
        outside = distance > 2.0
        tissue[mm.ellipsoid(centre - [0, 8 / mm.spacing, 0], np.full(3, 2.0 * radius)) & outside] = Around.FAT
        tissue[mm.ellipsoid(centre, np.full(3, radius)) & outside] = Around.EYE
        tissue[mm.ellipsoid(centre + [0, 0.7 * radius / mm.spacing, 0], np.full(3, 5.0)) & outside] = Around.LENS


def _cord(
    rng: np.random.Generator, tissue: npt.NDArray[np.uint8], mm: _Millimetres, brain: Mask, low: npt.NDArray
) -> None:
    """The brain stem goes on as a cord in fluid in bone."""
    lowest = np.argwhere(brain[:, :, low[2] : low[2] + 2].any(axis=2)).mean(0)
    centre = np.array([lowest[0], lowest[1], low[2] + 2])
    width = rng.uniform(6, 11)
    free = ~brain
    for kind, radius in ((Around.BONE, width + rng.uniform(6, 14)), (Around.FLUID, width + rng.uniform(0, 5))):
        tissue[mm.cylinder(centre, np.full(2, radius)) & free] = kind
    if rng.random() < 0.8:
        tissue[mm.cylinder(centre, np.full(2, width)) & free] = Around.CORD
