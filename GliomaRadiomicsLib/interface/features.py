"""The table of measured features: filtered, as text, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from GliomaRadiomicsLib.core.labels import REGION_NAMES, REGIONS, SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.interface.fields import UNKNOWN, Choice
from GliomaRadiomicsLib.reports.markup import DASH, number

COLUMNS = ("Sequence", "Region", "Feature", "Value", "Note")
_SEQUENCES = {**SEQUENCE_NAMES, "mask": "shape"}
UNITS_NOTE = "Units: mm, mm² and mm³ for shape, those of the image for intensity, none for texture."


def read_features(folder: str | Path) -> list[FeatureRow]:
    """Features of an output folder; none where no table was written.

    Raises:
        RefusedInput: If the table is damaged.
    """
    from GliomaRadiomicsLib.reports.tables import read_features_csv

    path = Path(folder) / "features.csv"
    return read_features_csv(path) if path.is_file() else []


def filter_rows(
    rows: Iterable[FeatureRow], text: str = "", sequence: str | None = None, region: str | None = None
) -> list[FeatureRow]:
    """Rows of a sequence and a region whose line holds every word of ``text``, in any case; empty means all."""
    words = text.lower().split()
    return [
        row
        for row in rows
        if (not sequence or row.sequence == sequence)
        and (not region or row.region == region)
        and all(word in " ".join((*cells(row), row.sequence, row.region)).lower() for word in words)
    ]


def cells(row: FeatureRow) -> tuple[str, str, str, str, str]:
    """A row as `COLUMNS` show it; a dash and the reason where nothing was measured."""
    value = number(row.value)
    note = row.reason or ("not measured" if value == DASH else "")
    sequence = _SEQUENCES.get(row.sequence, row.sequence)
    return sequence, REGION_NAMES.get(row.region, row.region), row.feature, value, note


def as_csv(rows: Sequence[FeatureRow]) -> str:
    """The rows as CSV in the layout of features.csv, values in full."""
    from GliomaRadiomicsLib.radiomics.table import to_csv

    return to_csv({"": rows})


def as_text(rows: Iterable[FeatureRow]) -> str:
    """The rows with tabs, for the clipboard, the header first."""
    return "\n".join("\t".join(line) for line in (COLUMNS, *(cells(row) for row in rows))) + "\n"


def sequence_choices(rows: Iterable[FeatureRow]) -> list[Choice]:
    """Sequences that occur, in their usual order, all of them first."""
    return [Choice(UNKNOWN, "all sequences"), *_choices((row.sequence for row in rows), SEQUENCES, _SEQUENCES)]


def region_choices(rows: Iterable[FeatureRow]) -> list[Choice]:
    """Regions that occur, in their usual order, all of them first."""
    return [Choice(UNKNOWN, "all regions"), *_choices((row.region for row in rows), tuple(REGIONS), REGION_NAMES)]


def _choices(values: Iterable[str], order: Sequence[str], names: dict[str, str]) -> list[Choice]:
    found = dict.fromkeys(values)
    known = [value for value in order if value in found]
    return [Choice(value, names.get(value, value)) for value in (*known, *(v for v in found if v not in order))]
