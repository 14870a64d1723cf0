"""What the network sees of a case: its axial slices, and the labels beside them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import LABEL_VALUES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.systems.image_grading.case import brain_of, enhancing_ml, facts_of, only, why_not
from GliomaRadiomicsLib.systems.image_grading.cohort import Prepared
from GliomaRadiomicsLib.systems.image_grading.region import centred_grid, extent_mm, images_on
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings


def slice_grid(case: CaseData, settings: VqSettings) -> Volume:
    """Grid of the slices along right, anterior, superior: centred on the brain, as high as the brain.

    What of a brain lies beyond ``size`` x ``pixel_mm`` is not seen.
    """
    mask = case.label_map.with_array(brain_of(case).astype(np.uint8), "slices")
    count = max(1, math.ceil(extent_mm(mask)[2] / settings.slice_mm - 1e-6))
    spacing = (settings.pixel_mm, settings.pixel_mm, settings.slice_mm)
    return centred_grid(mask, (settings.size, settings.size, count), spacing)


def prepare(case: CaseData, settings: VqSettings) -> Prepared | str:
    """Slices, labels and facts, or why there are none.

    The images are of shape (slices, sequences + 1, i, j): slices first, because training reads them one by one; the
    last channel holds the number of the label, 0 for background, then in the order of `LABEL_VALUES`.
    """
    data = only(case, settings.sequences)
    reason = why_not(data, settings.sequences)
    if reason:
        return reason
    grid = slice_grid(data, settings)
    images = images_on(data, grid, settings.sequences, standardise=settings.standardise, bias=settings.bias)
    both = np.concatenate([images, label_numbers(data.label_map, grid)[None].astype(np.float32)])
    return Prepared(by_slice(both).astype(np.float16), facts_of(data, settings.sequences), enhancing_ml(data))


def label_numbers(label_map: Volume, grid: Volume) -> npt.NDArray[np.uint8]:
    """Numbers of the labels on a grid, shape (i, j, slices)."""
    lying = resample_like(label_map.with_array(label_map.array.astype(np.uint8)), grid, label=True).array
    numbers = np.zeros(lying.shape, dtype=np.uint8)
    for number, value in enumerate(LABEL_VALUES):
        numbers[lying == value] = number + 1
    return numbers


def by_slice(images: npt.NDArray) -> npt.NDArray:
    """From (..., i, j, slices) to (slices, ..., i, j)."""
    return np.ascontiguousarray(np.moveaxis(images, -1, 0))


def as_volume(heat: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """From (slices, i, j) to (i, j, slices)."""
    return np.ascontiguousarray(np.moveaxis(np.asarray(heat, dtype=np.float32), 0, -1))
