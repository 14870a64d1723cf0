"""The region a network sees: a grid around the tumour or the brain, and the standardised sequences on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.bias import correct_bias
from GliomaRadiomicsLib.imaging.grid import Box, crop, crop_box, resample_like, to_canonical
from GliomaRadiomicsLib.imaging.normalisation.base import LinearNormalisation
from GliomaRadiomicsLib.imaging.normalisation.linear import fit_zscore, fit_zscore_image
from GliomaRadiomicsLib.systems.image_grading.case import brain_of, enhancing_ml, facts_of, only, why_not
from GliomaRadiomicsLib.systems.image_grading.cohort import Prepared
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.protocol import CaseData

SettingsT = TypeVar("SettingsT", bound=GradingSettings)
Shape = tuple[int, int, int]


def prepared_on(
    case: CaseData, settings: SettingsT, grid_of: Callable[[CaseData, SettingsT], Volume]
) -> Prepared | str:
    """Images on the system's grid and facts, or why there are none."""
    data = only(case, settings.sequences)
    reason = why_not(data, settings.sequences)
    if reason:
        return reason
    images = images_on(
        data, grid_of(data, settings), settings.sequences, standardise=settings.standardise, bias=settings.bias
    )
    return Prepared(images, facts_of(data, settings.sequences), enhancing_ml(data))


def centred_grid(mask: Volume, shape: Shape, spacing_mm: tuple[float, float, float], name: str = "region") -> Volume:
    """A grid of ``shape`` voxels, its middle on that of the box of ``mask``, along right, anterior, superior.

    It may reach beyond the image. Its array is zeros and takes no memory.
    """
    canonical = to_canonical(mask)
    box = crop_box(canonical.array)
    middle = np.array([(part.start + part.stop - 1) / 2.0 for part in box])
    direction = canonical.affine[:3, :3] / np.array(canonical.spacing)
    affine = np.eye(4)
    affine[:3, :3] = direction * np.array(spacing_mm)
    centre = canonical.affine[:3, :3] @ middle + canonical.affine[:3, 3]
    affine[:3, 3] = centre - affine[:3, :3] @ ((np.array(shape) - 1) / 2.0)
    return Volume(np.broadcast_to(np.uint8(0), shape), affine, name)


def extent_mm(mask: Volume) -> npt.NDArray[np.float64]:
    """Size in mm of the box of ``mask`` along right, anterior, superior."""
    canonical = to_canonical(mask)
    box = crop_box(canonical.array)
    return np.array([part.stop - part.start for part in box]) * np.array(canonical.spacing)


def images_on(
    case: CaseData, grid: Volume, sequences: Sequence[str], *, standardise: str = "brain", bias: bool = False
) -> npt.NDArray[np.float32]:
    """The sequences standardised and resized, shape (sequences, i, j, k).

    Args:
        case: The case; what lies outside its brain counts as background.
        grid: Where to.
        sequences: Which, in this order.
        standardise: "brain": mean 0 and deviation 1 inside the brain, 0 outside; "image": of the whole image.
        bias: Correct the shading first (N4).
    """
    brain = brain_of(case)
    box = _needed(case.label_map, grid)
    found = []
    for role in sequences:
        volume = case.volumes[role]
        volume = volume.with_array(np.where(brain, volume.array, 0).astype(np.float32, copy=False))
        if bias:
            volume = correct_bias(volume, volume.with_array(brain.astype(np.uint8)))
        scale = (fit_zscore_image if standardise == "image" else fit_zscore)(volume.array, brain)
        found.append(_resized(volume, box, grid, scale, brain))
    return np.stack(found)


def mask_on(mask: Volume, grid: Volume) -> npt.NDArray[np.bool_]:
    """A mask on another grid, nearest neighbour."""
    return resample_like(mask.with_array((mask.array != 0).astype(np.uint8)), grid, label=True).array != 0


def _resized(
    volume: Volume, box: Box, grid: Volume, scale: LinearNormalisation, brain: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Smoothed before it is made coarser, so that thin structures do not vanish between the voxels."""
    cut = crop(volume, box)
    standard = scale.apply(cut.array, brain[box])
    outside = 0.0 if scale.method == "zscore" else float(scale.apply(np.zeros(1), np.ones(1, dtype=bool))[0])
    wanted = np.array(grid.spacing)[_axes(cut, grid)]
    ratio = wanted / np.array(cut.spacing)
    smooth = ndimage.gaussian_filter(standard, np.where(ratio > 1.0, 0.4 * ratio, 0.0), mode="nearest")
    return resample_like(cut.with_array(smooth), grid, outside=outside).array


def _axes(volume: Volume, grid: Volume) -> npt.NDArray[np.intp]:
    """For every axis of ``volume`` the axis of ``grid`` that runs closest along it."""
    cosines = (grid.affine[:3, :3] / grid.spacing).T @ (volume.affine[:3, :3] / volume.spacing)
    return np.abs(cosines).argmax(axis=0)


def _needed(image: Volume, grid: Volume) -> Box:
    """The part of ``image`` that ``grid`` covers, with a margin for smoothing; all of it where they do not meet."""
    last = np.array(grid.shape) - 1
    corners = np.array([(i, j, k, 1.0) for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])])
    places = (np.linalg.inv(image.affine) @ grid.affine @ corners.T)[:3]
    margin = np.ceil(3.0 * np.max(grid.spacing) / np.array(image.spacing)).astype(int) + 1
    low = np.maximum(np.floor(places.min(axis=1)).astype(int) - margin, 0)
    high = np.minimum(np.ceil(places.max(axis=1)).astype(int) + 1 + margin, image.shape)
    if (high - low < 2).any():
        low, high = np.zeros(3, dtype=int), np.array(image.shape)
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])
