"""From cases to rows: the section, the radiomic features and the clinical items of each patient who can be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from GliomaRadiomicsLib.core.labels import LABEL_VALUES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.radiomics.extraction import extract
from GliomaRadiomicsLib.radiomics.params import Parameters, read_parameters
from GliomaRadiomicsLib.radiomics.sets.jinling import PARAMETERS
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.follow_up import follow_up_of
from GliomaRadiomicsLib.systems.lgg_survival.clinical import Coding, items_of
from GliomaRadiomicsLib.systems.lgg_survival.section import Image, Section, channels_of, section_of, why_not
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

Entries = dict[str, float]
HIGH_GRADE = 4


@dataclass(frozen=True, eq=False)
class Measured:
    """What the models see of a case: section, its pixels (empty without deep features), radiomics, clinical items."""

    section: Section
    image: Image
    entries: Entries
    items: dict[str, float | str]


@dataclass(frozen=True, eq=False)
class Row:
    """A training patient: what was measured, WHO grade (None where unknown) and follow-up."""

    patient: str
    measured: Measured
    grade: int | None
    os_days: float
    event: bool


def only(case: CaseData, sequences: tuple[str, ...]) -> CaseData:
    """The case with the sequences the models use, each read once."""
    return replace(case, volumes={role: case.volumes[role] for role in sequences if role in case.volumes})


def measure(case: CaseData, settings: LggSettings) -> Measured:
    """Section, radiomics of the whole tumour and clinical items; needs `section.why_not` to be empty."""
    section = section_of(case, settings.size)
    image: Image = np.zeros((0, 0, 0), dtype=np.float32)
    if settings.deep != "none":
        image = channels_of(case, section, settings.channels)
    entries = _radiomics(case, settings.radiomics_sequence) if settings.radiomics else {}
    return Measured(section, image, entries, items_of(case))


def read_rows(
    cases: Iterable[TrainingCase], settings: LggSettings, progress: Progress | None = None
) -> tuple[list[Row], dict[str, int]]:
    """Rows of the patients who can be used; how many were left out, by reason.

    Raises:
        RefusedInput: As `follow_up.follow_up_of`.
    """
    progress = progress or Progress()
    total = len(cases) if isinstance(cases, list) else 0
    rows: list[Row] = []
    left_out = {"without_follow_up": 0, "grade_4": 0, "not_measurable": 0}
    for number, case in enumerate(cases):
        progress.report(number / total if total else 0.0, f"measuring patient {number + 1}")
        data = only(case.data, settings.sequences)
        follow_up = follow_up_of(case)
        if follow_up is None:
            left_out["without_follow_up"] += 1
        elif case.is_hgg or data.clinical.grade == HIGH_GRADE:
            left_out["grade_4"] += 1
        elif why_not(data, settings.sequences):
            left_out["not_measurable"] += 1
        else:
            found = measure(data, settings)
            rows.append(Row(case.patient, found, data.clinical.grade, *follow_up))
    return rows, {f"n_left_out_{reason}": n for reason, n in left_out.items()}


def table_of(rows: Sequence[Row], radiomic: tuple[str, ...], coding: Coding) -> FeatureTable:
    """Radiomic and clinical columns, one row per patient."""
    values = [
        [*(row.measured.entries[name] for name in radiomic), *coding.columns(row.measured.items).values()]
        for row in rows
    ]
    shape = (len(rows), len(radiomic) + len(coding.names))
    return FeatureTable(
        np.array(values, dtype=np.float64).reshape(shape), (*radiomic, *coding.names), [row.patient for row in rows]
    )


def outcome_of(rows: Sequence[Row]) -> Outcome:
    """Follow-up of the rows."""
    return Outcome(np.array([row.os_days for row in rows]), np.array([row.event for row in rows]), "os_days", "event")


def radiomic_names(rows: Sequence[Row]) -> tuple[str, ...]:
    """Radiomic features that every patient has."""
    first = rows[0].measured.entries
    return tuple(name for name in first if all(np.isfinite(row.measured.entries[name]) for row in rows))


def _radiomics(case: CaseData, sequence: str) -> Entries:
    parameters = _parameters()
    found = extract(
        case.volumes[sequence],
        case.label_map,
        label=LABEL_VALUES,
        settings=parameters.settings,
        selection=parameters.selection,
        image_types=parameters.image_types,
    )
    return {name: value for name, value, _ in found}


@cache
def _parameters() -> Parameters:
    return read_parameters(PARAMETERS)
