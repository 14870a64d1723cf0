"""What a nomogram asks for: columns of a Cox model as fields that people know, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.fields import UNKNOWN, Choice, Field, field
from GliomaRadiomicsLib.reports.markup import number

_NOT_KNOWN = Choice(UNKNOWN, "not known")
_AGAINST = re.compile(r"\s*\(against (.*)\)$")
_UNIT = re.compile(r"\s*\(([^()]*)\)$")
_CODED = {
    "idh": {"idh_mutant": ("wildtype", "mutant")},
    "sex": {"male": ("F", "M")},
    "grade": {"grade_3": ("2", "3")},
    "resection": {"resection_str": ("gtr", "str"), "resection_biopsy": ("gtr", "biopsy")},
}
"""Columns of items that have a field of their own: the value that is 0 and the value that is 1."""
_FROM_IMAGES = ("signature", "score")
_OUTSIDE = 1e-6


@dataclass(frozen=True)
class Item:
    """One field and the columns it stands for.

    Attributes:
        field: Shown to the user.
        names: Columns of the Cox model.
        levels: By column, the choice that is 1; empty for a number.
    """

    field: Field
    names: tuple[str, ...]
    levels: dict[str, str]

    @property
    def key(self) -> str:
        """Of the field."""
        return self.field.key

    def columns(self, value: Any) -> dict[str, float]:
        """Columns at a value; none where it is not known.

        Raises:
            RefusedInput: If it is no number, or not one of the choices.
        """
        if value is None or value == UNKNOWN:
            return {}
        if not self.levels:
            return {self.names[0]: self._number(value)}
        if str(value) not in {choice.value for choice in self.field.choices}:
            found = ", ".join(choice.label for choice in self.field.choices)
            raise RefusedInput(what="unknown value", where=self.field.label, found=value, remedy=f"choose {found}")
        return {name: float(self.levels[name] == str(value)) for name in self.names}

    def value_of(self, patient: Mapping[str, float]) -> Any:
        """The patient's value as the field has it."""
        known = [name for name in self.names if name in patient]
        if not self.levels:
            return patient[self.names[0]] if known else None
        if not known:
            return UNKNOWN
        first = next(
            choice.value for choice in self.field.choices if choice.value not in (UNKNOWN, *self.levels.values())
        )
        return next((self.levels[name] for name in known if patient[name]), first)

    def outside(self, value: Any) -> list[str]:
        """That a number lies outside what the training patients had; nothing for a choice."""
        low, high = self.field.low, self.field.high
        if self.levels or value is None or low is None or high is None:
            return []
        room = _OUTSIDE * (high - low)
        if low - room <= float(value) <= high + room:
            return []
        unit = f" {self.field.unit}" if self.field.unit else ""
        span = f"{number(low)} to {number(high)}{unit}"
        return [f"{self.field.label} {number(float(value))}{unit} lies outside that of the training patients, {span}."]

    def _number(self, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise RefusedInput(what="not a number", where=self.field.label, found=value) from error


def items_of(axes: Iterable[Mapping[str, Any]], optional: frozenset[str]) -> tuple[Item, ...]:
    """Items of all the axes, what people know before what comes from the images.

    Args:
        axes: Of all models; an axis of several models is taken once, as wide as the widest.
        optional: Columns that may be unknown.
    """
    found: dict[str, dict[str, Any]] = {}
    for axis in axes:
        earlier = found.setdefault(axis["name"], dict(axis))
        earlier["low"], earlier["high"] = min(earlier["low"], axis["low"]), max(earlier["high"], axis["high"])
    grouped: dict[str, list[dict[str, Any]]] = {}
    for axis in found.values():
        grouped.setdefault(_key(axis["name"]), []).append(axis)
    items = [_item(key, group, optional) for key, group in grouped.items()]
    return tuple(sorted(items, key=lambda item: item.key in _FROM_IMAGES))


def _key(name: str) -> str:
    return next((key for key, columns in _CODED.items() if name in columns), name.split("=")[0])


def _item(key: str, axes: Sequence[Mapping[str, Any]], optional: frozenset[str]) -> Item:
    names = tuple(axis["name"] for axis in axes)
    may_lack = all(name in optional for name in names)
    if key in _CODED:
        return _known_item(key, names, may_lack)
    if "=" in names[0]:
        return _category(key, axes, may_lack)
    if axes[0]["two_valued"]:
        choices = ((_NOT_KNOWN,) if may_lack else ()) + (Choice("no", "no"), Choice("yes", "yes"))
        label = _AGAINST.sub("", axes[0]["words"])
        return Item(
            Field(key, label, "choice", axes[0]["words"], choices=choices, default="no"), names, {names[0]: "yes"}
        )
    return Item(_number_field(key, axes[0]), names, {})


def _known_item(key: str, names: tuple[str, ...], may_lack: bool) -> Item:
    """An item with a field among the clinical data: the same words, only the choices the model knows."""
    own = field(key)
    levels = {name: _CODED[key][name][1] for name in names}
    wanted = {_CODED[key][name][0] for name in names} | set(levels.values()) | ({UNKNOWN} if may_lack else set())
    choices = tuple(choice for choice in own.choices if choice.value in wanted)
    return Item(Field(key, own.label, "choice", own.help, choices=choices, default=choices[0].value), names, levels)


def _category(key: str, axes: Sequence[Mapping[str, Any]], may_lack: bool) -> Item:
    """A category in columns ``item=level`` against a reference that the words name."""
    levels = {axis["name"]: axis["name"].split("=", 1)[1] for axis in axes}
    reference = next((m[1] for axis in axes if (m := _AGAINST.search(axis["words"]))), "none of these")
    shown = [reference, *levels.values()]
    choices = ((_NOT_KNOWN,) if may_lack else ()) + tuple(Choice(value, value) for value in shown)
    label = key.replace("_", " ").capitalize()
    help_text = f"{label}, in the words of the model's training patients."
    return Item(
        Field(key, label, "choice", help_text, choices=choices, default=choices[0].value), tuple(levels), levels
    )


def _number_field(key: str, axis: Mapping[str, Any]) -> Field:
    words, low, high = axis["words"], float(axis["low"]), float(axis["high"])
    unit = match[1] if (match := _UNIT.search(words)) else ""
    label = _UNIT.sub("", words)
    step = 1.0 if unit == "years" else float(f"{(high - low) / 100:.1g}")
    if key in _FROM_IMAGES:
        text = "Measured in the images; move it to see how much it counts. Higher is worse."
    else:
        text = f"{label}: the training patients had {number(low)} to {number(high)}{f' {unit}' if unit else ''}."
    return Field(key, label, "number", text, unit, low, high, step)
