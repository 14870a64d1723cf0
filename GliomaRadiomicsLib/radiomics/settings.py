"""Settings of the feature engine, with the names and defaults pyradiomics 3.0.1 gives them."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from typing import Any, Literal

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.registry import CONVENTIONS, FAMILIES, IBSI_FAMILIES, families_of, names_of
from GliomaRadiomicsLib.radiomics.rules import (
    ABOVE_0,
    FROM_0,
    NUMBER,
    YES_OR_NO,
    Rule,
    at_least,
    between,
    check_values,
    is_whole,
    nearest,
    numbers,
    one_of,
)

WEIGHTING_NORMS = ("infinity", "euclidean", "manhattan", "no_weighting")
RESEGMENT_MODES = ("absolute", "relative", "sigma")
AGGREGATIONS = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb", "3D_avg", "3D_comb")
INTERPOLATORS = (
    "sitkNearestNeighbor",
    "sitkLinear",
    "sitkBSpline",
    "sitkGaussian",
    "sitkLabelGaussian",
    "sitkHammingWindowedSinc",
    "sitkCosineWindowedSinc",
    "sitkWelchWindowedSinc",
    "sitkLanczosWindowedSinc",
    "sitkBlackmanWindowedSinc",
)
"""Names of SimpleITK's interpolators, in the order of the numbers 1 to 10 that pyradiomics takes as well."""

MOST_LEVELS = 10_000
"""Grey levels a region may have."""

WITHOUT_EFFECT = ("additionalInfo", "enableCExtensions")
"""Settings of pyradiomics that change no value this engine computes."""


