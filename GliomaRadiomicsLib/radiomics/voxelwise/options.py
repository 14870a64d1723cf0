"""The ``voxelSetting`` part of a pyradiomics parameter file."""
# ruff: noqa: N815 - the field names are those of pyradiomics parameter files

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.radiomics.rules import YES_OR_NO, Rule, at_least, check_values, is_number, is_whole, nearest


@dataclass(frozen=True)
class VoxelSettings:
    """How feature maps are made, with the names and defaults of pyradiomics' ``voxelSetting``.

    Attributes:
        kernelRadius: Windows reach this many voxels from their centre, along every axis.
        maskedKernel: Whether only voxels of the region count in a window; otherwise all voxels of the image.
        initValue: Value of the voxels outside the region.
        voxelBatch: Windows computed at once; -1 chooses by memory. Changes no value.
    """

    kernelRadius: int = 1
    maskedKernel: bool = True
    initValue: float = 0
    voxelBatch: int = -1

    def check(self) -> VoxelSettings:
        """Return these settings; raises `RefusedInput` for a value that cannot be used."""
        check_values({one.name: getattr(self, one.name) for one in fields(self)}, _RULES)
        return self


_RULES: dict[str, Rule] = {
    "kernelRadius": at_least(1),
    "maskedKernel": YES_OR_NO,
    "initValue": (lambda value: is_number(value) or value != value, "give a number, or .nan"),
    "voxelBatch": (lambda value: value == -1 or (is_whole(value) and value >= 1), "give -1, or 1 or more"),
}
"""Which values each setting may have, and what to give instead."""


def voxel_settings_from(values: Mapping[str, Any]) -> VoxelSettings:
    """Settings from the ``voxelSetting`` part of a parameter file; raises `RefusedInput` for an unknown key."""
    known = [field.name for field in fields(VoxelSettings)]
    for key in values:
        if key not in known:
            raise RefusedInput(what="unknown setting", where=f"voxelSetting, {key}", remedy=nearest(key, known))
    return VoxelSettings(**{key: value for key, value in values.items() if value is not None}).check()
