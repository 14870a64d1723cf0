"""The table of a cohort run as it is read again; light, because panels read it while a run goes on."""

from __future__ import annotations

import csv
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput

COHORT_FILE = "cohort.csv"


def read_rows(folder: Path) -> list[dict[str, str]]:
    """Lines of `COHORT_FILE`; none if there is no such file.

    Raises:
        RefusedInput: If it cannot be read.
    """
    path = folder / COHORT_FILE
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RefusedInput(
            what="cannot be read", where=path.name, found=error, remedy="run the cohort again"
        ) from error
    if any(not row.get(column) for row in rows for column in ("case", "line", "status")):
        raise RefusedInput(what="not the table of a cohort run", where=path.name, remedy="run the cohort again")
    return rows
