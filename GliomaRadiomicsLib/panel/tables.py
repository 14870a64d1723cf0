"""Filling table widgets; what they show comes from `GliomaRadiomicsLib.interface`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import qt

MAX_HEIGHT = 320
_SWATCH = 12
_HEADER_LINES, _FRAME = 1.5, 3
_MAX_HEIGHT, _WAITING = "gliomaRadiomicsMaxHeight", "gliomaRadiomicsWaiting"
_MAY_BREAK = re.compile(r"(?<=_)|(?<=[a-z])(?=[A-Z])")
_BREAK = "\u200b"


def fill_table(table: Any, titles: Sequence[str], rows: Iterable[Sequence[str]], stretch: int = -1) -> None:
    """Show rows of texts; every cell has its text as tool tip too.

    Args:
        table: A ``QTableWidget``.
        titles: Of the columns.
        rows: Texts, one for each column.
        stretch: Column that takes the room that is left; -1 is the last.
    """
    rows = list(rows)
    blocked = table.blockSignals(True)
    table.setRowCount(0)
    table.setColumnCount(len(titles))
    table.setHorizontalHeaderLabels(list(titles))
    table.setRowCount(len(rows))
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = qt.QTableWidgetItem(_breakable(text))
            item.setToolTip(text)
            table.setItem(row, column, item)
    _arrange(table, len(titles), stretch % len(titles))
    table.blockSignals(blocked)
    if table.property(_MAX_HEIGHT) is not None:
        _fit(table)


def keep_fitted(table: Any, max_height: int = MAX_HEIGHT) -> None:
    """Let rows be as high as their texts need whenever columns change, and the table as high as its rows.

    Args:
        table: A ``QTableWidget``.
        max_height: Pixels beyond which the table scrolls; 0 leaves its height to the layout.
    """
    table.setProperty(_MAX_HEIGHT, max_height)
    table.horizontalHeader().connect("sectionResized(int,int,int)", lambda *_sizes: _fit_soon(table))


def _header_height(table: Any) -> int:
    return int(_HEADER_LINES * table.fontMetrics().height())


def _fit_soon(table: Any) -> None:
    """Once for all columns that change together."""
    if not table.property(_WAITING):
        table.setProperty(_WAITING, True)
        qt.QTimer.singleShot(0, lambda: _fit(table))


def _fit(table: Any) -> None:
    table.setProperty(_WAITING, False)
    table.resizeRowsToContents()
    limit = table.property(_MAX_HEIGHT)
    if limit:
        header = _header_height(table)
        rows = sum(table.rowHeight(row) for row in range(table.rowCount))
        table.setFixedHeight(min(int(limit), header + rows + _FRAME))


def set_icon(table: Any, row: int, column: int, icon: Any) -> None:
    """Put an icon before the text of a cell."""
    table.item(row, column).setIcon(icon)


def swatch(colour: Sequence[float]) -> Any:
    """A small square of a colour (RGB 0 to 1), as icon."""
    pixmap = qt.QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(qt.QColor(*(int(255 * part) for part in colour)))
    return qt.QIcon(pixmap)


def make_checkable(table: Any, row: int, column: int, checked: bool) -> None:
    """Give a cell a check box."""
    item = table.item(row, column)
    item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable | qt.Qt.ItemIsUserCheckable)
    item.setCheckState(qt.Qt.Checked if checked else qt.Qt.Unchecked)


def is_checked(item: Any) -> bool:
    """Whether the check box of a cell is ticked."""
    return item.checkState() == qt.Qt.Checked


def fill_choices(combo: Any, choices: Iterable[tuple[str, str]], current: str = "") -> None:
    """Values and their words into a combo box, without telling its listeners; ``current`` is chosen if it is there."""
    blocked = combo.blockSignals(True)
    combo.clear()
    values = []
    for value, words in choices:
        combo.addItem(words, value)
        values.append(value)
    combo.currentIndex = values.index(current) if current in values else min(0, len(values) - 1)
    combo.blockSignals(blocked)


def chosen(combo: Any) -> str:
    """Value of the current choice; empty if there is none."""
    value = combo.itemData(combo.currentIndex)
    return str(value) if value is not None else ""


def _breakable(text: str) -> str:
    """Long names of features may be broken after an underscore and before a capital."""
    return _MAY_BREAK.sub(_BREAK, text) if "_" in text else text


def _arrange(table: Any, columns: int, stretch: int) -> None:
    header = table.horizontalHeader()
    for column in range(columns):
        mode = qt.QHeaderView.Stretch if column == stretch else qt.QHeaderView.ResizeToContents
        header.setSectionResizeMode(column, mode)
    header.setHighlightSections(False)
    header.setFixedHeight(_header_height(table))
    table.verticalHeader().hide()
