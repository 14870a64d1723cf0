"""The system: fit on a cohort, measure, predict with intervals, explain, save and load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.systems.lgg_survival import storage
from GliomaRadiomicsLib.systems.lgg_survival.clinical import SIGNATURE
from GliomaRadiomicsLib.systems.lgg_survival.explanation import heat_map
from GliomaRadiomicsLib.systems.lgg_survival.fitting import CoxPart, Fitted, fit_rows
from GliomaRadiomicsLib.systems.lgg_survival.metadata import NAME
from GliomaRadiomicsLib.systems.lgg_survival.report import abstained, survival_result
from GliomaRadiomicsLib.systems.lgg_survival.rows import (
    HIGH_GRADE,
    Measured,
    Row,
    measure,
    only,
    outcome_of,
    read_rows,
)
from GliomaRadiomicsLib.systems.lgg_survival.section import why_not
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase
from GliomaRadiomicsLib.systems.survival.validation import YEAR, YEARS, figures_of
from GliomaRadiomicsLib.systems.survival_charts import calibration_chart, kaplan_meier_chart

LEAST_EVALUATED = 5


class LggSurvivalSystem:
    """Deep-radiomics signature and nomograms of Jinling Hospital 2023 for WHO grades 2 and 3."""

    name = NAME

    def __init__(self, fitted: Fitted) -> None:
        self.fitted, self.metadata = fitted, fitted.metadata

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> LggSurvivalSystem:
        """Train on patients of WHO grade 2 and 3 with follow-up, and measure; the others are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `settings.LggSettings`.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: For an unknown setting, too few deaths, too short a follow-up, or a backbone whose weights
                are not installed.
        """
        settings = LggSettings.from_config(config or {})
        rows, left_out = read_rows(cases, settings, progress)
        return cls(fit_rows(rows, settings, left_out, progress))

    @classmethod
    def load(cls, folder: str | Path) -> LggSurvivalSystem:
        """The system of a verified bundle; raises `RefusedInput` as `storage.load`."""
        return cls(storage.load(folder))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.fitted, folder, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, each with the model of what is known of them.

        Raises:
            RefusedInput: If fewer than `LEAST_EVALUATED` patients can be used, or none of them died.
        """
        rows, left_out = read_rows(cases, self.fitted.settings, progress)
        usable = [row for row in rows if not self._why_no_score(row.measured)]
        if len(usable) < LEAST_EVALUATED:
            raise RefusedInput(
                what="too few cases can be evaluated", where="cohort", found=len(usable),
                remedy="fill os_days, event and grade, and give the sequences and label maps",
            )  # fmt: skip
        cohort = f"{len(usable)} given patients, {sum(left_out.values()) + len(rows) - len(usable)} left out"
        return self._measured(usable, cohort)

    def predict(self, case: CaseData) -> dict[str, Any]:
        """Survival of one case, as `result.json` has it under ``survival``; abstains with a reason."""
        settings = self.fitted.settings
        data = only(case, settings.sequences)
        reason = why_not(data, settings.sequences)
        if case.clinical.grade == HIGH_GRADE:
            reason = "the tissue is WHO grade 4; this model knows grades 2 and 3 only"
        if reason:
            return abstained(self.metadata, reason)
        measured = measure(data, settings)
        reason = self._why_no_score(measured)
        if reason:
            return abstained(self.metadata, reason)
        name, part, covariates = self._model_of(measured)
        return survival_result(self.fitted, name, part, covariates, case)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Where in the section the deep part of the signature comes from; nothing where no deep feature is used."""
        settings = self.fitted.settings
        data = only(case, settings.sequences)
        if why_not(data, settings.sequences):
            return {}
        found = heat_map(self.fitted.signature, measure(data, settings), case.label_map)
        return {} if found is None else {"activation": found}

    def _why_no_score(self, measured: Measured) -> str:
        unknown = [
            name
            for name in self.fitted.signature.radiomic
            if not np.isfinite(measured.entries.get(name, np.nan)) and name in self.fitted.signature.signature.names
        ]
        return f"the feature {unknown[0]} cannot be measured on this tumour" if unknown else ""

    def _score(self, measured: Measured) -> float:
        signature = self.fitted.signature
        values = np.array([[measured.entries.get(name, np.nan) for name in signature.radiomic]])
        return float(signature.scores(values, [measured.image])[0])

    def _model_of(self, measured: Measured) -> tuple[str, CoxPart, dict[str, float]]:
        """The integrated model where everything it needs is known, else that of the signature alone."""
        covariates = {SIGNATURE: self._score(measured), **self.fitted.coding.columns(measured.items)}
        integrated = self.fitted.models.get("integrated")
        if integrated is not None and all(term.name in covariates for term in integrated.cox.terms):
            return "integrated", integrated, covariates
        return "signature", self.fitted.models["signature"], covariates

    def _measured(self, rows: Sequence[Row], cohort: str) -> Evaluation:
        outcome = outcome_of(rows)
        outcome.require_events(1, "an evaluation of survival")
        chosen = [self._model_of(row.measured) for row in rows]
        columns = [{term.name: [values[term.name]] for term in part.cox.terms} for _, part, values in chosen]
        risk = np.array([p.cox.linear_predictor(c)[0] for (_, p, _), c in zip(chosen, columns, strict=True)])
        high = np.array([r > part.median_risk for r, (_, part, _) in zip(risk, chosen, strict=True)])
        last = min(part.cox.baseline.last_time for _, part, _ in chosen)
        years = [y for y in YEARS if outcome.time[outcome.event].min() <= y * YEAR < min(last, outcome.time.max())]
        times = [year * YEAR for year in years]
        survival = np.array([survival_matrix(p.cox, c, times)[0] for (_, p, _), c in zip(chosen, columns, strict=True)])
        figures = figures_of(outcome, risk, survival, years, prefix="test", cohort=cohort,
                             validation="patients given for evaluation")  # fmt: skip
        predictions = [
            {"case": row.patient, "os_days": row.os_days, "event": int(row.event), "model": name, "risk": float(r),
             "signature": values[SIGNATURE], **{f"survival_{y}y": float(v) for y, v in zip(years, s, strict=True)}}
            for row, (name, _, values), r, s in zip(rows, chosen, risk, survival, strict=True)
        ]  # fmt: skip
        charts = {
            "kaplan_meier": kaplan_meier_chart(outcome, high, "Risk groups of the given patients"),
            "calibration": calibration_chart(outcome, survival, years, "Calibration on the given patients"),
            **{name: chart for name, chart in self.fitted.charts.items() if chart["kind"] == "nomogram"},
        }
        return Evaluation(figures, predictions, {name: chart for name, chart in charts.items() if chart is not None})
