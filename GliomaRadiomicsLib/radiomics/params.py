"""pyradiomics parameter files (YAML or JSON), read as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.extraction import Selection
from GliomaRadiomicsLib.radiomics.filters.options import (
    ORIGINAL,
    ImageType,
    image_types_from,
    settings_without_filters,
)
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, nearest, selection_from
from GliomaRadiomicsLib.radiomics.voxelwise.options import VoxelSettings, voxel_settings_from

PARTS = ("setting", "imageType", "featureClass", "voxelSetting")


@dataclass(frozen=True)
class Parameters:
    """What a parameter file asks for.

    Attributes:
        settings: How features are computed.
        selection: Features wanted, by family.
        image_types: Filters with their options.
        voxel: How feature maps are made.
    """

    settings: RadiomicsSettings = field(default_factory=RadiomicsSettings)
    selection: Selection = field(default_factory=lambda: selection_from({}))
    image_types: tuple[ImageType, ...] = ORIGINAL
    voxel: VoxelSettings = field(default_factory=VoxelSettings)


def read_parameters(path: Path | None) -> Parameters:
    """Settings and selection of a parameter file; pyradiomics' defaults without one.

    Raises:
        RefusedInput: If the file cannot be read, has a key pyradiomics does not know, or asks for something the native
            backend has not.
    """
    if path is None:
        return Parameters()
    content = _load(path)
    try:
        return parameters_from(content)
    except RefusedInput as error:
        raise RefusedInput(
            what=error.what, where=f"{path.name}, {error.where}", found=error.found, remedy=error.remedy
        ) from error


def parameters_from(content: Mapping[str, Any]) -> Parameters:
    """What the content of a parameter file asks for; raises `RefusedInput` as `read_parameters` does."""
    unknown = [key for key in content if key not in PARTS]
    if unknown:
        raise RefusedInput(what="unknown part", where=unknown[0], remedy=nearest(unknown[0], list(PARTS)))
    setting = content.get("setting") or {}
    settings = settings_without_filters(setting)
    return Parameters(
        settings,
        selection_from(content.get("featureClass") or {}, force_2d=settings.force2D, convention=settings.convention),
        image_types_from(content.get("imageType") or {}, setting),
        voxel_settings_from(content.get("voxelSetting") or {}),
    )


def _load(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise RefusedInput(what="file cannot be read", where=path, found=error.strerror, remedy="check it") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RefusedInput(what="neither YAML nor JSON", where=path, remedy="check its syntax") from error
    if not isinstance(content, dict):
        raise RefusedInput(
            what="not a parameter file",
            where=path,
            found=type(content).__name__,
            remedy="give a mapping with setting, imageType, featureClass",
        )
    return content