@dataclass(frozen=True)
class RadiomicsSettings:
    """How features are computed.

    Attributes:
        binWidth: Width of a grey-level bin, in the unit of the image; bins start at multiples of it.
        binCount: Number of bins between minimum and maximum of the region; replaces ``binWidth`` where given.
        label: Value of the region in the mask.
        label_channel: Which of several masks in one file holds the region, counted from 0.
        correctMask: Bring a mask that lies on another grid to that of the image, with nearest neighbours.
        preCrop: Cut image and mask to the region and ``padDistance`` around it before they are filtered.
        resampledPixelSpacing: Voxel size along i, j, k in mm that image and mask are resampled to; 0 keeps that axis,
            and an axis along which the region is one voxel thick is always kept (None: no resampling).
        interpolator: One of `INTERPOLATORS` or its number, for the image; the mask is always resampled with nearest
            neighbours (None: no resampling).
        padDistance: Voxels kept around the region for the filters when image and mask are resampled or cropped.
        normalize: Whether the image is z-scored over all its voxels first.
        normalizeScale: What the z-scores are multiplied by.
        removeOutliers: Clip z-scores at plus and minus this many standard deviations (None: no clipping).
        voxelArrayShift: Added to the voxel values in Energy, TotalEnergy and RootMeanSquared.
        distances: Neighbour distances in voxels (infinity norm) of GLCM, NGTDM and GLDM.
        weightingNorm: Weight of the directions of GLCM and GLRLM by distance (None: mean of the directions' values).
        symmetricalGLCM: Whether pairs are counted in both directions.
        gldm_a: Largest grey-level difference between dependent neighbours.
        force2D: Whether neighbours in the direction of ``force2Ddimension`` are left out.
        force2Ddimension: Axis left out: 0 = k (slices), 1 = j, 2 = i.
        minimumROIDimensions: Number of axes along which the region must be longer than one voxel.
        minimumROISize: The region must have more voxels than this (None: any number above one).
        resegmentRange: Leave out voxels of the region below the first and above the second threshold.
        resegmentMode: Thresholds are ``absolute`` values, ``relative`` to the maximum, or in ``sigma`` around the mean.
        resegmentShape: Whether shape is that of the voxels ``resegmentRange`` leaves; otherwise, as in pyradiomics
            3.0.1, it is that of the mask cut to the box of these voxels.
        geometryTolerance: Largest distance in mm between voxels of image and mask.
        convention: Whose definitions features have, one of `CONVENTIONS`; the settings below are for ``ibsi`` only.
        aggregation: One of `AGGREGATIONS`: whether texture is counted in slices (2D), in slices but put together
            (2_5D) or in space, and whether directions are averaged or combined.
        roundIntensities: Round voxel values to whole numbers after resampling, as for CT.
        resegmentSigma: Leave out voxels further from the mean than this many standard deviations (None: none).
        ivhBinWidth: Width of the bins of the intensity-volume histogram, from the lower end of ``resegmentRange``.
        ivhBinCount: Number of these bins (both None: whole numbers are taken as they are, others put in 1,000 bins).
    """

    binWidth: float = 25
    binCount: int | None = None
    label: int = 1
    label_channel: int = 0
    correctMask: bool = False
    preCrop: bool = False
    resampledPixelSpacing: tuple[float, ...] | None = None
    interpolator: str | int | None = "sitkBSpline"
    padDistance: int = 5
    normalize: bool = False
    normalizeScale: float = 1
    removeOutliers: float | None = None
    voxelArrayShift: float = 0
    distances: tuple[int, ...] = (1,)
    weightingNorm: str | None = None
    symmetricalGLCM: bool = True
    gldm_a: float = 0
    force2D: bool = False
    force2Ddimension: int = 0
    minimumROIDimensions: int = 2
    minimumROISize: int | None = None
    resegmentRange: tuple[float, ...] | None = None
    resegmentMode: Literal["absolute", "relative", "sigma"] = "absolute"
    resegmentShape: bool = False
    geometryTolerance: float = 1e-3
    convention: str = "pyradiomics"
    aggregation: str = "3D_avg"
    roundIntensities: bool = False
    resegmentSigma: float | None = None
    ivhBinWidth: float | None = None
    ivhBinCount: int | None = None

    @property
    def resamples(self) -> bool:
        """Whether image and mask are resampled."""
        return self.resampledPixelSpacing is not None and self.interpolator is not None

    def check(self) -> RadiomicsSettings:
        """Return these settings; raises `RefusedInput` for a value that cannot be used."""
        values = {name: getattr(self, name) for name in _RULES}
        given = {name: value for name, value in values.items() if value is not None or name not in _MAY_BE_NONE}
        check_values(given, _RULES)
        self._check_convention()
        return self

    def _check_convention(self) -> None:
        """Raise `RefusedInput` for a setting that the convention has not, rather than ignore it."""
        of_others = _PYRADIOMICS_ONLY if self.convention == "ibsi" else _IBSI_ONLY
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in of_others and value != field.default:
                raise RefusedInput(
                    what=f"setting not in the {self.convention} convention",
                    where=field.name,
                    found=value,
                    remedy=of_others[field.name],
                )


LABEL = at_least(1)
"""Which values a label may have: 0 is the background."""

_RULES: dict[str, Rule] = {
    "binWidth": ABOVE_0,
    "binCount": between(1, MOST_LEVELS),
    "label": LABEL,
    "label_channel": at_least(0),
    "correctMask": YES_OR_NO,
    "preCrop": YES_OR_NO,
    "resampledPixelSpacing": numbers((3,), 0, "give three numbers, in mm along i, j, k; 0 keeps an axis as it is"),
    "interpolator": one_of(*INTERPOLATORS, *range(1, len(INTERPOLATORS) + 1)),
    "padDistance": at_least(0),
    "normalize": YES_OR_NO,
    "normalizeScale": ABOVE_0,
    "removeOutliers": ABOVE_0,
    "voxelArrayShift": NUMBER,
    "distances": (
        lambda value: bool(value) and all(is_whole(one) and one >= 1 for one in value),
        "give one or more whole numbers of voxels, each 1 or more",
    ),
    "weightingNorm": one_of(*WEIGHTING_NORMS),
    "symmetricalGLCM": YES_OR_NO,
    "gldm_a": FROM_0,
    "force2D": YES_OR_NO,
    "force2Ddimension": one_of(0, 1, 2),
    "minimumROIDimensions": one_of(1, 2, 3),
    "minimumROISize": at_least(1),
    "resegmentRange": numbers((1, 2), -inf, "give one or two thresholds"),
    "resegmentMode": one_of(*RESEGMENT_MODES),
    "resegmentShape": YES_OR_NO,
    "geometryTolerance": ABOVE_0,
    "convention": one_of(*CONVENTIONS),
    "aggregation": one_of(*AGGREGATIONS),
    "roundIntensities": YES_OR_NO,
    "resegmentSigma": ABOVE_0,
    "ivhBinWidth": ABOVE_0,
    "ivhBinCount": at_least(2),
}
"""Which values each setting may have, and what to give instead."""

