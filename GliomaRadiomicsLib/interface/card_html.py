"""Model cards as HTML: headings, bullets, tables, bold and code, with every other character escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph, tag

_BOLD_OR_CODE = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`")
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_CELL_END = re.compile(r"(?<!\\)\|")
_BULLET = "* "
_TOP_HEADING, _LAST_HEADING = 2, 6


def card_html(card: str) -> Markup:
    """A model card of `models.card.write_card` as HTML without scripts, links or styles.

    Args:
        card: Markdown.

    Returns:
        Elements one after the other.
    """
    blocks = (block.splitlines() for block in re.split(r"\n\s*\n", card.strip()))
    return join(_block(lines) for lines in blocks if lines)


def _block(lines: Sequence[str]) -> Markup:
    heading = _HEADING.fullmatch(lines[0])
    if heading:
        level = min(len(heading[1]) + _TOP_HEADING, _LAST_HEADING)
        rest = _block(lines[1:]) if lines[1:] else None
        return join([tag(f"h{level}", _inline(heading[2])), rest])
    if all(line.startswith(_BULLET) for line in lines):
        return tag("ul", *(tag("li", _inline(line.removeprefix(_BULLET))) for line in lines))
    if all(line.startswith("|") for line in lines):
        return _table([_cells(line) for line in lines])
    return paragraph(_inline(" ".join(lines)))


def _table(rows: Sequence[Sequence[str]]) -> Markup:
    head, body = rows[0], rows[2:]
    columns = tag("thead", tag("tr", *(tag("th", _inline(cell)) for cell in head))) if any(head) else None
    lines = (tag("tr", *(tag("td", _inline(cell)) for cell in row)) for row in body)
    return tag("table", columns, tag("tbody", *lines))


def _cells(line: str) -> list[str]:
    inside = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in _CELL_END.split(inside)]


def _inline(text: str) -> Markup:
    parts: list[str | Markup] = []
    end = 0
    for found in _BOLD_OR_CODE.finditer(text):
        parts += [text[end : found.start()], tag("b", found[1]) if found[1] else tag("code", found[2])]
        end = found.end()
    return join([*parts, text[end:]])
