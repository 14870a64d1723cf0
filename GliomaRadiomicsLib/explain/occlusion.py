"""Occlusion sensitivity: how a score changes because a place, or a region, is there.

Zeiler and Fergus 2014 (https://arxiv.org/abs/1311.2901), with blocks in any dimension and any score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
ImageScore = Callable[[Array], npt.ArrayLike]
"""From images ``(n, sequences, ...)`` to the number of each that is explained, ``(n,)``."""


def occlusion_map(
    score: ImageScore,
    image: Array,
    *,
    block: int,
    stride: int | None = None,
    fill: float = 0.0,
    mask: npt.NDArray[np.bool_] | None = None,
    batch: int = 4,
) -> npt.NDArray[np.float32]:
    """Score of the image minus its score with a block filled, for blocks over the whole image.

    Args:
        score: What is explained.
        image: Shape ``(sequences, ...)``; all sequences are filled at once.
        block: Side of a block in voxels; blocks at the edge are cut off.
        stride: Distance of blocks; half a block where not given. Where blocks overlap their effects are averaged.
        fill: What a block is filled with; 0 is the mean of the brain after z-scoring.
        mask: Shape of the spatial axes; blocks that do not touch it are left out and give zero.
        batch: Images scored at once.

    Returns:
        Shape of the spatial axes, in units of the score: positive where the place raises it.
    """
    shape = image.shape[1:]
    boxes = [box for box in _boxes(shape, block, stride or max(block // 2, 1)) if mask is None or mask[box].any()]
    whole = _scores(score, image[None])[0]
    effect, times = np.zeros(shape), np.zeros(shape)
    for start in range(0, len(boxes), batch):
        chosen = boxes[start : start + batch]
        for box, value in zip(chosen, _scores(score, _filled(image, chosen, fill)), strict=True):
            effect[box] += whole - value
            times[box] += 1.0
    return (effect / np.maximum(times, 1.0)).astype(np.float32)


def region_effects(
    score: ImageScore, image: Array, regions: npt.NDArray[np.integer], fill: float = 0.0
) -> dict[int, float]:
    """Score of the image minus its score with a region filled, by the region's number.

    Args:
        score: What is explained.
        image: Shape ``(sequences, ...)``.
        regions: Number of each voxel's region, shape of the spatial axes; 0 is none.
        fill: What a region is filled with.
    """
    whole = _scores(score, image[None])[0]
    effects = {}
    for number in np.unique(regions[regions != 0]):
        effects[int(number)] = float(whole - _scores(score, _filled(image, [regions == number], fill))[0])
    return effects


def _boxes(shape: tuple[int, ...], block: int, stride: int) -> Iterator[tuple[slice, ...]]:
    starts = [range(0, max(n - block, 0) + stride, stride) for n in shape]
    for corner in product(*starts):
        box = tuple(slice(at, min(at + block, n)) for at, n in zip(corner, shape, strict=True))
        if all(part.start < part.stop for part in box):
            yield box


def _filled(image: Array, places: list, fill: float) -> Array:
    copies = np.repeat(image[None], len(places), axis=0)
    for copy, place in zip(copies, places, strict=True):
        where = place if isinstance(place, tuple) else (place,)
        copy[(slice(None), *where)] = fill
    return copies


def _scores(score: ImageScore, images: Array) -> npt.NDArray[np.float64]:
    return np.asarray(score(images), dtype=np.float64).reshape(len(images))
