"""COHORT.csv: one line per patient, checked line by line."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES

FILE_COLUMNS = (*SEQUENCES, "seg", "dicom")
VALUE_COLUMNS = (
    *("grade", "idh", "mgmt", "os_days", "event", "age", "sex", "kps", "resection", "site"),
    *("histology", "location"),
)


@dataclass(frozen=True)
class Patient:
    """One line of a cohort.

    Attributes:
        case: The cohort's own name for the patient.
        line: Line of the CSV file (the header is line 1), for messages.
        files: Existing files or folders by column (`FILE_COLUMNS`).
        values: The other columns of `VALUE_COLUMNS` that are filled, as text.
    """

    case: str
    line: int
    files: dict[str, Path] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


def read_cohort(path: str | Path) -> list[Patient]:
    """Read and check a cohort; file paths are relative to the CSV file.

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
    _check_columns(path, reader.fieldnames or [])
    patients = [_patient(path, number, row) for number, row in enumerate(reader, start=2)]
    if not patients:
        raise RefusedInput(what="the cohort has no patients", where=path, remedy="add a line per patient")
    seen: dict[str, int] = {}
    for patient in patients:
        if patient.case in seen:
            raise RefusedInput(
                what=f"case {patient.case} stands twice",
                where=f"{path.name} line {patient.line}",
                found=f"first on line {seen[patient.case]}",
                remedy="keep one line per patient",
            )
        seen[patient.case] = patient.line
    return patients


def _check_columns(path: Path, columns: list[str] | tuple[str, ...] | object) -> None:
    known = {"case", *FILE_COLUMNS, *VALUE_COLUMNS}
    names = [str(name) for name in columns] if isinstance(columns, list | tuple) else []
    if "case" not in names:
        raise RefusedInput(what="the column 'case' is missing", where=path, found=names, remedy="add it")
    unknown = [name for name in names if name not in known]
    if unknown:
        remedy = f"rename or remove it; known columns: {', '.join(sorted(known))}"
        raise RefusedInput(what="unknown column", where=path, found=unknown[0], remedy=remedy)


def _patient(path: Path, line: int, row: dict[str, str | None]) -> Patient:
    where = f"{path.name} line {line}"
    text = {key: (value or "").strip() for key, value in row.items() if key}
    if not text["case"]:
        raise RefusedInput(what="the case has no name", where=where, remedy="fill the column 'case'")
    files = {}
    for column in FILE_COLUMNS:
        if text.get(column):
            files[column] = path.parent / text[column]
            if not files[column].exists():
                raise RefusedInput(
                    what=f"the {column} of case {text['case']} is missing",
                    where=where,
                    found=text[column],
                    remedy="correct the path; it is relative to the CSV file",
                )
    values = {column: text[column] for column in VALUE_COLUMNS if text.get(column)}
    return Patient(text["case"], line, files, values)
