"""What image and region must be like to be measured; said in the same words wherever it is found out."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput

MOST_VOXELS = 100_000_000
"""Voxels of a resampled grid; 0.8 GB for every copy of the values."""


class NothingLeftError(RefusedInput):
    """No voxel of the region is left on the new grid."""


def check_numbers(values: npt.NDArray, name: str = "") -> npt.NDArray:
    """The values; raises `RefusedInput` unless they are integers or floating-point numbers."""
    if not (np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.floating)):
        raise RefusedInput(
            what="image without numbers", where=name or "image", found=values.dtype, remedy="convert it to float"
        )
    return values


def finite(
    values: npt.NDArray,
    name: str = "",
    what: str = "values of the region are not finite",
    remedy: str = "repair the image or leave these voxels out of the mask",
) -> npt.NDArray:
    """The values of an image called ``name``; raises `RefusedInput` unless all are finite numbers."""
    bad = values.size - np.count_nonzero(np.isfinite(check_numbers(values, name)))
    if bad:
        found = f"{bad} of {values.size} voxels NaN or infinite"
        raise RefusedInput(what=what, where=name or "image", found=found, remedy=remedy)
    return values


def nothing_left(name: str, spacing: Iterable[float]) -> NothingLeftError:
    """The error for a mask of which no voxel is left on voxels of this size in mm."""
    return NothingLeftError(
        what="no voxel of the region is left after resampling",
        where=name or "mask",
        found=f"voxels of {_size(spacing)}",
        remedy="resample to smaller voxels",
    )


def check_voxel_count(size: Iterable[float], spacing: Iterable[float]) -> None:
    """Raise `RefusedInput` for a grid of more than `MOST_VOXELS`.

    Args:
        size: Number of voxels along each axis.
        spacing: Their size in mm.
    """
    spacing = list(spacing)
    count = math.prod(float(number) for number in size)
    if not count <= MOST_VOXELS:
        larger = [1.05 * length * (count / MOST_VOXELS) ** (1 / 3) for length in spacing]
        raise RefusedInput(
            what=f"resampling gives {count:.3g} voxels, more than {MOST_VOXELS:,}",
            where="resampledPixelSpacing",
            found=_size(spacing),
            remedy=f"choose larger voxels, about {_size(larger)}",
        )


def _size(spacing: Iterable[float]) -> str:
    return f"{' x '.join(f'{length:.3g}' for length in spacing)} mm"
