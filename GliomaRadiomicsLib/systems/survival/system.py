"""The system: fit on a cohort, measure, predict with intervals, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, save_bundle
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.follow_up import follow_up_of
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase
from GliomaRadiomicsLib.systems.scale_free.measure import measure, why_not
from GliomaRadiomicsLib.systems.scale_free.rows import usable_cases
from GliomaRadiomicsLib.systems.survival.charts import evaluation_charts
from GliomaRadiomicsLib.systems.survival.covariates import (
    Patient,
    clinical_columns,
    entries_of,
    known_items,
    outcome_of,
    set_name,
    table_of,
)
from GliomaRadiomicsLib.systems.survival.fitting import FitSettings, Fitted, SurvivalModel, fit_patients
from GliomaRadiomicsLib.systems.survival.movable import movable_models
from GliomaRadiomicsLib.systems.survival.report import evidence, survival_result
from GliomaRadiomicsLib.systems.survival.storage import models_from_dict, models_to_dict
from GliomaRadiomicsLib.systems.survival.validation import YEAR, YEARS, figures_of

NAME = "survival"
LEAST_EVALUATED = 5
ADULT = 17
"""Years; the youngest training patient of the starter model."""
_MODEL_FILE = "model.json"


class SurvivalSystem:
    """Cox models on a radiomic signature and what is known of age, IDH status and resection."""

    name = NAME

    def __init__(self, fitted: Fitted) -> None:
        self.models, self.metadata = fitted.models, fitted.metadata

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> SurvivalSystem:
        """Train on patients with a T1ce, a label map and follow-up; the others are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `fitting.FitSettings`.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: With too few deaths or too short a follow-up, or for an unknown setting.
        """
        settings = FitSettings.from_config(config or {})
        patients, left_out = _patients(cases, progress)
        return cls(fit_patients(patients, settings, left_out, progress))

    @classmethod
    def load(cls, folder: str | Path) -> SurvivalSystem:
        """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
        metadata = load_metadata(folder, system=NAME)
        return cls(Fitted(models_from_dict(load_json(folder, _MODEL_FILE)), metadata))

    @classmethod
    def starter(cls) -> SurvivalSystem:
        """The model that comes with the product."""
        return cls.load(starter(NAME))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        text = json.dumps(models_to_dict(self.models), separators=(",", ":"), allow_nan=False) + "\n"
        return save_bundle(folder, self.metadata, files={_MODEL_FILE: text}, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, each with the model of what is known of them.

        Raises:
            RefusedInput: If fewer than `LEAST_EVALUATED` patients can be used, or none of them died.
        """
        patients, left_out = _patients(cases, progress)
        if len(patients) < LEAST_EVALUATED:
            remedy = "fill os_days and event and give T1ce and label map"
            raise RefusedInput(
                what="too few cases can be evaluated", where="cohort", found=len(patients), remedy=remedy
            )
        cohort = f"{len(patients)} given patients, {sum(left_out.values())} left out"
        return self.measure(patients, prefix="test", cohort=cohort, validation="patients given for evaluation")

    def measure(self, patients: list[Patient], *, prefix: str, cohort: str, validation: str) -> Evaluation:
        """Figures and predictions of patients the system was not trained on."""
        outcome = outcome_of(patients)
        outcome.require_events(1, "an evaluation of survival")
        chosen = [self.model_of(patient.clinical) for patient in patients]
        risk = np.array([self._risk(model, p) for model, p in zip(chosen, patients, strict=True)])
        last = min(model.fitted.baseline.last_time for model in chosen)
        years = [y for y in YEARS if outcome.time[outcome.event].min() <= y * YEAR < min(last, outcome.time.max())]
        survival = np.array([self._survival(m, p, years) for m, p in zip(chosen, patients, strict=True)])
        figures: list[Figure] = figures_of(
            outcome, risk, survival, years, prefix=prefix, cohort=cohort, validation=validation
        )
        rows = [
            {"case": p.patient, "os_days": p.os_days, "event": int(p.event), "model": set_name(m.items),
             "risk": float(r), **{f"survival_{y}y": float(v) for y, v in zip(years, s, strict=True)}}
            for p, m, r, s in zip(patients, chosen, risk, survival, strict=True)
        ]  # fmt: skip
        high = np.array([r > model.median_risk for r, model in zip(risk, chosen, strict=True)])
        return Evaluation(figures, rows, evaluation_charts(outcome, high, survival, years, chosen))

    def predict(self, case: CaseData) -> dict[str, Any]:
        """Survival of one case, as `result.json` has it under ``survival``; abstains with a reason.

        Returns:
            ``status``, ``model``, ``inputs_used``, ``inputs_missing``, ``risk`` (hazard ratio against the training
            cohort's mean), ``risk_group``, ``probability`` and ``probability_ci`` by year, ``median_days`` and its
            ``ci``, ``curve``, ``kaplan_meier``, ``nomogram``, ``trust``, ``evidence``, ``contributions``, and
            ``movable`` (see `movable.movable_models`).
        """
        columns = clinical_columns(case.clinical)
        model = self.model_of(columns)
        reason = why_not(case) or _too_young(case.clinical)
        if not reason and model.fitted.cox is None:
            reason = "the image alone tells nothing in this model; give the age"
        if reason:
            return {"status": "abstained", "reason": reason, "evidence": evidence(self.metadata, model.items)}
        measured = measure(case)
        entries = entries_of(measured)
        found = survival_result(
            model,
            self.metadata,
            measured,
            entries,
            columns,
            automatic_outline=case.automatic_outline,
            corrected_outline=case.corrected_outline,
        )
        return {**found, "movable": movable_models(self.models, entries, columns)}

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """No heat map: the signature describes the whole tumour, which has no places."""
        del case
        return {}

    def model_of(self, columns: Mapping[str, float]) -> SurvivalModel:
        """The model that uses most of what is known."""
        items = set(known_items(columns))
        usable = [model for model in self.models.values() if set(model.items) <= items]
        return max(usable, key=lambda model: len(model.items))

    def _risk(self, model: SurvivalModel, patient: Patient) -> float:
        return float(model.fitted.risk(table_of([patient], model.items))[0])

    def _survival(self, model: SurvivalModel, patient: Patient, years: list[int]) -> list[float]:
        times = [year * YEAR for year in years]
        return model.fitted.survival(table_of([patient], model.items), times)[0].tolist()


def _too_young(clinical: ClinicalData) -> str:
    """The models know adults only."""
    is_child = clinical.age is not None and clinical.age < ADULT
    return "the models were trained on adults; there is none for children" if is_child else ""


def _patients(cases: Iterable[TrainingCase], progress: Progress | None) -> tuple[list[Patient], dict[str, int]]:
    kept, left_out = usable_cases(cases, lambda case: follow_up_of(case) is not None, progress)
    patients = [
        Patient(case.patient, entries_of(measured), clinical_columns(case.data.clinical), case.os_days, case.event)  # type: ignore[arg-type]
        for case, measured in kept
    ]
    return patients, left_out
