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
    mapping,
    settings_without_filters,
)
from GliomaRadiomicsLib.radiomics.rules import nearest
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, selection_from
from GliomaRadiomicsLib.radiomics.voxelwise.options import VoxelSettings, voxel_settings_from

PARTS = {
    "setting": "setting: {binWidth: 25}",
    "imageType": "imageType: {Original: {}, LoG: {sigma: [1, 2]}}",
    "featureClass": "featureClass: {firstorder: [Mean], glcm: }",
    "voxelSetting": "voxelSetting: {kernelRadius: 1}",
}
"""Parts of a parameter file, each with an example."""


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
    parts = {name: mapping(content.get(name), name, example) for name, example in PARTS.items()}
    settings = settings_without_filters(parts["setting"])
    return Parameters(
        settings,
        selection_from(parts["featureClass"], force_2d=settings.force2D, convention=settings.convention),
        image_types_from(parts["imageType"], parts["setting"]),
        voxel_settings_from(parts["voxelSetting"]),
    )


def _load(path: Path) -> dict[str, Any]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        repeated = _repeated(yaml.compose(text, yaml.SafeLoader))
        content = yaml.safe_load(text) or {}
    except OSError as error:
        raise RefusedInput(what="file cannot be read", where=path, found=error.strerror, remedy="check it") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedInput(what="neither YAML nor JSON", where=path, remedy="check its syntax") from error
    if repeated:
        key, line = repeated
        where = f"{path.name} line {line}"
        raise RefusedInput(what="the same key a second time", where=where, found=key, remedy="give it once")
    if not isinstance(content, dict):
        raise RefusedInput(
            what="not a parameter file",
            where=path,
            found=type(content).__name__,
            remedy="give a mapping with setting, imageType, featureClass",
        )
    return content


def _repeated(node: Any) -> tuple[str, int] | None:  # noqa: ANN401 - yaml has no types
    """A key that a mapping of a YAML tree has twice, and the line of the second; YAML readers keep only the last."""
    if node is None or isinstance(node.value, str):
        return None
    seen: set[tuple[str, str]] = set()
    for child in node.value:
        key, value = child if isinstance(child, tuple) else (None, child)
        if key is not None and isinstance(key.value, str):
            if (key.tag, key.value) in seen:
                return key.value, key.start_mark.line + 1
            seen.add((key.tag, key.value))
        found = _repeated(value)
        if found:
            return found
    return None
