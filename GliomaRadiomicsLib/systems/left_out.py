"""Telling a user which patients of a cohort could not be used."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from GliomaRadiomicsLib.systems.protocol import LeftOut

SKIPPED_FILE = "skipped.csv"


def write_left_out(left_out: Iterable[LeftOut], folder: Path) -> Path:
    """Write `SKIPPED_FILE`, a line per patient or sequence that could not be used, into ``folder``; returns its path.

    It is written even if there is none, so that one of an earlier run is not taken for this one's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SKIPPED_FILE
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["line", "case", "sequence", "reason"])
        writer.writerows([one.line or "", one.case, one.sequence, one.reason] for one in left_out)
    return path


def summary(left_out: Iterable[LeftOut]) -> str:
    """How many patients and sequences could not be used, in words; empty if all could."""
    told = list(left_out)
    faulty = sum(one.is_fault and not one.sequence for one in told)
    unknown = sum(not one.is_fault and not one.sequence for one in told)
    unused = {(one.line, one.case) for one in told if not one.sequence}
    lacking = len({(one.line, one.case) for one in told if one.sequence} - unused)
    parts = (
        (faulty, "that could not be used"),
        (unknown, "of unknown outcome, left out"),
        (lacking, "used without a sequence or label map"),
    )
    said = "; ".join(f"{what}: {count}" for count, what in parts if count)
    return f"patients {said}" if said else ""
