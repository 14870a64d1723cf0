"""Mean shapes of brain and head, made of the phantom's equations, and how well a mask fits them in every orientation.

A mask is compared with the shape turned into all 24 orientations along the axes; the header is right where the upright
one fits best. Left and right cannot be told apart, because both shapes are symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import resample_spacing, to_canonical
from GliomaRadiomicsLib.imaging.phantom_brain import outline
from GliomaRadiomicsLib.imaging.phantom_head import head_tissue

Array = npt.NDArray[np.float32]
Turn = tuple[tuple[int, int, int], tuple[int, int, int]]
_BRAIN_MM, _HEAD_MM = 6.0, 10.0
_BRAIN_REACH, _HEAD_REACH = 17, 14
_STEM_END, _NECK_END = -76.0, -120.0
_FFT = 48
_LEAST_SEEN = 0.4
_PLUS, _MINUS = ("right", "front", "top"), ("left", "back", "bottom")


def _turns() -> tuple[Turn, ...]:
    found: list[Turn] = []
    for order in permutations((0, 1, 2)):
        for flips in product((0, 1), repeat=3):
            matrix = np.zeros((3, 3))
            for row, (axis, flip) in enumerate(zip(order, flips, strict=True)):
                matrix[row, axis] = -1 if flip else 1
            if np.linalg.det(matrix) > 0:
                found.append(((order[0], order[1], order[2]), (flips[0], flips[1], flips[2])))
    return tuple(found)


TURNS = _turns()
"""The 24 rotations: which axis of the shape lies along each axis of the image, and which of these are flipped."""
UPRIGHT: Turn = ((0, 1, 2), (0, 0, 0))


@dataclass(frozen=True)
class Fit:
    """Dice of a mask with a mean shape.

    Attributes:
        upright: As the header says.
        turned: Best of the other orientations.
        turn: Which that is.
    """

    upright: float
    turned: float
    turn: Turn

    @property
    def lead(self) -> float:
        """By how much another orientation fits better; negative where the header is right."""
        return self.turned - self.upright

    def describe(self) -> str:
        """Which part of the head lies in which direction of the header, in words."""
        said = []
        for axis, (shape_axis, flip) in enumerate(zip(*self.turn, strict=True)):
            if shape_axis == 0:
                if axis != 0:
                    said.append(f"a side of the head lies where the header says {_PLUS[axis]}")
            elif shape_axis != axis or flip:
                part = (_MINUS if flip else _PLUS)[shape_axis]
                said.append(f"the {part} of the head lies where the header says {_PLUS[axis]}")
        return " and ".join(said)


def fit_brain(mask: Volume) -> Fit:
    """Fit of a brain mask, scaled to the volume of the mean brain and laid on its centre; about 10 ms."""
    canonical = to_canonical(mask)
    soft = resample_spacing(canonical.with_array((canonical.array != 0).astype(np.float32)), _BRAIN_MM).array
    mean = _mean_brain()
    scale = (float(soft.sum()) / float(mean.sum())) ** (1.0 / 3.0)
    start = np.array(ndimage.center_of_mass(soft)) - scale * _BRAIN_REACH
    centred = ndimage.affine_transform(soft, np.eye(3) * scale, start, output_shape=mean.shape, order=1)
    return _best([_dice(centred, turned) for turned in _turned_brains()])


def fit_head(mask: Volume) -> Fit:
    """Fit of a head mask, moved freely and compared only inside the field of view; about 40 ms."""
    canonical = to_canonical(mask)
    head = resample_spacing(canonical.with_array((canonical.array != 0).astype(np.float32)), _HEAD_MM).array
    head = head[:_FFT, :_FFT, :_FFT]
    padded = np.zeros((2, _FFT, _FFT, _FFT), dtype=np.float32)
    box = tuple(slice((_FFT - n) // 2, (_FFT - n) // 2 + n) for n in head.shape)
    padded[0][box], padded[1][box] = head, 1.0
    spectra = np.fft.rfftn(padded, axes=(1, 2, 3))
    scores = []
    for spectrum, size in _head_spectra():
        common, seen = np.fft.irfftn(spectra * spectrum, (_FFT, _FFT, _FFT), axes=(1, 2, 3))
        dice = np.where(seen >= _LEAST_SEEN * size, 2.0 * common / (seen + head.sum()), 0.0)
        scores.append(float(dice.max()))
    return _best(scores)


def _best(scores: list[float]) -> Fit:
    others = {turn: score for turn, score in zip(TURNS, scores, strict=True) if turn != UPRIGHT}
    turn = max(others, key=lambda one: others[one])
    return Fit(scores[TURNS.index(UPRIGHT)], others[turn], turn)


def _dice(a: Array, b: Array) -> float:
    return float(2.0 * np.minimum(a, b).sum() / max(float(a.sum() + b.sum()), 1e-6))


def _turned(shape: Array, turn: Turn) -> Array:
    order, flips = turn
    return np.flip(shape.transpose(order), tuple(axis for axis in range(3) if flips[axis]))


def _axes(reach: int, spacing_mm: float, centre: npt.ArrayLike = (0.0, 0.0, 0.0)) -> tuple[Array, Array, Array]:
    line = np.arange(-reach, reach + 1) * spacing_mm
    x, y, z = np.meshgrid(*(line + shift for shift in np.asarray(centre)), indexing="ij")
    return x.astype(np.float32), y.astype(np.float32), z.astype(np.float32)


def _surface(x: Array, y: Array, z: Array) -> Array:
    return outline(x, y, z).brain()


@lru_cache(maxsize=1)
def _mean_brain() -> Array:
    """Share of the brain in voxels of 6 mm around its centre of mass."""
    x, y, z = _axes(_BRAIN_REACH, _BRAIN_MM)
    inside = (_surface(x, y, z) < 0) & (z > _STEM_END)
    x, y, z = _axes(_BRAIN_REACH, _BRAIN_MM, [axis[inside].mean() for axis in (x, y, z)])
    return np.clip(0.5 - _surface(x, y, z) / _BRAIN_MM, 0.0, 1.0).astype(np.float32) * (z > _STEM_END)


@lru_cache(maxsize=1)
def _turned_brains() -> list[Array]:
    return [_turned(_mean_brain(), turn) for turn in TURNS]


@lru_cache(maxsize=1)
def _head_spectra() -> list[tuple[npt.NDArray[np.complex128], float]]:
    x, y, z = _axes(_HEAD_REACH, _HEAD_MM)
    surface = _surface(x, y, z)
    head = ((head_tissue(x, y, z, surface, np.zeros_like(x)) > 0) | (surface < 0)) & (z > _NECK_END)
    shapes = [_turned(head.astype(np.float32), turn) for turn in TURNS]
    return [(np.conj(np.fft.rfftn(s, (_FFT, _FFT, _FFT), axes=(0, 1, 2))), float(s.sum())) for s in shapes]
