"""Is a heat map faithful? Deletion and insertion curves against random regions of equal size.

Petsiuk et al. 2018 (https://arxiv.org/abs/1806.07421); compared with random regions, because any deletion moves a
score somewhat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import integrate, ndimage

from GliomaRadiomicsLib.explain.occlusion import Array, ImageScore

FRACTIONS = (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True)
class Curve:
    """How a score goes while more and more voxels are deleted (or inserted).

    Attributes:
        by_map: Score at each fraction, most important voxels of the map first.
        by_chance: Mean score when random regions of equal size go first.
        area_between: Mean distance of the two over the fractions, in units of the score; positive where the map does
            better than chance (deletion: falls faster; insertion: rises faster).
        beaten: Share of the random regions that the map beats; with n of them, chance is a half, certainty 1.
    """

    by_map: tuple[float, ...]
    by_chance: tuple[float, ...]
    area_between: float
    beaten: float


@dataclass(frozen=True)
class Faithfulness:
    """Both curves; the first point of each is fraction 0."""

    fractions: tuple[float, ...]
    deletion: Curve
    insertion: Curve
    random_regions: int


def faithfulness(
    score: ImageScore,
    image: Array,
    heat: Array,
    *,
    mask: npt.NDArray[np.bool_] | None = None,
    fill: float = 0.0,
    fractions: tuple[float, ...] = FRACTIONS,
    regions: int = 5,
    grain: float = 4.0,
    seed: int = 0,
    batch: int = 4,
) -> Faithfulness:
    """Delete (and insert) the voxels a map calls important, and as many in random regions.

    Args:
        score: What the map explains, so that positive heat speaks for a high score.
        image: Shape ``(sequences, ...)``.
        heat: Shape of the spatial axes. A map that is constant where voxels count puts none before another: it counts
            as chance, with curves of its own that are those of chance, no gain, and half of the regions beaten.
        mask: Which voxels count, such as the brain; all where not given.
        fill: What deleted voxels are filled with.
        fractions: Shares of the voxels that count, rising.
        regions: Number of random regions.
        grain: Size of the blobs they are made of, in voxels (standard deviation of the smoothing of noise).
        seed: Of the random regions.
        batch: Images scored at once.

    Raises:
        ValueError: If shapes differ or the mask is empty.
    """
    counted = np.ones(heat.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if heat.shape != image.shape[1:] or counted.shape != heat.shape or not counted.any():
        msg = f"heat {heat.shape} and mask {counted.shape} must fit the image {image.shape[1:]} and not be empty"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    fields = [heat, *(_smooth_noise(rng, heat.shape, grain) for _ in range(regions))]
    orders = [_order(field, counted, rng) for field in fields]
    steps = np.concatenate([[0.0], np.asarray(fractions, dtype=np.float64)])
    trials = _Trials(score, image, np.where(counted, fill, image), np.rint(steps * counted.sum()).astype(int), batch)
    deleted = [trials.scores(order, insert=False) for order in orders]
    inserted = [trials.scores(order, insert=True) for order in orders]
    curve = _chance if is_flat(heat, counted) else _curve
    return Faithfulness(
        tuple(float(step) for step in steps), curve(deleted, steps, -1.0), curve(inserted, steps, 1.0), regions
    )


def is_flat(heat: Array, mask: npt.NDArray[np.bool_] | None = None) -> bool:
    """Whether a map has one value only, within ``mask`` where given."""
    values = np.asarray(heat) if mask is None else np.asarray(heat)[mask]
    return bool((values == values.flat[0]).all())


@dataclass(frozen=True)
class _Trials:
    score: ImageScore
    image: Array
    empty: Array
    counts: npt.NDArray[np.int_]
    batch: int

    def scores(self, order: npt.NDArray[np.int_], *, insert: bool) -> npt.NDArray[np.float64]:
        """Score after each count of the flat voxel numbers in ``order`` was deleted or inserted."""
        start, other = (self.empty, self.image) if insert else (self.image, self.empty)
        shape = (len(start), -1)
        found = []
        for first in range(0, len(self.counts), self.batch):
            counts = self.counts[first : first + self.batch]
            images = np.repeat(start[None], len(counts), axis=0)
            for changed, count in zip(images, counts, strict=True):
                changed.reshape(shape)[:, order[:count]] = other.reshape(shape)[:, order[:count]]
            found.append(np.asarray(self.score(images), dtype=np.float64).reshape(len(counts)))
        return np.concatenate(found)


def _smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], grain: float) -> npt.NDArray[np.float64]:
    return ndimage.gaussian_filter(rng.normal(size=shape), grain, mode="wrap")


def _order(field: Array, counted: npt.NDArray[np.bool_], rng: np.random.Generator) -> npt.NDArray[np.int_]:
    """Flat numbers of the voxels that count, highest first, equal ones shuffled."""
    places = np.flatnonzero(counted)
    return places[np.lexsort((rng.random(places.size), -field.ravel()[places]))]


def _curve(runs: list[npt.NDArray[np.float64]], steps: npt.NDArray[np.float64], sign: float) -> Curve:
    span = steps[-1] - steps[0]
    areas = [float(integrate.trapezoid(run, steps) / span) for run in runs]
    gains = [sign * (areas[0] - area) for area in areas[1:]]
    chance = np.mean(runs[1:], axis=0)
    return Curve(
        tuple(float(value) for value in runs[0]),
        tuple(float(value) for value in chance),
        float(np.mean(gains)),
        float(np.mean([gain > 0 for gain in gains])),
    )


def _chance(runs: list[npt.NDArray[np.float64]], _steps: npt.NDArray[np.float64], _sign: float) -> Curve:
    chance = tuple(float(value) for value in np.mean(runs[1:], axis=0))
    return Curve(chance, chance, 0.0, 0.5)
