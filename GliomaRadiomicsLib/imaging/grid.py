"""Grids: canonical axis order without interpolation, resampling through the headers, cropping to a box."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - its usual name
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.itk import direction, from_itk, to_itk

Box = tuple[slice, slice, slice]


def resample_like(volume: Volume, reference: Volume, *, label: bool = False, outside: float = 0.0) -> Volume:
    """``volume`` on the grid of ``reference``, moved only by the two headers.

    Args:
        volume: Image or label map.
        reference: Gives shape and affine; its voxels are not read.
        label: Nearest neighbour and the dtype kept, instead of linear and float32.
        outside: Value of voxels outside ``volume``.

    Returns:
        The voxels themselves, unchanged, where both grids are the same.
    """
    if volume.same_grid(reference, tolerance_mm=1e-4):
        return Volume(volume.array, reference.affine, volume.name)
    source = volume if label else volume.with_array(volume.array.astype(np.float32, copy=False))
    lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ reference.affine
    spacing = np.array(reference.spacing)
    image = sitk.Resample(
        to_itk(source),
        [int(n) for n in reference.shape],
        sitk.Transform(3, sitk.sitkIdentity),
        sitk.sitkNearestNeighbor if label else sitk.sitkLinear,
        lps[:3, 3].tolist(),
        spacing.tolist(),
        direction(reference),
        outside,
    )
    array = from_itk(image).array
    kept = array.astype(volume.array.dtype, copy=False) if label else array
    return Volume(kept, reference.affine, volume.name)


def resample_spacing(
    volume: Volume, spacing_mm: float | tuple[float, float, float] = 1.0, *, label: bool = False
) -> Volume:
    """``volume`` with voxels of ``spacing_mm`` along its own axes, covering the same field of view (no smoothing)."""
    return resample_like(volume, grid_with_spacing(volume, spacing_mm), label=label)


def coarsened(volume: Volume, spacing_mm: float) -> Volume:
    """``volume`` as float32 on isotropic voxels of ``spacing_mm``, smoothed first along the axes that are finer.

    The smoothing is symmetric, so nothing moves.
    """
    ratio = spacing_mm / np.array(volume.spacing)
    array = ndimage.gaussian_filter(volume.array.astype(np.float32), np.where(ratio > 1.0, 0.4 * ratio, 0.0))
    return resample_spacing(volume.with_array(array), spacing_mm)


def grid_with_spacing(volume: Volume, spacing_mm: float | tuple[float, float, float] = 1.0) -> Volume:
    """A grid of ``spacing_mm`` voxels over the field of view of ``volume``; its array is zeros and takes no memory.

    The outer corner of the first voxel stays where it is; the far side may grow by less than half a voxel.
    """
    old, new = np.array(volume.spacing), np.broadcast_to(np.asarray(spacing_mm, dtype=np.float64), 3)
    shape = np.maximum(np.rint(np.array(volume.shape) * old / new).astype(int), 1)
    affine = volume.affine.copy()
    affine[:3, :3] *= new / old
    affine[:3, 3] += volume.affine[:3, :3] @ ((new / old - 1.0) / 2.0)
    return Volume(np.broadcast_to(np.uint8(0), tuple(int(n) for n in shape)), affine, volume.name)


def to_canonical(volume: Volume) -> Volume:
    """The same image with axes swapped and flipped so that i, j, k run closest to right, anterior, superior (exact)."""
    order, flips = _canonical_axes(volume.affine)
    array = volume.array.transpose(order)
    affine = volume.affine[:, [*order, 3]]
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            affine = affine.copy()
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1.0
    return Volume(np.ascontiguousarray(array), affine, volume.name)


def from_canonical(volume: Volume, native: Volume) -> Volume:
    """The inverse of `to_canonical`: ``volume``, which lies on ``to_canonical(native)``, with the axes of ``native``.

    Raises:
        ValueError: If ``volume`` does not lie on the canonical grid of ``native``.
    """
    order, flips = _canonical_axes(native.affine)
    array = np.flip(volume.array, tuple(axis for axis, flip in enumerate(flips) if flip))
    result = Volume(np.ascontiguousarray(array.transpose(np.argsort(order))), native.affine, volume.name)
    if result.shape != native.shape or not volume.same_grid(to_canonical(result)):
        msg = f"grid of shape {volume.shape} is not the canonical grid of the native image {native.shape}"
        raise ValueError(msg)
    return result


def _canonical_axes(affine: npt.NDArray[np.float64]) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    order = max(permutations(range(3)), key=lambda axes: sum(abs(cosines[row, axis]) for row, axis in enumerate(axes)))
    return order, tuple(bool(cosines[row, axis] < 0) for row, axis in enumerate(order))


def crop_box(mask: npt.NDArray, margin: int | tuple[int, int, int] = 0) -> Box:
    """Slices of the smallest box around the non-zero voxels of ``mask``, ``margin`` voxels wider, kept inside the grid.

    Raises:
        RefusedInput: If the mask is empty.
    """
    inside = np.asarray(mask) != 0
    widths = np.broadcast_to(margin, 3)
    box = []
    for axis in range(3):
        used = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        if used.size == 0:
            raise RefusedInput(what="empty mask", remedy="give a mask with at least one voxel")
        first, last = int(used[0] - widths[axis]), int(used[-1] + widths[axis])
        box.append(slice(max(first, 0), min(last + 1, inside.shape[axis])))
    return box[0], box[1], box[2]


def crop(volume: Volume, box: Box) -> Volume:
    """The part of ``volume`` inside ``box``, at its place."""
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array([part.start for part in box], dtype=np.float64)
    return Volume(np.ascontiguousarray(volume.array[box]), affine, volume.name)


def uncrop(volume: Volume, box: Box, native: Volume, outside: float = 0) -> Volume:
    """The inverse of `crop`: ``volume`` put back at ``box`` of the grid of ``native``, ``outside`` elsewhere."""
    array = np.full(native.shape, outside, dtype=volume.array.dtype)
    array[box] = volume.array
    return Volume(array, native.affine, volume.name)
