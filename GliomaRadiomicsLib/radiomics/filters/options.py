"""Options of the filters and the ``imageType`` part of a pyradiomics parameter file."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.filters.wavelet_filters import decomposition_filters
from GliomaRadiomicsLib.radiomics.rules import (
    ABOVE_0,
    YES_OR_NO,
    Rule,
    at_least,
    check_values,
    is_number,
    nearest,
)
from GliomaRadiomicsLib.radiomics.settings import WITHOUT_EFFECT, RadiomicsSettings, settings_from

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
"""Settings that act before the filters; for a single filter pyradiomics accepts them without any effect."""

OF_ALL_IMAGES = ("label", "label_channel", "convention")
"""Settings that must be the same for all filters."""

_OPTIONS = {
    "LoG": ("sigma",),
    "Wavelet": ("wavelet", "level", "start_level"),
    "Gradient": ("gradientUseSpacing",),
    "LBP2D": ("lbp2DRadius", "lbp2DSamples", "lbp2DMethod"),
    "LBP3D": ("lbp3DLevels", "lbp3DIcosphereRadius", "lbp3DIcosphereSubdivision"),
}
"""Options by filter; the others have none."""


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
        check_values({one.name: getattr(self, one.name) for one in fields(self)}, _RULES, "option out of range")
        decomposition_filters(self.wavelet)
        if self.lbp2DMethod not in LBP_METHODS:
            remedy = nearest(self.lbp2DMethod, list(LBP_METHODS))
            raise RefusedInput(what="unknown method", where="lbp2DMethod", found=self.lbp2DMethod, remedy=remedy)
        return self


_RULES: dict[str, Rule] = {
    "sigma": (lambda value: all(is_number(width) and width > 0 for width in value), "give numbers above 0"),
    "wavelet": (lambda value: isinstance(value, str), "give the name of a wavelet, such as coif1"),
    "level": at_least(1),
    "start_level": at_least(0),
    "gradientUseSpacing": YES_OR_NO,
    "lbp2DRadius": ABOVE_0,
    "lbp2DSamples": at_least(1),
    "lbp2DMethod": (lambda value: isinstance(value, str), f"choose from {LBP_METHODS}"),
    "lbp3DLevels": at_least(1),
    "lbp3DIcosphereRadius": ABOVE_0,
    "lbp3DIcosphereSubdivision": at_least(0),
}
"""Which values each option may have, and what to give instead."""


@dataclass(frozen=True)
class ImageType:
    """One filter with its options and the settings the features of its images are computed with.

    Attributes:
        name: One of `IMAGE_TYPES`.
        options: Options of the filter.
        settings: All settings of the features; None: those of all images, but for ``own``.
        own: Settings of the features, name and value, that replace those of all images.
    """

    name: str = "Original"
    options: FilterOptions = field(default_factory=FilterOptions)
    settings: RadiomicsSettings | None = None
    own: tuple[tuple[str, Any], ...] = ()

    def among(self, settings: RadiomicsSettings) -> ImageType:
        """The same with the settings of all images where it has none of its own."""
        return self if self.settings else replace(self, settings=replace(settings, **dict(self.own)).check())

    @property
    def force_2d(self) -> bool:
        """Whether features are those of slices."""
        return bool(self.settings and self.settings.force2D)

    @property
    def slice_axis(self) -> int:
        """Axis across the slices: 0 = k, 1 = j, 2 = i."""
        return self.settings.force2Ddimension if self.settings else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the images the filter gives, as pyradiomics writes them."""
        if self.name == "LoG":
            return tuple(f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D" for sigma in self.options.sigma)
        if self.name == "Wavelet":
            return self._wavelet_names
        if self.name == "LBP3D":
            return (*(f"lbp-3D-m{level + 1}" for level in range(self.options.lbp3DLevels)), "lbp-3D-k")
        return ("lbp-2D" if self.name == "LBP2D" else self.name.lower(),)

    @property
    def _wavelet_names(self) -> tuple[str, ...]:
        low, *rest = ("".join(letters) for letters in product("LH", repeat=2 if self.force_2d else 3))
        prefixes = ["wavelet" if level == 0 else f"wavelet{level + 1}" for level in range(self.options.level)]
        return (*(f"{prefix}-{band}" for prefix in prefixes for band in rest), f"{prefixes[-1]}-{low}")


ORIGINAL = (ImageType(),)
"""The image itself only."""


FILTER_KEYS = tuple(one.name for one in fields(FilterOptions))
_SETTINGS = tuple(one.name for one in fields(RadiomicsSettings))


def image_types_from(image_type: Mapping[str, Any], setting: Mapping[str, Any]) -> tuple[ImageType, ...]:
    """The filters asked for.

    Args:
        image_type: The ``imageType`` part of a parameter file: settings by filter (empty: the original image only).
        setting: The ``setting`` part; a filter's own settings override it. Only its options of filters go into the
            result, the settings of the features come from `ImageType.among`.

    Raises:
        RefusedInput: For a filter or a key pyradiomics does not know, for values that cannot be used, and for settings
            that cannot act in a single filter.
    """
    chosen = image_type or {"Original": {}}
    unknown = [name for name in chosen if name not in IMAGE_TYPES]
    if unknown:
        raise RefusedInput(what="unknown filter", where=unknown[0], remedy=nearest(unknown[0], list(IMAGE_TYPES)))
    return tuple(
        _image_type(name, mapping(own, f"imageType {name}", f"{name}: {{binWidth: 25}}"), setting)
        for name, own in chosen.items()
    )


def mapping(value: object, where: str, example: str) -> dict[str, Any]:
    """A part of a parameter file that must be a mapping, empty if nothing is given; `RefusedInput` otherwise."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedInput(what="not a mapping", where=where, found=value, remedy=f"write it as {example}")
    return value


def _image_type(name: str, own: dict[str, Any], setting: Mapping[str, Any]) -> ImageType:
    try:
        _check_own(name, own)
        merged = {**setting, **own}
        settings = settings_without_filters(merged)
        of_features = {key: getattr(settings, key) for key in own if key in _SETTINGS}
        replacing = tuple((key, value) for key, value in of_features.items() if value is None or own[key] is not None)
        return ImageType(name, _options(name, merged), own=replacing)
    except RefusedInput as error:
        raise RefusedInput(
            what=error.what, where=f"imageType {name}, {error.where}", found=error.found, remedy=error.remedy
        ) from error


def _check_own(name: str, own: dict[str, Any]) -> None:
    """Raise `RefusedInput` for what has no effect under a single filter, rather than ignore it."""
    for key, value in own.items():
        if key in TOO_LATE or key in OF_ALL_IMAGES:
            what = "a filter cannot have this setting of its own, it is that of all images"
            raise RefusedInput(what=what, where=key, found=value, remedy="give it under setting")
        if key in FILTER_KEYS and key not in _OPTIONS.get(name, ()):
            owner = next(other for other, options in _OPTIONS.items() if key in options)
            raise RefusedInput(what="option of another filter", where=key, found=value, remedy=f"give it under {owner}")


def settings_without_filters(values: Mapping[str, Any]) -> RadiomicsSettings:
    """Settings of the features from a mapping that may hold options of filters, too."""
    known = [*_SETTINGS, *WITHOUT_EFFECT, *FILTER_KEYS]
    for key in values:
        if key not in known:
            raise RefusedInput(what="unknown setting", where=key, remedy=nearest(key, known))
    return settings_from({key: value for key, value in values.items() if key not in FILTER_KEYS})


def _options(name: str, values: Mapping[str, Any]) -> FilterOptions:
    chosen = {key: value for key, value in values.items() if key in FILTER_KEYS and value is not None}
    if "sigma" in chosen:
        sigma = chosen["sigma"]
        chosen["sigma"] = tuple(sigma) if isinstance(sigma, list | tuple) else (sigma,)
    options = FilterOptions(**chosen).check()
    if name == "LoG" and not options.sigma:
        raise RefusedInput(what="LoG without a width", where="sigma", remedy="give one or more in mm, such as [1, 2]")
    return replace(options, sigma=tuple(dict.fromkeys(options.sigma)))
