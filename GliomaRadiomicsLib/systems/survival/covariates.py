"""What the models are made of: radiomic entries, and the clinical data that may be known or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.scale_free.quantities import INTENSITY, QUANTITIES, SHAPE

RADIOMIC: tuple[str, ...] = (*INTENSITY, *SHAPE)
SIGNATURE = "signature"
CLINICAL: dict[str, tuple[str, ...]] = {
    "age": ("age",),
    "idh": ("idh_mutant",),
    "resection": ("resection_str", "resection_biopsy"),
}
"""Columns of each clinical item; resection against gtr."""
WORDS = {
    SIGNATURE: "Radiomic signature",
    "age": "Age (years)",
    "idh_mutant": "IDH-mutant (against wildtype)",
    "resection_str": "Subtotal resection (against total)",
    "resection_biopsy": "Biopsy only (against total resection)",
}
ITEM_WORDS = {"age": "age", "idh": "IDH status", "resection": "extent of resection"}
ITEM_SETS: tuple[tuple[str, ...], ...] = tuple(
    items for size in range(len(CLINICAL) + 1) for items in combinations(CLINICAL, size)
)
"""Every combination of clinical items that may be known; one model each, so that nothing unknown is made up."""


@dataclass(frozen=True)
class Patient:
    """A training patient: name, radiomic entries, known clinical columns, follow-up."""

    patient: str
    entries: dict[str, float]
    clinical: dict[str, float]
    os_days: float
    event: bool


def set_name(items: Sequence[str]) -> str:
    """``age_idh``; ``imaging`` without clinical items."""
    return "_".join(items) or "imaging"


def entries_of(measured: Mapping[str, float]) -> dict[str, float]:
    """What the signature sees of measured quantities."""
    return {key: QUANTITIES[key].entry(measured) for key in RADIOMIC}


def clinical_columns(clinical: ClinicalData) -> dict[str, float]:
    """Columns of what is known."""
    columns: dict[str, float] = {}
    if clinical.age is not None:
        columns["age"] = float(clinical.age)
    if clinical.idh is not None:
        columns["idh_mutant"] = float(clinical.idh == "mutant")
    if clinical.resection is not None:
        columns |= {f"resection_{kind}": float(clinical.resection == kind) for kind in ("str", "biopsy")}
    return columns


def known_items(columns: Mapping[str, float]) -> tuple[str, ...]:
    """Which clinical items the columns hold."""
    return tuple(item for item, names in CLINICAL.items() if all(name in columns for name in names))


def columns_of(items: Iterable[str]) -> tuple[str, ...]:
    """Columns of clinical items."""
    return tuple(name for item in items for name in CLINICAL[item])


def table_of(patients: Sequence[Patient], items: Sequence[str]) -> FeatureTable:
    """Radiomic entries and the columns of ``items``; every patient must have them."""
    clinical = columns_of(items)
    rows = [[*(p.entries[key] for key in RADIOMIC), *(p.clinical[name] for name in clinical)] for p in patients]
    return FeatureTable(np.array(rows), (*RADIOMIC, *clinical), [p.patient for p in patients])


def outcome_of(patients: Sequence[Patient]) -> Outcome:
    """Follow-up in days."""
    days, events = [p.os_days for p in patients], [p.event for p in patients]
    return Outcome(np.array(days), np.array(events), "os_days", "event")
