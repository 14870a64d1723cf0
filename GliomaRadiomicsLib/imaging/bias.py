"""Shading of the scanner's coils, estimated on a coarse grid and removed at full resolution."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop, crop_box
from GliomaRadiomicsLib.imaging.itk import from_itk, to_itk

GRID_MM = 8.0
"""Voxels on which the field is estimated; half as large ones find it no better."""
ITERATIONS = (50,)
"""One level: a field of few bends. More levels take the contrast of a large oedema for shading."""
SMALLEST_STEP = 1e-4
"""Change of the field at which to stop. At ITK's 1e-3 many images stop at the first step, with all their shading."""
_STEPS = 1024


def correct_bias(volume: Volume, mask: Volume) -> Volume:
    """N4 bias field correction (Tustison et al. 2010, doi:10.1109/TMI.2010.2046908).

    Args:
        volume: Image with intensities from zero upwards.
        mask: Non-zero where the field is estimated, on the same grid.

    Returns:
        float32 image divided by the field inside the mask, unchanged outside; the image itself where it has negative
        values inside the mask, because the field is estimated on logarithms.
    """
    inside = mask.array != 0
    if volume.array[inside].min(initial=0) < 0:
        return volume
    box = crop_box(inside)
    image = to_itk(crop(volume.with_array(volume.array.astype(np.float32, copy=False)), box))
    region = to_itk(crop(mask.with_array(inside.astype(np.uint8)), box))
    shrink = [
        max(1, min(round(GRID_MM / side), size // 8))
        for side, size in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]
    n4 = sitk.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations(ITERATIONS)
    n4.SetConvergenceThreshold(SMALLEST_STEP)
    n4.Execute(sitk.Shrink(image, shrink), sitk.Shrink(region, shrink))
    field = np.exp(from_itk(n4.GetLogBiasFieldAsImage(image)).array)
    corrected = volume.array.astype(np.float32)
    corrected[box] = np.where(inside[box], corrected[box] / field, corrected[box])
    return volume.with_array(corrected)


def field_between(before: Volume, after: Volume) -> Volume:
    """The field that a correction divided by, to keep.

    Args:
        before: Image before the correction.
        after: The same image after it, on the same grid; 0 outside the brain.

    Returns:
        float32 in steps of 1/1024 (so that it takes little room compressed), 1 where either image is not positive;
        ``after`` times this is ``before``.
    """
    there = (before.array > 0) & (after.array > 0)
    field = np.ones(before.shape, dtype=np.float32)
    np.divide(before.array, after.array, out=field, where=there)
    return before.with_array(np.rint(field * _STEPS) / np.float32(_STEPS), "shading")
