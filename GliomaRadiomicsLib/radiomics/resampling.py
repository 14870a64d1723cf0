"""Image and mask on the grid features are computed on: mask corrected, both resampled or cropped around the region.

Source: pyradiomics 3.0.1, ``imageoperations``: ``resampleImage``, ``checkMask`` and ``cropToTumorMask``. Interpolation
is SimpleITK's. Images of whole numbers are interpolated whole, as there: the values are cut off to whole numbers, so
another order of operations would change some of them by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import check_voxel_count, finite, nothing_left
from GliomaRadiomicsLib.radiomics.ibsi.interpolation import interpolated_image, interpolated_mask
from GliomaRadiomicsLib.radiomics.region import Box, bounding_box, fits, mismatch, outside_mm, select_label
from GliomaRadiomicsLib.radiomics.settings import INTERPOLATORS, RadiomicsSettings

_REACH = 32
"""Voxels beyond which no value changes an interpolated one by more than its rounding (B-spline: 0.27 a voxel)."""

Labels = tuple[int, ...]
Three = npt.NDArray[np.float64]


def on_one_grid(image: Volume, mask: Volume, labels: Labels, settings: RadiomicsSettings) -> tuple[Volume, Volume]:
    """Image and mask on the grid that the settings ask for; the same objects where nothing is to be done.

    Args:
        image: The image.
        mask: Labels; on another grid only if the settings resample or correct the mask.
        labels: Labels whose union is the region.
        settings: How features are computed.

    Raises:
        RefusedInput: If the grids differ, the region lies outside the image, nothing of it is left, or the new grid
            has too many voxels.
    """
    if settings.resamples and settings.convention != "ibsi":
        return _resampled(image, mask, labels, settings)
    mask = corrected(image, mask, labels, settings)
    if settings.resamples:
        return ibsi_image(image, settings), ibsi_mask(mask, labels, settings)
    return _cropped(image, mask, labels, settings.padDistance) if settings.preCrop else (image, mask)


def corrected(image: Volume, mask: Volume, labels: Labels, settings: RadiomicsSettings) -> Volume:
    """The mask, brought to the grid of the image if that is needed and the settings ask for it.

    Raises:
        RefusedInput: If the grids differ and the settings do not correct masks, or the region lies outside the image.
    """
    if fits(image, mask, settings):
        return mask
    outside = outside_mm(image, mask, select_label(mask, labels))
    if outside or not settings.correctMask:
        raise mismatch(image, mask, outside)
    return _on_grid_of(image, mask, labels)


def ibsi_image(image: Volume, settings: RadiomicsSettings) -> Volume:
    """An image on the voxels of the settings as IBSI interpolates it; the grid does not depend on a mask."""
    _check_finite(image)
    return interpolated_image(image, settings.resampledPixelSpacing or (), settings.interpolator)


def ibsi_mask(mask: Volume, labels: Labels, settings: RadiomicsSettings) -> Volume:
    """The region of some labels on the voxels of the settings as IBSI interpolates it."""
    select_label(mask, labels)
    return interpolated_mask(mask, labels, settings.resampledPixelSpacing or ())


def _resampled(image: Volume, mask: Volume, labels: Labels, settings: RadiomicsSettings) -> tuple[Volume, Volume]:
    inside = select_label(mask, labels)
    outside = 0.0 if fits(image, mask, settings) else outside_mm(image, mask, inside)
    if outside:
        raise mismatch(image, mask, outside)
    box = bounding_box(inside)[::-1]
    first = np.array([axis.start for axis in box])
    size = np.array([axis.stop for axis in box]) - first
    old, wanted = np.array(mask.spacing), np.array(settings.resampledPixelSpacing, dtype=np.float64)
    new = np.where((wanted == 0) | (size == 1), old, wanted)
    if np.allclose(image.spacing, new):
        return _cropped(image, _on_grid_of(image, mask, labels), labels, settings.padDistance)
    _check_finite(image)
    grid = _Grid(mask, new, first, size, settings.padDistance)
    moved = grid.sample(mask, "sitkNearestNeighbor")
    _check_left(moved, mask, labels)
    return grid.sample(image, settings.interpolator), moved


class _Grid:
    """Voxels of a new size over a box of a mask and some voxels around it, along the mask's axes.

    The outer corner of the mask's first voxel is also that of the new grid, of which only the part around the region
    is taken.

    Args:
        mask: The mask.
        new: Voxel size along i, j, k in mm.
        first: First voxel of the region along i, j, k.
        size: Voxels of the region along i, j, k.
        margin: New voxels around the region, as far as the mask reaches.
    """

    def __init__(self, mask: Volume, new: Three, first: npt.NDArray, size: npt.NDArray, margin: int) -> None:
        old = np.array(mask.spacing)
        ratio = old / new
        lower = np.maximum(np.floor((first - 0.5) * ratio - margin), 0)
        last = np.ceil(np.array(mask.shape) * ratio) - 1
        upper = np.minimum(np.ceil((first + size - 0.5) * ratio + margin), last)
        check_voxel_count(upper - lower + 1, new)
        self._size = [int(number) for number in upper - lower + 1]
        self._spacing = new.tolist()
        self._origin = 0.5 * (new - old) / old + lower / ratio
        self._step = new / old
        self._mask = mask

    def _near(self, volume: Volume) -> Volume:
        """The part of a volume of real numbers that counts here; cut-off whole numbers need the whole of it."""
        if volume.array.dtype.kind != "f":
            return volume
        ends = np.array([self._origin, self._origin + (np.array(self._size) - 1) * self._step]).T
        corners = np.stack(np.meshgrid(*ends, [1.0], indexing="ij")).reshape(4, -1)
        placed = (np.linalg.inv(volume.affine) @ self._mask.affine @ corners)[:3]
        start = np.clip(np.floor(placed.min(axis=1)) - _REACH, 0, np.array(volume.shape) - 1)
        stop = np.clip(np.ceil(placed.max(axis=1)) + _REACH + 1, start + 1, volume.shape)
        box: Any = tuple(slice(int(first), int(end)) for first, end in zip(start, stop, strict=True))
        return _cut(volume, box)

    def sample(self, volume: Volume, interpolator: str | int | None) -> Volume:
        """A volume on this grid, in its own number format; 0 outside it."""
        import SimpleITK as sitk  # noqa: N813 - the name everybody uses

        from GliomaRadiomicsLib.imaging.itk import from_itk, to_itk

        name = INTERPOLATORS[interpolator - 1] if isinstance(interpolator, int) else str(interpolator)
        source, reference = to_itk(self._near(volume)), to_itk(self._mask)
        sampled: Any = sitk.Resample(
            source,
            self._size,
            sitk.Transform(3, sitk.sitkIdentity),
            getattr(sitk, name),
            reference.TransformContinuousIndexToPhysicalPoint(self._origin.tolist()),
            self._spacing,
            reference.GetDirection(),
            0.0,
            source.GetPixelID(),
        )
        return from_itk(sampled, volume.name)


def _on_grid_of(image: Volume, mask: Volume, labels: Labels) -> Volume:
    from GliomaRadiomicsLib.imaging.grid import resample_like

    moved = resample_like(mask, image, label=True)
    _check_left(moved, mask, labels)
    return moved


def _cropped(image: Volume, mask: Volume, labels: Labels, margin: int) -> tuple[Volume, Volume]:
    """Image and mask, on one grid, cut to the region and ``margin`` voxels around it."""
    box: Any = tuple(
        slice(max(axis.start - margin, 0), axis.stop + margin)
        for axis in bounding_box(select_label(mask, labels))[::-1]
    )
    return _cut(image, box), _cut(mask, box)


def _cut(volume: Volume, box: Box) -> Volume:
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [axis.start for axis in box]
    return Volume(volume.array[box], affine, volume.name)


def _check_left(moved: Volume, mask: Volume, labels: Labels) -> None:
    if not np.isin(moved.array, labels).any():
        raise nothing_left(mask.name, moved.spacing)


def _check_finite(image: Volume) -> None:
    """Raise `RefusedInput` unless the whole image is finite, as interpolation carries each value to its neighbours."""
    finite(
        image.array,
        image.name,
        "image cannot be resampled, interpolation would spread values that are not finite",
        "repair the image, or leave out resampledPixelSpacing",
    )
