"""Options of the filters and the ``imageType`` part of a pyradiomics parameter file."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.filters.wavelet_filters import decomposition_filters
from GliomaRadiomicsLib.radiomics.settings import WITHOUT_EFFECT, RadiomicsSettings, nearest, settings_from

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
        settings: Settings of the features; None: those of all images.
    """

    name: str = "Original"
    options: FilterOptions = field(default_factory=FilterOptions)
    settings: RadiomicsSettings | None = None

    def among(self, settings: RadiomicsSettings) -> ImageType:
        """The same with the settings of all images where it has none of its own."""
        return self if self.settings else replace(self, settings=settings)

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
    known = [*(one.name for one in fields(RadiomicsSettings)), *WITHOUT_EFFECT, *FILTER_KEYS]
    for key in values:
        if key not in known:
            raise RefusedInput(what="unknown setting", where=key, remedy=nearest(str(key), known))
    return settings_from({key: value for key, value in values.items() if key not in FILTER_KEYS})


def _options(name: str, values: dict[str, Any]) -> FilterOptions:
    chosen = {key: value for key, value in values.items() if key in FILTER_KEYS and value is not None}
    if "sigma" in chosen:
        sigma = chosen["sigma"]
        chosen["sigma"] = tuple(sigma) if isinstance(sigma, list | tuple) else (sigma,)
    if name == "LoG" and not chosen.get("sigma"):
        raise RefusedInput(what="LoG without a width", where="sigma", remedy="give one or more in mm, such as [1, 2]")
    if name == "Wavelet" and "wavelet" in chosen:
        decomposition_filters(str(chosen["wavelet"]))
    try:
        return FilterOptions(**chosen).check()
    except TypeError as error:
        raise RefusedInput(what=f"option of the wrong type: {error}", where=name, remedy="give a number") from error
