"""Settings of the feature engine, with the names and defaults pyradiomics 3.0.1 gives them."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Literal

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.registry import FAMILIES, names_of

WEIGHTING_NORMS = ("infinity", "euclidean", "manhattan", "no_weighting")
RESEGMENT_MODES = ("absolute", "relative", "sigma")

NOT_YET = ("resampledPixelSpacing", "preCrop", "correctMask", "resegmentShape", "label_channel")
"""Settings of pyradiomics that the native backend refuses, rather than ignores, when they are switched on."""

WITHOUT_EFFECT = ("additionalInfo", "interpolator", "padDistance", "enableCExtensions")
"""Settings of pyradiomics that change no value this engine computes."""


@dataclass(frozen=True)
class RadiomicsSettings:
    """How features are computed.

    Attributes:
        binWidth: Width of a grey-level bin, in the unit of the image; bins start at multiples of it.
        binCount: Number of bins between minimum and maximum of the region; replaces ``binWidth`` where given.
        label: Value of the region in the mask.
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
        geometryTolerance: Largest distance in mm between voxels of image and mask.
    """

    binWidth: float = 25
    binCount: int | None = None
    label: int = 1
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
    geometryTolerance: float = 1e-3

    def check(self) -> RadiomicsSettings:
        """Return these settings; raises `RefusedInput` for a value that cannot be used."""
        for name in ("binWidth", "normalizeScale", "geometryTolerance"):
            _require(getattr(self, name) > 0, name, getattr(self, name), "give a number above 0")
        _require(self.binCount is None or self.binCount >= 1, "binCount", self.binCount, "give 1 or more")
        _require(self.label >= 1, "label", self.label, "give a whole number above 0")
        _require(bool(self.distances) and min(self.distances) >= 1, "distances", self.distances, "give 1 or more")
        _require(
            self.weightingNorm is None or self.weightingNorm in WEIGHTING_NORMS,
            "weightingNorm",
            self.weightingNorm,
            f"choose from {', '.join(WEIGHTING_NORMS)}",
        )
        _require(self.force2Ddimension in (0, 1, 2), "force2Ddimension", self.force2Ddimension, "give 0, 1 or 2")
        _require(self.minimumROIDimensions in (1, 2, 3), "minimumROIDimensions", self.minimumROIDimensions, "1 to 3")
        _require(
            self.resegmentRange is None or 1 <= len(self.resegmentRange) <= 2,
            "resegmentRange",
            self.resegmentRange,
            "give one or two thresholds",
        )
        _require(
            self.resegmentMode in RESEGMENT_MODES,
            "resegmentMode",
            self.resegmentMode,
            f"choose from {', '.join(RESEGMENT_MODES)}",
        )
        return self


def settings_from(values: dict[str, Any]) -> RadiomicsSettings:
    """Settings from the ``setting`` part of a pyradiomics parameter file.

    Raises:
        RefusedInput: For a key pyradiomics does not know (naming the nearest one), a setting that this backend has
            not, and a value that cannot be used.
    """
    known = [field.name for field in fields(RadiomicsSettings)]
    chosen: dict[str, Any] = {}
    for key, value in values.items():
        if key in WITHOUT_EFFECT or (key in NOT_YET and not value):
            continue
        if key in NOT_YET:
            raise RefusedInput(what="setting not in the native backend", where=key, remedy="use --backend pyradiomics")
        if key not in known:
            raise RefusedInput(what="unknown setting", where=key, remedy=nearest(key, [*known, *NOT_YET]))
        if value is not None or key in ("binCount", "weightingNorm", "removeOutliers"):
            chosen[key] = tuple(value) if isinstance(value, list) else value
    try:
        return RadiomicsSettings(**chosen).check()
    except TypeError as error:
        raise RefusedInput(
            what=f"setting of the wrong type: {error}", where="setting", remedy="give a number"
        ) from error


def selection_from(feature_class: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Features to compute, by family, from the ``featureClass`` part of a parameter file (empty: all of them)."""
    if not feature_class:
        return {family: names_of(family) for family in FAMILIES}
    selection = {}
    for family, names in feature_class.items():
        if family not in FAMILIES:
            raise RefusedInput(
                what="feature family not in the native backend", where=family, remedy=nearest(family, list(FAMILIES))
            )
        unknown = [name for name in names or () if name not in names_of(family)]
        if unknown:
            raise RefusedInput(
                what=f"unknown {family} feature", where=unknown[0], remedy=nearest(unknown[0], list(names_of(family)))
            )
        selection[family] = tuple(names or names_of(family))
    return selection


def nearest(name: str, known: list[str]) -> str:
    """A remedy that names the nearest known word."""
    close = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"


def _require(condition: bool, name: str, found: object, remedy: str) -> None:
    if not condition:
        raise RefusedInput(what="setting out of range", where=name, found=found, remedy=remedy)
