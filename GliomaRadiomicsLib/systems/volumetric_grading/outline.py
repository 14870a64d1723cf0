"""How wrong automatic outlines are, measured, and what such errors would do to a grade."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.systems.volumetric_grading.model import LinearModel
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import SOFT_FLOOR_ML, Measured, measured_from_parts

LABELS = ("NCR_NET", "ED", "ET")
COMPLETE = "+".join(SEQUENCES)

Errors = tuple[tuple[float, ...], ...]
"""One entry per patient: log((true + 1 ml) / (found + 1 ml)) of `LABELS`."""


def read_outlines(predictions: Path) -> dict[str, dict[str, float]]:
    """Volumes found, by case, of the rows with all four sequences of the table that ``evaluate`` writes.

    Raises:
        RefusedInput: If the table lacks a column, or patients the network was trained on are in it.
    """
    with predictions.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("sequences") == COMPLETE]
    if not rows or "true_ncr_net_ml" not in rows[0]:
        raise RefusedInput(what="not a table of outlines", where=predictions, remedy="give predictions.csv of evaluate")
    if any(row["trained_on"] == "True" for row in rows):
        raise RefusedInput(
            what="outlines of patients the network was trained on", where=predictions, remedy="leave these rows out"
        )
    return {row["case"]: {key: float(row[key]) for key in row if key.endswith("_ml")} for row in rows}


def errors_of(outlines: Mapping[str, Mapping[str, float]]) -> Errors:
    """Errors of the outlines of several patients."""
    return tuple(
        tuple(_log_ratio(row[f"true_{label.lower()}_ml"], row[f"{label.lower()}_ml"]) for label in LABELS)
        for row in outlines.values()
    )


def _log_ratio(true: float, found: float) -> float:
    return round(float(np.log((true + SOFT_FLOOR_ML) / (found + SOFT_FLOOR_ML))), 4)


def possible_truths(measured: Measured, errors: Errors) -> list[dict[str, float]]:
    """What the volumes would truly be if this outline were wrong in the way each of the measured ones was."""
    found = [measured[label] for label in LABELS]
    truths = []
    for error in errors:
        ncr_net, ed, et = (
            max(0.0, (ml + SOFT_FLOOR_ML) * float(np.exp(e)) - SOFT_FLOOR_ML)
            for ml, e in zip(found, error, strict=True)
        )
        truths.append(measured_from_parts(ncr_net, ed, et, measured.get("age")))
    return truths


def label_changes(model: LinearModel, measured: Measured, errors: Sequence[tuple[float, ...]]) -> int:
    """In how many of the possible truths the grade would be the other one."""
    is_hgg = model.log_odds(measured) >= 0
    return sum((model.log_odds(truth) >= 0) != is_hgg for truth in possible_truths(measured, tuple(errors)))
