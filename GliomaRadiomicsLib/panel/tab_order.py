"""The order in which the Tab key goes through the panel: as it is read, although its parts are loaded one by one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import qt


def stops(ui_file: str | Path) -> list[str]:
    """Names of the widgets that a ``.ui`` file lists as tab stops, in their order."""
    return [stop.text or "" for stop in ElementTree.parse(ui_file).iter("tabstop")]


def put_in_order(ui: Any, names: Iterable[str]) -> None:
    """Let the Tab key go from each named widget to the next."""
    chain([getattr(ui, name) for name in names])


def chain(widgets: Iterable[Any]) -> None:
    """Let the Tab key go from each widget to the next; what came after the first comes after the last."""
    found = [stop for widget in widgets for stop in _stops_of(widget)]
    for widget, following in zip(found, found[1:], strict=False):
        qt.QWidget.setTabOrder(widget, following)


def _stops_of(widget: Any) -> list[Any]:
    """The widget, or where it does not take the focus itself, those of its parts that do."""
    policy = widget.property("focusPolicy")
    if policy is None:
        return []
    if policy not in (0, qt.Qt.NoFocus):
        return [widget]
    return [stop for part in widget.children() for stop in _stops_of(part)]
