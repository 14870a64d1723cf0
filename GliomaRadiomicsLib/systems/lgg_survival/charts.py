"""The drawings of the paper as plain data: curves of the risk groups, hazard ratios, both nomograms, calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems.lgg_survival.nomogram import FittedNomogram
from GliomaRadiomicsLib.systems.survival.validation import HeldOut
from GliomaRadiomicsLib.systems.survival_charts import (
    YEAR,
    Chart,
    calibration_chart,
    forest_chart,
    kaplan_meier_chart,
    nomogram_chart,
)

YEARS = (1, 3, 5)


def training_charts(
    outcome: Outcome, fitted: Mapping[str, FittedNomogram], held_out: Mapping[str, HeldOut], words: Mapping[str, str]
) -> dict[str, Chart]:
    """Charts by file name; those that the cohort does not allow are absent.

    Args:
        outcome: Follow-up of the training patients in days.
        fitted: The models "signature", "clinical" and "integrated".
        held_out: Their predictions for patients held out.
        words: Names of the covariates as people say them.
    """
    high = held_out["signature"].high_risk
    charts: dict[str, Chart | None] = {
        "kaplan_meier": kaplan_meier_chart(
            outcome, high, "Risk groups by the signature, patients held out", by_month=True
        )
    }
    for name in ("clinical", "integrated"):
        found = held_out[name]
        title = f"Calibration of the {name} nomogram, patients held out"
        charts[f"calibration_{name}"] = calibration_chart(outcome, found.survival, found.years, title)
        charts[f"nomogram_{name}"] = _nomogram(fitted[name], words, f"{name.capitalize()} nomogram")
        tables = fitted[name].selection.tables
        charts[f"forest_{name}"] = forest_chart(tables, words, f"Hazard ratios, {name} model") if tables else None
    return {name: chart for name, chart in charts.items() if chart is not None}


def _nomogram(fitted: FittedNomogram, words: Mapping[str, str], title: str) -> Chart | None:
    cox = fitted.cox
    if cox is None:
        return None
    columns: dict[str, Any] = {term.name: fitted.columns[term.name] for term in cox.terms}
    times = [year * YEAR for year in YEARS if cox.baseline.time[0] <= year * YEAR < cox.baseline.last_time]
    try:
        return nomogram_chart(make_nomogram(cox, columns, times), words, title) if times else None
    except RefusedInput:
        return None
