"""Slices that hold one value only in the middle of an image: lost on the way, and brain with them."""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume

_PLANES = ("sagittal", "coronal", "axial")
_STEP = 3
"""First only every third row and column is looked at."""


def empty_slices(volume: Volume) -> str:
    """Slices of one value between others, in words such as ``axial slice 13 of 26``; empty where there are none.

    Slices before the first and after the last with contents do not count. Numbers start at 1 in the order in which the
    slices are stored.
    """
    for axis in range(3):
        lost = _between(np.moveaxis(volume.array, axis, 0))
        if lost:
            plane = _PLANES[int(np.argmax(np.abs(volume.affine[:3, axis])))]
            return f"{plane} slice{'s' * (len(lost) > 1)} {_numbers(lost)} of {volume.shape[axis]}"
    return ""


def _between(slices: np.ndarray) -> list[int]:
    """Indices along the first axis."""
    few = slices[:, ::_STEP, ::_STEP]
    flat = few.max(axis=(1, 2)) == few.min(axis=(1, 2))
    for index in np.flatnonzero(flat):
        flat[index] = slices[index].min() == slices[index].max()
    filled = np.flatnonzero(~flat)
    return [] if not filled.size else [int(i) for i in np.flatnonzero(flat) if filled[0] < i < filled[-1]]


def _numbers(indices: list[int]) -> str:
    """``4 and 9``, ``4 to 7``."""
    numbers = [index + 1 for index in indices]
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return " and ".join(filter(None, [", ".join(map(str, numbers[:-1])), str(numbers[-1])]))
