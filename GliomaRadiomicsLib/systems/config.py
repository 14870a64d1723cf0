"""Settings of trainings from a configuration, checked by type; an unknown key is refused with the nearest known one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput


def build(kind: type, values: Any, nested: Mapping[str, Any] | None = None, *, others: Collection[str] = ()) -> Any:
    """An instance of the dataclass ``kind``.

    Args:
        kind: Every field has a default.
        values: Some of its fields; the types must be those of the defaults.
        nested: Fields that are built already.
        others: Names to suggest besides the fields where one is unknown.

    Raises:
        RefusedInput: For an unknown field, with the nearest known one, or a value of the wrong type.
    """
    if not isinstance(values, Mapping):
        raise RefusedInput(what="not a group of settings", where="--config", found=values, remedy="indent 'key: value'")
    known = [field.name for field in fields(kind)]
    for key in values:
        if key not in known:
            near = get_close_matches(str(key), [*known, *others], 1)
            remedy = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
            raise RefusedInput(what="unknown setting", where="--config", found=key, remedy=remedy)
    default = kind()
    plain = {key: typed(getattr(default, key), value, key) for key, value in values.items()}
    return kind(**plain, **(nested or {}))


def typed(default: Any, value: Any, key: str) -> Any:
    """``value`` in the type of the default; YAML reads 1e-3, without a dot, as text.

    Raises:
        RefusedInput: Naming ``key``, if it cannot be that.
    """
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple):
            remedy = f"give a list, such as {key}: [{value}]"
            raise RefusedInput(what=f"{key} is no list", where="--config", found=repr(value), remedy=remedy)
        return tuple(typed(default[0], item, key) for item in value) if default else tuple(value)
    try:
        if type(default) not in (int, float):
            fits, fitting = isinstance(value, type(default)), value
        else:
            number = float(value)
            fits = not isinstance(value, bool) and (type(default) is float or number.is_integer())
            fitting = type(default)(number) if fits else None
    except (TypeError, ValueError):
        fits = False
    if fits:
        return fitting
    kind = {int: "a whole number", float: "a number", str: "a text"}.get(type(default), type(default).__name__)
    raise RefusedInput(what=f"{key} has the wrong type", where="--config", found=repr(value), remedy=f"give {kind}")
