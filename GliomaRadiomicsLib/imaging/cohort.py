"""COHORT.csv: one line per patient, checked line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES

FILE_COLUMNS = (*SEQUENCES, "seg", "dicom")
VALUE_COLUMNS = (
    *("grade", "idh", "mgmt", "os_days", "event", "age", "sex", "kps", "resection", "site"),
    *("histology", "location", "1p19q", "atrx"),
)
_CHALLENGE = ("BraTS21ID", "MGMT_value")
"""Columns of the labels of the RSNA-MICCAI challenge, whose cases lie in folders of five digits beside the file."""
_CHALLENGE_FOLDERS = ("train", ".")
NAMED = 10
"""So many faults of one kind are named at once."""


@dataclass(frozen=True)
class Patient:
    """One line of a cohort.

    Attributes:
        case: The cohort's own name for the patient.
        line: Line of the CSV file (the header is line 1), for messages.
        files: Existing files or folders by column (`FILE_COLUMNS`).
        values: The other columns that are filled, as text: of `VALUE_COLUMNS`, and labels that were asked for.
        table: Name of the CSV file, for messages; empty where there is none.
    """

    case: str
    line: int
    files: dict[str, Path] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    table: str = ""

    @property
    def where(self) -> str:
        """File and line, for messages."""
        return f"{self.table} line {self.line}".strip()


def read_cohort(path: str | Path, labels: Sequence[str] = (), *, keep_absent: bool = False) -> list[Patient]:
    """Read and check a cohort; file paths are relative to the CSV file.

    The labels of the RSNA-MICCAI challenge are understood as they are, as ``mgmt`` with the folder of each case.

    Args:
        path: The CSV file.
        labels: Columns that must be there; they may be others than `VALUE_COLUMNS`.
        keep_absent: Keep lines whose files are absent, for a caller that reports them one by one.

    Raises:
        RefusedInput: For a missing file, an unknown or missing column, a duplicate case or a missing image, with the
            line concerned.
    """
    path = Path(path)
    if not path.is_file():
        raise RefusedInput(what="no such cohort file", where=path, remedy="give the path of a COHORT.csv")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RefusedInput(what="the cohort is not UTF-8 text", where=path, remedy="save it as CSV in UTF-8") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = _read_lines(path, reader)
    columns = list(reader.fieldnames or [])
    if columns[:1] == [_CHALLENGE[0]] and _CHALLENGE[1] not in columns and "case" not in columns:
        found, remedy = (
            columns,
            "give the challenge's train_labels.csv, or a COHORT.csv with case, dicom and the outcome",
        )
        raise RefusedInput(what=f"the column '{_CHALLENGE[1]}' is missing", where=path, found=found, remedy=remedy)
    if tuple(columns[:2]) == _CHALLENGE:
        rows, columns = [(line, _of_challenge(path, row)) for line, row in rows], ["case", "dicom", "mgmt"]
    _check_columns(path, columns, labels)
    patients = [_patient(path, line, row, labels) for line, row in rows]
    if not patients:
        raise RefusedInput(what="the cohort has no patients", where=path, remedy="add a line per patient")
    if not keep_absent:
        _refuse_absent(path, patients, {line: row for line, row in rows})
    seen: dict[str, int] = {}
    for patient in patients:
        if patient.case in seen:
            raise RefusedInput(
                what=f"case {patient.case} stands twice",
                where=patient.where,
                found=f"first on line {seen[patient.case]}",
                remedy="keep one line per patient",
            )
        seen[patient.case] = patient.line
    return patients


def _read_lines(path: Path, reader: csv.DictReader[str]) -> list[tuple[int, dict[str, str | None]]]:
    """Lines with their number; a line with more cells than the header is refused, as its cells may be shifted."""
    found: list[tuple[int, dict[str, str | None]]] = []
    try:
        for row in reader:
            surplus: Any = row.pop(None, [])  # type: ignore[call-overload]
            if any(cell.strip() for cell in surplus):
                remedy = "put a text that holds a comma in double quotes"
                where = f"{path.name} line {reader.line_num}"
                raise RefusedInput(what="more cells than the header", where=where, found=surplus[0], remedy=remedy)
            found.append((reader.line_num, dict(row)))
    except csv.Error as error:
        where = f"{path.name} line {reader.line_num}"
        raise RefusedInput(
            what="cannot be read as CSV", where=where, found=error, remedy="save the table as CSV again"
        ) from error
    return found


def _of_challenge(path: Path, row: dict[str, str | None]) -> dict[str, str | None]:
    case = (row[_CHALLENGE[0]] or "").strip().zfill(5)
    below = next((name for name in _CHALLENGE_FOLDERS if (path.parent / name / case).is_dir()), ".")
    return {"case": case, "dicom": f"{below}/{case}", "mgmt": row[_CHALLENGE[1]]}


def _check_columns(path: Path, names: list[str], labels: Sequence[str]) -> None:
    known = {"case", *FILE_COLUMNS, *VALUE_COLUMNS, *labels}
    for needed in ("case", *labels):
        if needed not in names:
            raise RefusedInput(what=f"the column '{needed}' is missing", where=path, found=names, remedy="add it")
    unknown = [name for name in names if name not in known]
    if unknown:
        remedy = f"rename or remove it; known columns: {', '.join(sorted(known))}"
        raise RefusedInput(what="unknown column", where=path, found=unknown[0], remedy=remedy)


def _patient(path: Path, line: int, row: dict[str, str | None], labels: Sequence[str]) -> Patient:
    text = {key: (value or "").strip() for key, value in row.items() if key}
    if not text["case"]:
        raise RefusedInput(
            what="the case has no name", where=f"{path.name} line {line}", remedy="fill the column 'case'"
        )
    files = {column: path.parent / text[column] for column in FILE_COLUMNS if text.get(column)}
    values = {column: text[column] for column in (*VALUE_COLUMNS, *labels) if text.get(column)}
    return Patient(text["case"], line, files, values, path.name)


def _refuse_absent(path: Path, patients: Sequence[Patient], rows: Mapping[int, Mapping[str, str | None]]) -> None:
    """Raise `RefusedInput` naming the files that are not there, all at once up to `NAMED`."""
    absent = [
        (patient, column, (rows[patient.line][column] or "").strip())
        for patient in patients
        for column, file in patient.files.items()
        if not file.exists()
    ]
    if not absent:
        return
    patient, column, written = absent[0]
    found = "; ".join(f"line {one.line}: {column} {text}" for one, column, text in absent[:NAMED])
    more = f" and {len(absent) - NAMED} more" if len(absent) > NAMED else ""
    alone = len(absent) == 1
    raise RefusedInput(
        what=f"the {column} of case {patient.case} is missing" if alone else f"{len(absent)} files are missing",
        where=patient.where if alone else path.name,
        found=written if alone else found + more,
        remedy="correct the path; it is relative to the CSV file",
    )