_PYRADIOMICS_ONLY = {
    "force2D": "give aggregation 2_5D_avg instead",
    "weightingNorm": "give an aggregation that ends with _comb or _avg instead",
    "voxelArrayShift": "leave it out; IBSI does not shift voxel values",
    "resegmentShape": "leave it out; the shape is that of the mask",
}
"""Settings that the ibsi convention has not, and what to do instead."""

_IBSI_ONLY = dict.fromkeys(
    ("aggregation", "roundIntensities", "resegmentSigma", "ivhBinWidth", "ivhBinCount"),
    "leave it out, or give convention: ibsi",
)

_MAY_BE_NONE = tuple(field.name for field in fields(RadiomicsSettings) if field.default is None) + ("interpolator",)


def settings_from(values: Mapping[str, Any]) -> RadiomicsSettings:
    """Settings from the ``setting`` part of a pyradiomics parameter file.

    Raises:
        RefusedInput: For a key pyradiomics does not know (naming the nearest one) and a value that cannot be
            used.
    """
    known = [field.name for field in fields(RadiomicsSettings)]
    chosen: dict[str, Any] = {}
    for key, value in values.items():
        if key in WITHOUT_EFFECT:
            continue
        if key not in known:
            raise RefusedInput(what="unknown setting", where=key, remedy=nearest(key, [*known, *WITHOUT_EFFECT]))
        if value is not None or key in _MAY_BE_NONE:
            chosen[key] = tuple(value) if isinstance(value, list) else value
    return RadiomicsSettings(**chosen).check()


def selection_from(
    feature_class: Mapping[str, Any], *, force_2d: bool = False, convention: str = "pyradiomics"
) -> dict[str, tuple[str, ...]]:
    """Features to compute, by family, from the ``featureClass`` part of a parameter file.

    Empty: all of the convention, with shape2D only if ``force_2d``; a family without names: all of its own.

    Raises:
        RefusedInput: As `checked_selection`.
    """
    if feature_class:
        found = checked_selection(feature_class, convention)
        return {family: names or names_of(family, convention) for family, names in found.items()}
    wanted = _families(convention) if force_2d else families_of(convention)
    return {family: names_of(family, convention) for family in wanted}


def checked_selection(selection: Mapping[str, Any], convention: str) -> dict[str, tuple[str, ...]]:
    """Names of features by family, each once.

    Raises:
        RefusedInput: For a family or a feature that the convention has not, naming the nearest one, and for names that
            are no list.
    """
    found = {}
    for family, names in selection.items():
        if family not in _families(convention):
            remedy = nearest(family, list(_families(convention)))
            raise RefusedInput(what="feature family not in the native backend", where=family, remedy=remedy)
        if not (names is None or isinstance(names, list | tuple)):
            remedy = f"give a list such as {family}: [{names_of(family, convention)[0]}], or nothing for all"
            raise RefusedInput(what="not a list of features", where=family, found=names, remedy=remedy)
        known = names_of(family, convention, on_request=True)
        for name in names or ():
            if name not in known:
                raise RefusedInput(what=f"unknown {family} feature", where=name, remedy=nearest(name, list(known)))
        found[family] = tuple(dict.fromkeys(names or ()))
    return found


def _families(convention: str) -> tuple[str, ...]:
    return IBSI_FAMILIES if convention == "ibsi" else FAMILIES
