"""Feature tables as CSV text, long or wide, and back without loss.

Long: one line per feature of a region of a sequence. Wide: one line per case, one column per feature, named
``sequence_region_feature`` (the region ``label 4`` as ``label4``), and last a column ``reasons``. Lines and columns
keep the order they came in.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.core.results import FeatureRow

LAYOUTS = ("long", "wide")
LONG_COLUMNS = ("sequence", "region", "feature", "value", "reason")
CASE = "case"
REASONS = "reasons"

_LABEL = re.compile(r"^label (\d+)$")
_LABEL_IN_COLUMN = re.compile(r"^label(\d+)$")
_REQUIRED = LONG_COLUMNS[:4]
_NAN = "nan"

Cases = Mapping[str, Iterable[FeatureRow]]
"""Rows by case; the name of an only case may be empty."""


def to_csv(cases: Cases, layout: str = "long") -> str:
    """A table in one of the `LAYOUTS`; an only case without name has no ``case`` column in the long one."""
    return long_csv(cases) if layout == "long" else wide_csv(cases)


def from_csv(text: str, name: str) -> dict[str, list[FeatureRow]]:
    """Rows by case of a table in either layout.

    Args:
        text: The content of the file.
        name: What to call it in messages.

    Raises:
        RefusedInput: If a column is missing or a value is not a number.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    header = list(reader.fieldnames or [])
    wide = REASONS in header
    if not wide:
        _check_long(header, name)
    cases: dict[str, list[FeatureRow]] = {}
    for number, line in enumerate(reader, start=2):
        rows = cases.setdefault(line.get(CASE) or "", [])
        rows += (_wide_rows if wide else _long_rows)(line, f"{name} line {number}")
    return cases


def long_csv(cases: Cases) -> str:
    """One line per feature; a value that could not be measured is an empty cell with its reason beside it."""
    named = list(cases) != [""]
    lines = [[case] * named + _long_cells(row) for case, rows in cases.items() for row in rows]
    return _text([[CASE] * named + list(LONG_COLUMNS), *lines])


def wide_csv(cases: Cases) -> str:
    """One line per case.

    A value that could not be measured is an empty cell, and the column ``reasons`` (JSON: reason to columns) says why;
    without reason it is ``nan``. An empty cell without reason was not asked for.

    Raises:
        RefusedInput: If a case has a feature twice, or a name could not be told apart in the name of a column.
    """
    lines = {case: _by_column(case, rows) for case, rows in cases.items()}
    columns = list(dict.fromkeys(column for line in lines.values() for column in line))
    body = [[case, *(_wide_cell(line.get(c)) for c in columns), _reasons(line)] for case, line in lines.items()]
    return _text([[CASE, *columns, REASONS], *body])


def wide_line(case: str, rows: Iterable[FeatureRow]) -> dict[str, str]:
    """One line of `wide_csv` by column, for a table that is too large to be held at once; raises as that does."""
    line = _by_column(case, rows)
    return {CASE: case, **{column: _wide_cell(row) for column, row in line.items()}, REASONS: _reasons(line)}


def _text(lines: Iterable[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))


def _long_cells(row: FeatureRow) -> list[str]:
    return [row.sequence, row.region, row.feature, _number(row.value), row.reason]


def _check_long(header: list[str], name: str) -> None:
    missing = [column for column in _REQUIRED if column not in header]
    if missing:
        raise RefusedInput(
            what=f"column {missing[0]} is missing",
            where=name,
            remedy=f"a feature table has the columns {', '.join(_REQUIRED)}, or, with one line per case, {REASONS}",
        )


def _long_rows(line: dict[str, str], where: str) -> list[FeatureRow]:
    value = _parsed(line["value"] or _NAN, where)
    return [FeatureRow(line["sequence"], line["region"], line["feature"], value, line.get("reason") or "")]


def _parsed(cell: str, where: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise RefusedInput(
            what="value is not a number", where=where, found=cell, remedy="leave the cell empty if unknown"
        ) from error


def _by_column(case: str, rows: Iterable[FeatureRow]) -> dict[str, FeatureRow]:
    found: dict[str, FeatureRow] = {}
    for row in rows:
        column = f"{row.sequence}_{_in_column(row.region)}_{row.feature}"
        if column in found:
            raise RefusedInput(
                what="feature twice in one case", where=case or CASE, found=column, remedy="name it anew"
            )
        if _parts(column) != (row.sequence, row.region, row.feature):
            raise RefusedInput(
                what="names that cannot be told apart in one column",
                where=column,
                found=f"sequence {row.sequence}, region {row.region}",
                remedy="use names without _, or the long layout",
            )
        found[column] = row
    return found


def _parts(column: str) -> tuple[str, str, str]:
    """Sequence (up to the first _), region (a known one, or up to the next _) and feature."""
    sequence, _, rest = column.partition("_")
    known = [region for region in REGIONS if rest.startswith(f"{region}_")]
    region = max(known, key=len) if known else rest.partition("_")[0]
    return sequence, _LABEL_IN_COLUMN.sub(r"label \1", region), rest[len(region) + 1 :]


def _in_column(region: str) -> str:
    """The name of a region in a column, without the space of ``label 4``, which statistics programs dislike."""
    return _LABEL.sub(r"label\1", region)


def _wide_cell(row: FeatureRow | None) -> str:
    if row is None:
        return ""
    return _NAN if math.isnan(row.value) and not row.reason else _number(row.value)


def _reasons(line: dict[str, FeatureRow]) -> str:
    columns: dict[str, list[str]] = {}
    for column, row in line.items():
        if row.reason:
            columns.setdefault(row.reason, []).append(column)
    return json.dumps(columns, ensure_ascii=False) if columns else ""


def _wide_rows(line: dict[str, str], where: str) -> list[FeatureRow]:
    reasons = _reason_of(line[REASONS] or "{}", where)
    measured = [(column, cell) for column, cell in line.items() if column not in (CASE, REASONS)]
    rows = []
    for column, cell in measured:
        if not (cell or column in reasons):
            continue
        parts = _parts(column or "")
        if not all(parts):
            raise RefusedInput(
                what="column is no feature", where=where, found=column, remedy="name it sequence_region_feature"
            )
        rows.append(FeatureRow(*parts, _parsed(cell or _NAN, where), reasons.get(column, "")))
    return rows


def _reason_of(cell: str, where: str) -> dict[str, str]:
    """Reason by column."""
    try:
        columns: dict[str, list[str]] = json.loads(cell)
        return {column: reason for reason, named in columns.items() for column in named}
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise RefusedInput(
            what="not reasons by column", where=where, found=cell, remedy="leave the cell empty if unknown"
        ) from error
