"""What both two-class systems share: fit on a cohort, measure, predict with reasons, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import Evidence, Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, save_bundle
from GliomaRadiomicsLib.models.figures import evidence_of
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase
from GliomaRadiomicsLib.systems.scale_free.fitting import FitSettings, Fitted, fit_rows
from GliomaRadiomicsLib.systems.scale_free.measure import measure, why_not
from GliomaRadiomicsLib.systems.scale_free.model import Row, ScaleFreeModel
from GliomaRadiomicsLib.systems.scale_free.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.scale_free.rows import usable_cases
from GliomaRadiomicsLib.systems.scale_free.target import Target
from GliomaRadiomicsLib.systems.scale_free.trust import trust_of
from GliomaRadiomicsLib.systems.volumetric_grading.model import probability

_MODEL_FILE = "model.json"
SystemT = TypeVar("SystemT", bound="ScaleFreeSystem")


class ScaleFreeSystem:
    """Logistic regression on scale-free quantities, with one set of coefficients without and one with age."""

    target: ClassVar[Target]

    def __init__(self, fitted: Fitted) -> None:
        self.without_age, self.with_age, self.metadata = fitted.without_age, fitted.with_age, fitted.metadata

    @classmethod
    def fit(
        cls: type[SystemT],
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> SystemT:
        """Train on patients with a T1ce, a label map and the outcome; the others are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `fitting.FitSettings`.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: With too few patients of a class, or for an unknown setting.
        """
        settings = FitSettings.from_config(config or {})
        rows, left_out = cls._rows(cases, progress)
        return cls(fit_rows(rows, cls.target, settings, left_out))

    @classmethod
    def load(cls: type[SystemT], folder: str | Path) -> SystemT:
        """The system of a verified bundle.

        Raises:
            RefusedInput: If the bundle is damaged or another system's.
        """
        metadata = load_metadata(folder, system=cls.target.system)
        data = load_json(folder, _MODEL_FILE)
        with_age = None if data["with_age"] is None else ScaleFreeModel.from_dict(data["with_age"])
        return cls(Fitted(ScaleFreeModel.from_dict(data["without_age"]), with_age, metadata))

    @classmethod
    def starter(cls: type[SystemT]) -> SystemT:
        """The model that comes with the product."""
        return cls.load(starter(cls.target.system))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        with_age = None if self.with_age is None else self.with_age.to_dict()
        model = {"without_age": self.without_age.to_dict(), "with_age": with_age}
        files = {_MODEL_FILE: json.dumps(model, indent=1) + "\n"}
        return save_bundle(folder, self.metadata, files=files, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, each with age where it is known.

        Raises:
            RefusedInput: If no case has the outcome and measurable quantities.
        """
        rows, left_out = self._rows(cases, progress)
        if not rows:
            remedy = f"fill the column '{self.target.column}' and give T1ce and label map"
            raise RefusedInput(what="no case can be evaluated", where="cohort", found=left_out, remedy=remedy)
        p = np.array([self.probability(row.measured) for row in rows])
        y = np.array([row.positive for row in rows])
        cohort = f"{len(rows)} given patients, {sum(left_out.values())} left out"
        figures = binary_figures(
            y, p, prefix="test", cohort=cohort, validation="patients given for evaluation", classes=self.target.classes
        )
        table = [
            {"case": row.patient, self.target.column: int(row.positive), "probability": float(value)}
            for row, value in zip(rows, p, strict=True)
        ]
        return Evaluation(figures, table)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """No heat map: the quantities describe the whole tumour's distribution, which has no places."""
        del case
        return {}

    def probability(self, measured: Mapping[str, float]) -> float:
        """Probability of the positive class from measurements and, where known, age."""
        return probability(self._choice(measured)[0].log_odds(measured))

    def judge(self, case: CaseData) -> tuple[float | None, str, Trust, Evidence, list[dict[str, Any]]]:
        """Probability of the positive class, or None and the reason; trust, evidence and contributions."""
        reason = why_not(case)
        if reason:
            auc_id = "cv_age_auc" if self.with_age is not None and case.clinical.age is not None else "cv_auc"
            return None, reason, Trust("no", [reason]), evidence_of(self.metadata, auc_id), []
        measured = measure(case)
        model, auc_id = self._choice(measured)
        p = probability(model.log_odds(measured))
        trust = trust_of(
            measured,
            model.ranges(),
            QUANTITIES,
            p,
            automatic_outline=case.automatic_outline,
            corrected_outline=case.corrected_outline,
        )
        return p, "", trust, self._evidence(auc_id), contributions(model, measured)

    def _evidence(self, auc_id: str) -> Evidence:
        notes = [self.metadata["evidence"].get(f"{auc_id}_note", "")]
        if auc_id == "cv_auc" and self.with_age is not None:
            notes.append(
                "No age was given, so the coefficients without age were used; give it for a better prediction."
            )
        return evidence_of(self.metadata, auc_id, " ".join(note for note in notes if note))

    def _choice(self, measured: Mapping[str, float]) -> tuple[ScaleFreeModel, str]:
        if self.with_age is not None and "age" in measured:
            return self.with_age, "cv_age_auc"
        return self.without_age, "cv_auc"

    @classmethod
    def _rows(cls, cases: Iterable[TrainingCase], progress: Progress | None) -> tuple[list[Row], dict[str, int]]:
        kept, left_out = usable_cases(cases, lambda case: cls.target.outcome(case) is not None, progress)
        return [Row(case.patient, measured, bool(cls.target.outcome(case))) for case, measured in kept], left_out


def contributions(model: ScaleFreeModel, measured: Mapping[str, float]) -> list[dict[str, Any]]:
    """What each quantity adds to the log-odds relative to the training mean, as plain data."""
    return [
        {
            "name": QUANTITIES[key].name,
            "value": QUANTITIES[key].value(measured),
            "unit": QUANTITIES[key].unit,
            "contribution": moved,
        }
        for key, moved in zip(model.keys, model.contributions(measured), strict=True)
    ]
