"""The system: fit on a cohort, measure, predict with intervals, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.bundle import load_json, load_metadata, save_bundle
from GliomaRadiomicsLib.systems.hgg_survival.deep import Extractor, extractor_for, extractor_of
from GliomaRadiomicsLib.systems.hgg_survival.evaluation import evaluate_patients
from GliomaRadiomicsLib.systems.hgg_survival.fitting import Fitted, fit_patients
from GliomaRadiomicsLib.systems.hgg_survival.measure import feature_names, measure, measured_cases, unusable
from GliomaRadiomicsLib.systems.hgg_survival.metadata import NAME
from GliomaRadiomicsLib.systems.hgg_survival.model import HanModel
from GliomaRadiomicsLib.systems.hgg_survival.report import evidence, survival_result
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase
from GliomaRadiomicsLib.systems.scale_free.trust import outline_reason

_MODEL_FILE = "model.json"


class HggSurvivalSystem:
    """Elastic-Net Cox model of radiomic and deep features of the largest T1ce section (Han et al. 2020)."""

    name = NAME

    def __init__(self, fitted: Fitted, extractor: Extractor | None = None) -> None:
        self.model, self.settings, self.metadata = fitted.model, fitted.settings, fitted.metadata
        self._extractor = extractor

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        *,
        extractor: Extractor | None = None,
    ) -> HggSurvivalSystem:
        """Train on patients with a T1ce, a label map and follow-up; those without follow-up are counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `settings.HanSettings`.
            progress: Told how far it is; may cancel.
            extractor: Of deep features, instead of the one the configuration names.

        Raises:
            RefusedInput: Without ImageNet weights where they are asked for, with too few patients or deaths, for a case
                that cannot be used, or an unknown setting.
        """
        settings = HanSettings.from_config(config or {})
        if extractor is None:
            extractor = extractor_for(settings.deep)
        progress = progress or Progress()
        with progress.step("features", 0.0, 0.5, "measuring the patients") as part:
            patients, without = measured_cases(cases, settings, extractor, part)
        left_out = {"n_left_out_without_outcome": without}
        if settings.leave_out_unusable:
            left_out["n_left_out_not_measurable"] = sum(p.values is None for p in patients)
            patients = [p for p in patients if p.values is not None]
        names, origin = feature_names(settings, extractor), None if extractor is None else extractor.origin
        with progress.step("validation", 0.5, 1.0, "cross-validation") as part:
            return cls(fit_patients(patients, names, settings, origin, left_out, part), extractor)

    @classmethod
    def load(cls, folder: str | Path) -> HggSurvivalSystem:
        """The system of a verified bundle; raises `RefusedInput` if it is damaged or another system's."""
        metadata = load_metadata(folder, system=NAME)
        settings = HanSettings.from_config({**metadata["settings"], "name": metadata["name"]})
        return cls(Fitted(HanModel.from_dict(load_json(folder, _MODEL_FILE)), settings, metadata))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        text = json.dumps(self.model.to_dict(), separators=(",", ":"), allow_nan=False) + "\n"
        return save_bundle(folder, self.metadata, files={_MODEL_FILE: text}, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on a cohort, with the figure set of the paper as plain data (``charts``).

        Training patients are recognised by their outline and image and judged by the score they had when they were
        held out; figures are of new patients where there are any, else of those.

        Raises:
            RefusedInput: If too few patients can be used, none of them died, or the network's weights are missing.
        """
        extractor = self._needed_extractor()
        known = frozenset(self.model.held_out)
        patients, without = measured_cases(cases, self.settings, extractor, progress, known)
        names = feature_names(self.settings, extractor)
        return evaluate_patients(self.model, self.metadata, patients, names, without)

    def predict(self, case: CaseData) -> dict[str, Any]:
        """Survival of one case, as `result.json` has it under ``survival``; abstains with a reason.

        Returns:
            As `systems.survival` gives it: ``status``, ``risk``, ``risk_group``, ``probability`` and ``probability_ci``
            by year, ``median_days`` and its ``ci``, ``curve``, ``kaplan_meier``, ``nomogram``, ``trust``, ``evidence``,
            ``contributions``; and the ``score``.
        """
        reason = unusable(case, self.settings)
        if not reason and self.model.recalibration is None:
            reason = "the scores of training patients held out did not rise with risk, so this model predicts nothing"
        extractor = None
        if not reason:
            try:
                extractor = self._needed_extractor()
            except RefusedInput as error:
                reason = str(error)
        if reason:
            return {"status": "abstained", "reason": reason, "evidence": evidence(self.metadata)}
        found = measure(case, self.settings, extractor)
        values = dict(zip(feature_names(self.settings, extractor), found.tolist(), strict=True))
        return survival_result(
            self.model,
            self.metadata,
            self.settings,
            values,
            outline=outline_reason(corrected=case.corrected_outline) if case.automatic_outline else "",
        )

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """No heat map: the score is of the whole section; `predict` names what moved it (``contributions``)."""
        del case
        return {}

    def _needed_extractor(self) -> Extractor | None:
        """The network, unless no deep feature has a coefficient."""
        without = set(feature_names(self.settings, None))
        if set(self.model.score.names) <= without:
            return None
        if self._extractor is None:
            self._extractor = extractor_of(self.metadata["backbone"])
        return self._extractor
