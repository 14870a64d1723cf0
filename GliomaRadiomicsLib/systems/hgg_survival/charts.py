"""The figure set of an evaluation as plain data: the paper's Kaplan-Meier figure and what belongs beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.covariates import Columns
from GliomaRadiomicsLib.statistics.cox_table import CoxTable, multivariable_cox, univariable_cox
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.hgg_survival.measure import Measured
from GliomaRadiomicsLib.systems.hgg_survival.model import SCORE, HanModel
from GliomaRadiomicsLib.systems.hgg_survival.validation import YEARS, Judged
from GliomaRadiomicsLib.systems.survival_charts import (
    Chart,
    calibration_chart,
    cohort_nomogram,
    forest_chart,
    importance_chart,
    kaplan_meier_chart,
    roc_chart,
)

WORDS = {SCORE: "Imaging score (per SD)", "age": "Age (per year)", "sex=M": "Male (against female)", "sex": "Sex"}


def chart_set(
    judged: Judged, patients: Sequence[Measured], model: HanModel, counts: tuple[int, int], who: str
) -> dict[str, Chart]:
    """Charts by file name; those that the cohort does not allow are absent.

    Args:
        judged: Scores and survival.
        patients: The same patients, for age and sex.
        model: For its coefficients.
        counts: Training patients and deaths.
        who: Whose scores these are, in words.
    """
    outcome = judged.outcome
    title = f"Coefficients of the model; {model.n_folds} outer folds"
    weights = dict(zip(model.score.names, model.score.coefficients, strict=True))
    charts: dict[str, Chart | None] = {
        "kaplan_meier": kaplan_meier_chart(outcome, judged.high, f"Risk groups, {who}"),
        "roc": roc_chart(outcome, judged.risk, YEARS, f"ROC of the score, {who}"),
        "calibration": None,
        "importance": importance_chart(weights, model.chosen, model.n_folds, counts, title) if weights else None,
        **_cox_charts(outcome, judged, patients, who),
    }
    if judged.years:
        charts["calibration"] = calibration_chart(outcome, judged.survival, judged.years, f"Calibration, {who}")
    return {name: chart for name, chart in charts.items() if chart is not None}


def _cox_charts(outcome: Outcome, judged: Judged, patients: Sequence[Measured], who: str) -> dict[str, Chart | None]:
    """Forest plot and nomogram of the score with what is known of all these patients."""
    columns, categories = _covariates(judged, patients)
    tables: list[CoxTable] = []
    try:
        tables.append(univariable_cox(outcome, columns, categories=categories))
        if len(columns) > 1:
            tables.append(multivariable_cox(outcome, columns, categories=categories))
    except RefusedInput:
        if not tables:
            return {}
    nomogram = cohort_nomogram(outcome, columns, YEARS, WORDS, categories)
    return {"forest": forest_chart(tables, WORDS, f"Hazard ratios, {who}"), "nomogram": nomogram}


def _covariates(judged: Judged, patients: Sequence[Measured]) -> tuple[Columns, dict[str, str | None]]:
    columns: dict[str, np.ndarray] = {}
    categories: dict[str, str | None] = {}
    spread = float(judged.risk.std())
    if spread > 0:
        columns[SCORE] = (judged.risk - judged.risk.mean()) / spread
    ages, sexes = ([getattr(p.clinical, item) for p in patients] for item in ("age", "sex"))
    if None not in ages and len(set(ages)) > 1:
        columns["age"] = np.array(ages, dtype=np.float64)
    if None not in sexes and len(set(sexes)) > 1:
        columns["sex"], categories["sex"] = np.array(sexes), "F"
    return columns, categories
