"""Filling table widgets; what they show comes from `GliomaRadiomicsLib.interface`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import qt

MAX_HEIGHT = 320
_SWATCH = 12
_HEADER_LINES, _FRAME = 1.9, 6


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
            item = qt.QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(row, column, item)
    _arrange(table, len(titles), stretch % len(titles))
    table.blockSignals(blocked)


def fit_height(table: Any, max_height: int = MAX_HEIGHT) -> None:
    """Make a table as high as its rows, up to a limit; beyond it scrolls."""
    table.resizeRowsToContents()
    header = int(_HEADER_LINES * table.fontMetrics().height())
    rows = sum(table.rowHeight(row) for row in range(table.rowCount))
    table.setFixedHeight(min(max_height, header + rows + _FRAME))


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


def _arrange(table: Any, columns: int, stretch: int) -> None:
    header = table.horizontalHeader()
    for column in range(columns):
        mode = qt.QHeaderView.Stretch if column == stretch else qt.QHeaderView.ResizeToContents
        header.setSectionResizeMode(column, mode)
    header.setHighlightSections(False)
    table.verticalHeader().hide()
