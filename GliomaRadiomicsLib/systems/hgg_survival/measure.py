"""From cases to rows of features: 348 radiomic, 8192 deep where wanted, age and sex where wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.radiomics.sets.han import han_features
from GliomaRadiomicsLib.radiomics.sets.han_registry import full_names
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.follow_up import follow_up_of
from GliomaRadiomicsLib.systems.hgg_survival.deep import Extractor
from GliomaRadiomicsLib.systems.hgg_survival.section import canonical, patch, why_not
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase
from GliomaRadiomicsLib.systems.seen import fingerprint

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """A patient with follow-up.

    Attributes:
        patient: The cohort's name; never written to a bundle.
        values: Features in the order of `feature_names`; NaN where one has no value. None: not measured, see
            ``reason``, or not needed.
        reason: Why there are none.
        clinical: What is known beside the images.
        os_days: Follow-up.
        event: Whether the patient died then.
        mark: `mark_of` the images; empty where they cannot be used.
    """

    patient: str
    values: Array | None
    reason: str
    clinical: ClinicalData
    os_days: float
    event: bool
    mark: str


def feature_names(settings: HanSettings, extractor: Extractor | None) -> tuple[str, ...]:
    """Names of all features, 8540 with deep ones and without clinical data."""
    clinical = tuple({"age": "age", "sex": "male"}[item] for item in settings.clinical)
    return (*full_names(), *(extractor.names if extractor else ()), *clinical)


def unusable(case: CaseData, settings: HanSettings) -> str:
    """Why there is no row for this case; empty if there is."""
    missing = [item for item in settings.clinical if getattr(case.clinical, item) is None]
    if missing:
        return f"the model needs the patient's {' and '.join(missing)}; give it"
    return why_not(case, settings.region)


def measure(case: CaseData, settings: HanSettings, extractor: Extractor | None) -> Array:
    """Features in the order of `feature_names`; needs `unusable` to be empty."""
    radiomic = [value for _, value, _ in han_features(*canonical(case), REGIONS[settings.region])]
    deep = extractor(patch(case, settings.region)) if extractor else np.empty(0)
    clinical = {"age": case.clinical.age, "sex": float(case.clinical.sex == "M")}
    return np.array([*radiomic, *deep, *(clinical[item] for item in settings.clinical)], dtype=np.float64)


def mark_of(case: CaseData) -> str:
    """Sixteen hexadecimal digits that tell the same outline on the same image again, and nothing about the patient."""
    inside = case.label_map.array != 0
    values = np.ascontiguousarray(case.volumes["t1ce"].array[inside], dtype=np.float32)
    return hashlib.sha256(fingerprint(case.label_map.array).encode() + values.tobytes()).hexdigest()[:16]


def measured_cases(
    cases: Iterable[TrainingCase],
    settings: HanSettings,
    extractor: Extractor | None,
    progress: Progress | None = None,
    known: frozenset[str] = frozenset(),
) -> tuple[list[Measured], int]:
    """Every patient with follow-up, and how many have none.

    Args:
        cases: The cohort; read once, one case at a time.
        settings: What to measure.
        extractor: Of deep features.
        progress: Told after each case; may cancel.
        known: Marks of patients who need not be measured.

    Raises:
        RefusedInput: For a follow-up of zero or below, naming the case.
    """
    progress, found, without = progress or Progress(), [], 0
    total = len(cases) if isinstance(cases, list) else 0
    for number, case in enumerate(cases):
        progress.report(number / total if total else 0.0, f"measuring patient {number + 1}")
        follow_up = follow_up_of(case)
        if follow_up is None:
            without += 1
            continue
        reason = unusable(case.data, settings)
        mark = "" if reason else mark_of(case.data)
        values = None if reason or mark in known else measure(case.data, settings, extractor)
        found.append(Measured(case.patient, values, reason, case.data.clinical, *follow_up, mark))
    return found, without


def table_of(patients: Sequence[Measured], names: tuple[str, ...]) -> FeatureTable:
    """The features of measured patients."""
    return FeatureTable(np.array([p.values for p in patients]), names, [p.patient for p in patients])


def outcome_of(patients: Sequence[Measured]) -> Outcome:
    """Follow-up in days."""
    return Outcome(np.array([p.os_days for p in patients]), np.array([p.event for p in patients]), "os_days", "event")
