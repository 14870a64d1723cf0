"""Options of the filters and the ``imageType`` part of a pyradiomics parameter file."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, nearest, settings_from

IMAGE_TYPES = (
    "Original",
    "LoG",
    "Wavelet",
    "Square",
    "SquareRoot",
    "Logarithm",
    "Exponential",
    "Gradient",
    "LBP2D",
    "LBP3D",
)
_OUT_OF_RANGE = "option out of range"
LBP_METHODS = ("default", "ror", "uniform", "var")

TOO_LATE = (
    "normalize",
    "normalizeScale",
    "removeOutliers",
    "resegmentRange",
    "resegmentMode",
    "resegmentShape",
    "minimumROIDimensions",
    "minimumROISize",
    "geometryTolerance",
    "resampledPixelSpacing",
    "interpolator",
    "padDistance",
    "preCrop",
    "correctMask",
)
"""Settings that pyradiomics accepts for a single filter without any effect; they act before the filters."""


@dataclass(frozen=True)
class FilterOptions:
    """Options of the filters, with the names and defaults of pyradiomics 3.0.1.

    Attributes:
        sigma: Widths of the LoG filter in mm; one image each.
        wavelet: Name of the wavelet.
        level: Number of levels of the wavelet decomposition.
        start_level: Levels left out before the first.
        gradientUseSpacing: Whether the gradient is per mm rather than per voxel.
        lbp2DRadius: Distance of the neighbours in voxels.
        lbp2DSamples: Number of neighbours.
        lbp2DMethod: One of `LBP_METHODS`.
        lbp3DLevels: Number of levels of spherical harmonics.
        lbp3DIcosphereRadius: Distance of the neighbours in voxels.
        lbp3DIcosphereSubdivision: How often the faces of the icosahedron are divided.
    """

    sigma: tuple[float, ...] = ()
    wavelet: str = "coif1"
    level: int = 1
    start_level: int = 0
    gradientUseSpacing: bool = True
    lbp2DRadius: float = 1
    lbp2DSamples: int = 8
    lbp2DMethod: str = "uniform"
    lbp3DLevels: int = 2
    lbp3DIcosphereRadius: float = 1
    lbp3DIcosphereSubdivision: int = 1

    def check(self) -> FilterOptions:
        """Return these options; raises `RefusedInput` for a value that cannot be used."""
        above = ("level", "lbp2DRadius", "lbp2DSamples", "lbp3DLevels", "lbp3DIcosphereRadius")
        lowest = dict.fromkeys(above, 0) | {"start_level": -1, "lbp3DIcosphereSubdivision": -1}
        for name, limit in lowest.items():
            if not getattr(self, name) > limit:
                remedy = f"give a number above {limit}"
                raise RefusedInput(what=_OUT_OF_RANGE, where=name, found=getattr(self, name), remedy=remedy)
        method, sigma = self.lbp2DMethod, self.sigma
        if any(not width > 0 for width in sigma):
            raise RefusedInput(what=_OUT_OF_RANGE, where="sigma", found=sigma, remedy="give numbers above 0")
        if method not in LBP_METHODS:
            remedy = nearest(str(method), list(LBP_METHODS))
            raise RefusedInput(what=_OUT_OF_RANGE, where="lbp2DMethod", found=method, remedy=remedy)
        return self


@dataclass(frozen=True)
class ImageType:
    """One filter with its options and the settings the features of its images are computed with.

    Attributes:
        name: One of `IMAGE_TYPES`.
        options: Options of the filter.
        settings: Settings of the features.
    """

    name: str = "Original"
    options: FilterOptions = field(default_factory=FilterOptions)
    settings: RadiomicsSettings = field(default_factory=RadiomicsSettings)


FILTER_KEYS = tuple(one.name for one in fields(FilterOptions))


def image_types_from(image_type: dict[str, Any], setting: dict[str, Any]) -> tuple[ImageType, ...]:
    """The filters asked for.

    Args:
        image_type: The ``imageType`` part of a parameter file: settings by filter (empty: the original image only).
        setting: The ``setting`` part; a filter's own settings override it.

    Raises:
        RefusedInput: For a filter or a key pyradiomics does not know, and for values that cannot be used.
    """
    chosen = image_type or {"Original": {}}
    unknown = [name for name in chosen if name not in IMAGE_TYPES]
    if unknown:
        raise RefusedInput(what="unknown filter", where=unknown[0], remedy=nearest(str(unknown[0]), list(IMAGE_TYPES)))
    return tuple(_image_type(name, own or {}, setting) for name, own in chosen.items())


def _image_type(name: str, own: dict[str, Any], setting: dict[str, Any]) -> ImageType:
    if "label" in own:
        raise RefusedInput(
            what="a filter cannot have a label of its own", where=f"imageType {name}", remedy="give it under setting"
        )
    merged = setting | {key: value for key, value in own.items() if key not in TOO_LATE}
    try:
        return ImageType(name, _options(name, merged), settings_without_filters(merged))
    except RefusedInput as error:
        raise RefusedInput(
            what=error.what, where=f"imageType {name}, {error.where}", found=error.found, remedy=error.remedy
        ) from error


def settings_without_filters(values: dict[str, Any]) -> RadiomicsSettings:
    """Settings of the features from a mapping that may hold options of filters, too."""
    try:
        return settings_from({key: value for key, value in values.items() if key not in FILTER_KEYS})
    except RefusedInput as error:
        close = nearest(str(error.where), list(FILTER_KEYS))
        if error.what != "unknown setting" or not close.startswith("did you mean") or "did you mean" in error.remedy:
            raise
        raise RefusedInput(what=error.what, where=error.where, remedy=close) from error


def _options(name: str, values: dict[str, Any]) -> FilterOptions:
    chosen = {key: value for key, value in values.items() if key in FILTER_KEYS and value is not None}
    if "sigma" in chosen:
        sigma = chosen["sigma"]
        chosen["sigma"] = tuple(sigma) if isinstance(sigma, list | tuple) else (sigma,)
    if name == "LoG" and not chosen.get("sigma"):
        raise RefusedInput(what="LoG without a width", where="sigma", remedy="give one or more in mm, such as [1, 2]")
    try:
        return FilterOptions(**chosen).check()
    except TypeError as error:
        raise RefusedInput(what=f"option of the wrong type: {error}", where=name, remedy="give a number") from error
