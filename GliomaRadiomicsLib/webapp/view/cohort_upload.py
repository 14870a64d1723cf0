"""A table of patients that was uploaded with its images: found among the files, and kept from naming other files."""

from __future__ import annotations

from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.cohort import read_cohort

_TABLE = "cohort.csv"


def find_table(folder: Path) -> Path:
    """The table among uploaded files: the only CSV file, or the one named COHORT.csv that lies highest.

    Raises:
        RefusedInput: If there is none, or it cannot be told which one it is.
    """
    tables = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".csv")
    named = sorted((path for path in tables if path.name.lower() == _TABLE), key=lambda path: len(path.parts))
    if named or len(tables) == 1:
        return (named or tables)[0]
    raise RefusedInput(
        what="no table of patients among the files" if not tables else "several tables among the files",
        found=", ".join(path.name for path in tables[:3]) or None,
        remedy="upload a folder with COHORT.csv and the images that it names",
    )


def check_inside(table: Path, folder: Path) -> None:
    """See that a table names only files of its own upload, as others are not the uploader's.

    Raises:
        RefusedInput: If it cannot be read, or names a file elsewhere.
    """
    for patient in read_cohort(table, keep_absent=True):
        for column, path in patient.files.items():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise RefusedInput(
                    what=f"the {column} of case {patient.case} lies outside of what was uploaded",
                    where=f"{table.name} line {patient.line}",
                    remedy="upload a folder with the table and all its images, their paths relative to the table",
                )
