"""What happens to the voxel values before features are computed: normalisation and resegmentation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.region import Region, bounding_box
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

Transform = Callable[[npt.NDArray], npt.NDArray]
"""From voxel values of an image to the values features are computed of; applied to the region only."""


def normalisation(array: npt.NDArray, settings: RadiomicsSettings) -> Transform:
    """What the settings do to the values of an image: nothing, or z-scores over the whole image, scaled and clipped.

    Source: pyradiomics 3.0.1, ``imageoperations.normalizeImage``.
    """
    if not settings.normalize:
        return lambda values: values
    mean, deviation = _spread(array.astype(np.float64), "image")

    def transform(values: npt.NDArray) -> npt.NDArray:
        scores = (values.astype(np.float64) - mean) / deviation
        if settings.removeOutliers is not None:
            scores = np.clip(scores, -settings.removeOutliers, settings.removeOutliers)
        return scores * settings.normalizeScale

    return transform


def z_score_in_brain(image: Volume, brain_mask: Volume | None, scale: float) -> Transform:
    """Z-scores by mean and standard deviation inside the brain, multiplied by ``scale``.

    Args:
        image: The image.
        brain_mask: Voxels above 0 are brain; None: all voxels that are not 0.
        scale: What one standard deviation becomes.

    Raises:
        RefusedInput: If the image is constant or not finite inside the brain.
    """
    inside = image.array != 0 if brain_mask is None else brain_mask.array > 0
    mean, deviation = _spread(image.array[inside].astype(np.float64), image.name or "image")
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
            what="image cannot be normalised", where=name, found=f"standard deviation {deviation:g}", remedy="check it"
        )
    return mean, deviation


def resegmented(region: Region, values: npt.NDArray) -> tuple[Region, npt.NDArray]:
    """The part of a region whose values lie between the thresholds of the settings, and these values.

    The shape features stay those of the whole region.

    Raises:
        RefusedInput: If less than two voxels remain.
    """
    chosen = region.settings.resegmentRange
    if chosen is None:
        return region, values
    lower, upper = _thresholds(values, chosen, region.settings.resegmentMode)
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
    inner = bounding_box(mask)
    outer = tuple(slice(o.start + i.start, o.start + i.stop) for o, i in zip(region.box, inner, strict=True))
    smaller = replace(region, mask=np.ascontiguousarray(mask[inner]), box=(outer[0], outer[1], outer[2]))
    return smaller, values[keep]


def _thresholds(values: npt.NDArray, chosen: tuple[float, ...], mode: str) -> tuple[float, float]:
    ordered = np.sort(np.asarray(chosen, dtype=np.float64))
    if mode == "relative":
        ordered = ordered * values.max()
    elif mode == "sigma":
        ordered = values.mean() + ordered * values.std()
    return float(ordered[0]), float(ordered[1]) if len(ordered) == 2 else float("inf")
