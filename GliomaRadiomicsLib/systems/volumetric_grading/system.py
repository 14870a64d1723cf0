"""The system: fit on a cohort, measure, predict with reasons, explain, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import region_volumes_ml
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import GradingResult, Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, save_bundle
from GliomaRadiomicsLib.models.figures import evidence_of
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase
from GliomaRadiomicsLib.systems.volumetric_grading.fitting import FitSettings, Fitted, fit_rows
from GliomaRadiomicsLib.systems.volumetric_grading.model import LinearModel, probability
from GliomaRadiomicsLib.systems.volumetric_grading.occlusion import occlusion_map
from GliomaRadiomicsLib.systems.volumetric_grading.outline import Errors
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.volumetric_grading.trust import trust_of
from GliomaRadiomicsLib.systems.volumetric_grading.validation import TrainingRow, trivial_rule

NAME = "volumetric_grading"
_MODEL_FILE = "model.json"


class VolumetricGrading:
    """Logistic regression on region volumes, with one set of coefficients without and one with age."""

    name = NAME

    def __init__(self, fitted: Fitted, outline_errors: Errors = ()) -> None:
        self.without_age, self.with_age, self.metadata = fitted.without_age, fitted.with_age, fitted.metadata
        self.outline_errors = outline_errors

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> VolumetricGrading:
        """Train on patients with a label map and a grade; those without a grade are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `fitting.FitSettings`.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: With fewer than five patients of a grade, or for an unknown setting.
        """
        settings = FitSettings.from_config(config or {})
        rows, left_out = _rows(cases, progress or Progress())
        return cls(fit_rows(rows, settings, n_left_out=left_out))

    @classmethod
    def load(cls, folder: str | Path) -> VolumetricGrading:
        """The system of a verified bundle.

        Raises:
            RefusedInput: If the bundle is damaged or another system's.
        """
        metadata = load_metadata(folder, system=NAME)
        data = load_json(folder, _MODEL_FILE)
        with_age = None if data["with_age"] is None else LinearModel.from_dict(data["with_age"])
        errors = tuple(tuple(entry) for entry in data.get("outline_errors", ()))
        return cls(Fitted(LinearModel.from_dict(data["without_age"]), with_age, metadata), errors)

    @classmethod
    def starter(cls) -> VolumetricGrading:
        """The model that comes with the product."""
        return cls.load(starter(NAME))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        with_age = None if self.with_age is None else self.with_age.to_dict()
        model = {"without_age": self.without_age.to_dict(), "with_age": with_age, "outline_errors": self.outline_errors}
        files = {_MODEL_FILE: json.dumps(model, indent=1) + "\n"}
        return save_bundle(folder, self.metadata, files=files, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, each with age where it is known, beside the trivial rule on the same patients.

        Raises:
            RefusedInput: If no case has a grade.
        """
        rows, _ = _rows(cases, progress or Progress())
        if not rows:
            raise RefusedInput(what="no case with a grade", where="cohort", remedy="fill the column 'grade'")
        cohort = f"{len(rows)} given patients"
        p = np.array([self.probability(row.measured) for row in rows])
        y = np.array([row.is_hgg for row in rows])
        figures = binary_figures(y, p, prefix="test", cohort=cohort, validation="patients given for evaluation")
        rule, _ = trivial_rule(rows, p, prefix="test", cohort=cohort)
        table = [
            {
                "case": row.patient,
                "is_hgg": int(row.is_hgg),
                "probability_hgg": float(value),
                "et_ml": row.measured["ET"],
            }
            for row, value in zip(rows, p, strict=True)
        ]
        return Evaluation(figures + ([rule] if rule else []), table)

    def predict(self, case: CaseData) -> GradingResult:
        """Grade one case from its label map, and age where it is known.

        Returns:
            The result; ``probability_hgg`` is None, with a reason, where the label map holds no tumour, or no
            enhancing tumour and there is no T1ce to see it on.

        Raises:
            RefusedInput: For a label map with other values than 0, 1, 2 and 4.
        """
        measured = measure(case)
        model, auc_id = self._choice(measured)
        evidence = evidence_of(self.metadata, auc_id, self.metadata["evidence"].get("prediction_note", ""))
        reason = _why_no_grade(case, measured)
        if reason:
            return GradingResult(None, "none", Trust("no", [reason]), evidence, reason=reason)
        p = probability(model.log_odds(measured))
        errors = self.outline_errors if case.automatic_outline else None
        trust = trust_of(
            model,
            measured,
            has_t1ce="t1ce" in case.volumes,
            outline_errors=errors,
            corrected=case.corrected_outline,
        )
        return GradingResult(p, "HGG" if p >= 0.5 else "LGG", trust, evidence, _contributions(model, measured))

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Heat map ``occlusion`` (see `occlusion.occlusion_map`); empty where `predict` gives no grade.

        Raises:
            RefusedInput: As `predict`.
        """
        measured = measure(case)
        if _why_no_grade(case, measured):
            return {}
        model, _ = self._choice(measured)
        return {"occlusion": occlusion_map(model, measured, case.label_map, f"{NAME}-occlusion")}

    def probability(self, measured: Mapping[str, float]) -> float:
        """Probability of WHO grade 4 from volumes in ml and, where known, age."""
        return probability(self._choice(measured)[0].log_odds(measured))

    def _choice(self, measured: Mapping[str, float]) -> tuple[LinearModel, str]:
        if self.with_age is not None and "age" in measured:
            return self.with_age, "cv_age_auc"
        return self.without_age, "cv_auc"


def measure(case: CaseData) -> dict[str, float]:
    """Region volumes in ml and, where known, age of a case.

    Raises:
        RefusedInput: For a label map with other values than 0, 1, 2 and 4.
    """
    label_map = case.label_map
    volumes = region_volumes_ml(label_map.array, label_map.voxel_volume_mm3)
    marked_ml = float(np.count_nonzero(label_map.array)) * label_map.voxel_volume_mm3 / 1000
    if abs(marked_ml - volumes["WT"]) > 1e-6 * max(marked_ml, 1.0):
        found = [int(value) for value in np.unique(label_map.array)]
        remedy = "use 1 for necrotic/non-enhancing core, 2 for oedema, 4 for enhancing tumour"
        raise RefusedInput(what="unknown labels", where=label_map.name or "label map", found=found, remedy=remedy)
    return volumes if case.clinical.age is None else {**volumes, "age": float(case.clinical.age)}


def _why_no_grade(case: CaseData, measured: Mapping[str, float]) -> str:
    if measured["WT"] == 0:
        return "no tumour was found, so there is nothing to grade"
    if measured["ET"] == 0 and "t1ce" not in case.volumes:
        return "without T1ce enhancement, which this grade rests on, cannot be seen; add the T1ce where it exists"
    return ""


def _rows(cases: Iterable[TrainingCase], progress: Progress) -> tuple[list[TrainingRow], int]:
    rows, left_out = [], 0
    for case in _reported(cases, progress):
        if case.is_hgg is None:
            left_out += 1
            continue
        rows.append(TrainingRow(case.patient, measure(case.data), case.is_hgg))
    return rows, left_out


def _reported(cases: Iterable[TrainingCase], progress: Progress) -> Iterator[TrainingCase]:
    total = len(cases) if isinstance(cases, list) else 0
    for number, case in enumerate(cases):
        progress.report(number / total if total else 0.0, f"measuring patient {number + 1}")
        yield case


def _contributions(model: LinearModel, measured: Mapping[str, float]) -> list[dict[str, Any]]:
    return [
        {
            "name": QUANTITIES[key].name,
            "value": QUANTITIES[key].value(measured),
            "unit": QUANTITIES[key].unit,
            "contribution": moved,
        }
        for key, moved in zip(model.keys, model.contributions(measured), strict=True)
    ]
