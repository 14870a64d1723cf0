"""Labels, tool tips, units and ranges of widgets, taken from the fields that they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.fields import Field
from GliomaRadiomicsLib.panel.parameters import unknown_number
from GliomaRadiomicsLib.panel.tables import chosen

_INPUTS = ("Selector", "SpinBox", "ComboBox", "CheckBox", "Slider")


def input_of(ui: Any, field: Field) -> Any:
    """The widget of a field: named by its key and its kind, such as ``ageSpinBox``; raises KeyError if missing."""
    for kind in _INPUTS:
        widget = getattr(ui, field.key + kind, None)
        if widget is not None:
            return widget
    raise KeyError(field.key)


def dress(ui: Any, fields: Iterable[Field]) -> None:
    """Give the widgets of fields their texts and units."""
    for field in fields:
        widget = input_of(ui, field)
        widget.toolTip = _(field.help)
        widget.accessibleName = _(field.label)
        label = getattr(ui, f"{field.key}Label", None)
        if label is not None:
            label.text = f"{_(field.label)}:"
            label.toolTip = _(field.help)
            label.setBuddy(widget)
        if field.kind == "flag":
            widget.text = _(field.label)
        if field.kind == "number":
            _dress_number(widget, field)


def dress_choices(ui: Any, fields: Iterable[Field]) -> None:
    """Put words for the values of choices; to be called after a parameter node was connected, which writes values."""
    for field in fields:
        if field.kind == "choice" and field.choices:
            widget = input_of(ui, field)
            for index, choice in enumerate(field.choices):
                widget.setItemText(index, _(choice.label))


def dress_rows(ui: Any, fields: Iterable[Field]) -> None:
    """Texts of fields that no parameter stands for: each an edit or a choice, with a label and perhaps a button."""
    for field in fields:
        widget, label = row_input(ui, field.key), getattr(ui, f"{_camel(field.key)}Label")
        button = getattr(ui, f"{_camel(field.key)}Button", None)
        for one in (widget, label, *([button] if button is not None else [])):
            one.toolTip = _(field.help)
        widget.accessibleName = _(field.label)
        label.text = f"{_(field.label)}:"
        label.setBuddy(widget)


def row_input(ui: Any, key: str) -> Any:
    """The widget of such a field: ``train_out`` is ``trainOutEdit``."""
    return getattr(ui, f"{_camel(key)}Edit", None) or getattr(ui, f"{_camel(key)}ComboBox")


def row_values(ui: Any, fields: Iterable[Field]) -> dict[str, str]:
    """What such fields say, by key."""
    values = {}
    for field in fields:
        widget = row_input(ui, field.key)
        values[field.key] = chosen(widget) if field.kind == "choice" else widget.text.strip()
    return values


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(part.capitalize() for part in others)


def _dress_number(widget: Any, field: Field) -> None:
    suffix = f" {_(field.unit)}" if field.unit else ""
    widget.suffix = suffix if len(suffix) < len(" % of max.") else f" {field.unit.split()[0]}"
    widget.singleStep = type(widget.singleStep)(field.step or 1)
    if hasattr(widget, "specialValueText"):
        widget.minimum = unknown_number(field)
        widget.maximum = int(field.high or 0)
        widget.specialValueText = _("not known")
    else:
        widget.decimals = 0
