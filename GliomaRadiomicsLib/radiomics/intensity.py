"""What happens to the voxel values before features are computed: normalisation and resegmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import check_numbers
from GliomaRadiomicsLib.radiomics.region import Region, bounding_box
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

Transform = Callable[[npt.NDArray], npt.NDArray]
"""From voxel values of an image to the values features are computed of; applied to the region only."""


def unchanged(values: npt.NDArray) -> npt.NDArray:
    """The transform that leaves voxel values as they are."""
    return values


def normalised(image: Volume, settings: RadiomicsSettings) -> Volume:
    """The image as the settings ask for it: itself, or z-scored over all its voxels, clipped and scaled.

    Source: pyradiomics 3.0.1, ``imageoperations.normalizeImage``; SimpleITK's z-scores as there, because with
    ``binCount`` the last digit decides on which side of an edge a value lies.

    Raises:
        RefusedInput: If the image is constant or has values that are not finite.
    """
    if not settings.normalize:
        return image
    import SimpleITK as sitk  # noqa: N813 - the name everybody uses

    from GliomaRadiomicsLib.imaging.itk import from_itk, to_itk

    _spread(check_numbers(image.array, image.name).astype(np.float64), image.name or "image")
    scores = from_itk(sitk.Normalize(to_itk(image))).array
    if settings.removeOutliers is not None:
        scores = np.clip(scores, -settings.removeOutliers, settings.removeOutliers)
    return image.with_array(scores * settings.normalizeScale)


def rounded(image: Volume) -> Volume:
    """The image with whole numbers as voxel values; halves go up."""
    return image.with_array(np.floor(check_numbers(image.array, image.name) + 0.5))


def z_score_in_brain(image: Volume, brain_mask: Volume | None, scale: float) -> Transform:
    """Z-scores by mean and standard deviation inside the brain, multiplied by ``scale``.

    Args:
        image: The image.
        brain_mask: Voxels above 0 are brain; None: all voxels that are not 0.
        scale: What one standard deviation becomes.

    Raises:
        RefusedInput: If the image is constant or not finite inside the brain.
    """
    array = image.array.T  # in the order of most files, which is much faster
    inside = array != 0 if brain_mask is None else brain_mask.array.T > 0
    mean, deviation = _spread(array[inside].astype(np.float64), image.name or "image")
    return lambda values: (values.astype(np.float64) - mean) * (scale / deviation)


def _spread(values: npt.NDArray[np.float64], name: str) -> tuple[float, float]:
    """Mean and standard deviation (n - 1)."""
    if values.size < 2:
        raise RefusedInput(
            what="no brain to normalise by", where=name, found=f"{values.size} voxels", remedy="check it"
        )
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    if not deviation > 0:
        raise RefusedInput(
            what="image cannot be normalised",
            where=name,
            found=f"standard deviation {deviation:g}",
            remedy="repair the values that are not finite"
            if np.isnan(deviation)
            else "give an image that is not constant",
        )
    return mean, deviation


def resegmented(region: Region, values: npt.NDArray) -> Region:
    """The part of a region whose values lie between the thresholds of the settings.

    Args:
        region: The region.
        values: Its voxel values, shape ``(voxels,)``.

    Raises:
        RefusedInput: If less than two voxels remain.
    """
    settings = region.settings
    if settings.resegmentRange is None and settings.resegmentSigma is None:
        return region
    lower, upper = _thresholds(values, settings)
    keep = (values >= lower) & (values <= upper)
    if np.count_nonzero(keep) < 2:
        raise RefusedInput(
            what=f"resegmentRange leaves {np.count_nonzero(keep)} of {len(values)} voxels",
            where="resegmentRange",
            found=f"{lower:g} to {upper:g}",
            remedy=f"the region's values lie between {values.min():g} and {values.max():g}",
        )
    mask = np.zeros_like(region.mask)
    mask[region.mask] = keep
    return region.part(mask, bounding_box(mask))


def region_of_shape(region: Region, left: Region) -> Region:
    """The region whose shape is measured, where resegmentation left only a part of it.

    Without ``resegmentShape`` pyradiomics 3.0.1 measures the original mask, but cut to the box of what is left. IBSI
    always measures the original mask.
    """
    if region.settings.convention == "ibsi":
        return region
    if left is region or region.settings.resegmentShape or left.why_not():
        return left
    inner: Any = tuple(
        slice(part.start - whole.start, part.stop - whole.start)
        for part, whole in zip(left.box, region.box, strict=True)
    )
    return region.part(region.mask, inner)


def _thresholds(values: npt.NDArray, settings: RadiomicsSettings) -> tuple[float, float]:
    """The range that the range and the outlier filter of the settings both leave."""
    lower, upper = float("-inf"), float("inf")
    if settings.resegmentRange is not None:
        ordered = np.sort(np.asarray(settings.resegmentRange, dtype=np.float64))
        if settings.resegmentMode == "relative":
            ordered = ordered * values.max()
        elif settings.resegmentMode == "sigma":
            ordered = values.mean() + ordered * values.std()
        lower, upper = float(ordered[0]), float(ordered[1]) if len(ordered) == 2 else upper
    if settings.resegmentSigma is not None:
        mean, reach = float(values.mean()), settings.resegmentSigma * float(values.std())
        lower, upper = max(lower, mean - reach), min(upper, mean + reach)
    return lower, upper
