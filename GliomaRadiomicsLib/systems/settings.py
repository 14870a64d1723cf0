"""Settings of the systems that are fitted on tables, read from a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from GliomaRadiomicsLib.core.errors import RefusedInput

SettingsT = TypeVar("SettingsT")


def settings_from(kind: type[SettingsT], config: Mapping[str, Any]) -> SettingsT:
    """An instance of the dataclass ``kind``, lists as tuples.

    Raises:
        RefusedInput: For an unknown setting, or ``repeats`` below 1.
    """
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(config) - known)
    if unknown:
        remedy = f"known settings: {', '.join(sorted(known))}"
        raise RefusedInput(what="unknown setting", where="config", found=unknown[0], remedy=remedy)
    if config.get("repeats", 1) < 1:
        raise RefusedInput(what="no repeat", where="repeats", found=config["repeats"], remedy="give 1 or more")
    return kind(**{key: tuple(item) if isinstance(item, list) else item for key, item in config.items()})


def check_quantities(chosen: tuple[str, ...], usable: list[str]) -> None:
    """Raise `RefusedInput` for a quantity that is not among the ``usable`` ones, or for none."""
    strange = [key for key in chosen if key not in usable]
    if strange or not chosen:
        remedy = f"choose from {', '.join(usable)}"
        raise RefusedInput(what="unknown quantity", where="quantities", found=strange or "none", remedy=remedy)
