"""Measuring a fitted model on a cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.systems.hgg_survival.charts import chart_set
from GliomaRadiomicsLib.systems.hgg_survival.measure import Measured, outcome_of
from GliomaRadiomicsLib.systems.hgg_survival.model import SCORE, HanModel
from GliomaRadiomicsLib.systems.hgg_survival.validation import YEARS, Judged, measured_figures
from GliomaRadiomicsLib.systems.protocol import Evaluation
from GliomaRadiomicsLib.systems.survival_charts import YEAR

LEAST_EVALUATED = 5


def evaluate_patients(
    model: HanModel, metadata: Mapping[str, Any], patients: Sequence[Measured], names: tuple[str, ...], without: int
) -> Evaluation:
    """Figures, one row per patient with follow-up, and charts.

    Args:
        model: The model.
        metadata: Of its bundle.
        patients: With follow-up; those of the training cohort need no features.
        names: Of the features.
        without: Patients without follow-up, counted only.

    Raises:
        RefusedInput: If fewer than `LEAST_EVALUATED` patients can be used, or none of them died.
    """
    seen = [p for p in patients if p.mark in model.held_out]
    new = [p for p in patients if p.values is not None]
    unusable = len(patients) - len(seen) - len(new)
    use_new = bool(new)
    chosen = new if use_new else seen
    if len(chosen) < LEAST_EVALUATED:
        raise RefusedInput(
            what="too few cases can be evaluated",
            where="cohort",
            found=f"{len(chosen)}; {without} have no follow-up, {unusable} cannot be measured"
            + (f", {len(seen)} were trained on" if use_new else ""),
            remedy="fill os_days and event and give T1ce and label map",
        )
    judged = _new(model, new, names) if use_new else _held_out(model, seen)
    judged.outcome.require_events(1, "an evaluation")
    prefix, who = ("test", "patients not trained on") if use_new else ("held_out", "patients held out in training")
    cohort = (
        f"{len(chosen)} {who}, {judged.outcome.n_events} deaths; not counted: {without} without follow-up, "
        f"{unusable} not measurable" + (f", {len(seen)} trained on" if use_new else "")
    )
    validation = "patients given for evaluation" if use_new else metadata["evidence"]["figures"][0]["validation"]
    figures = measured_figures(judged, prefix=prefix, cohort=cohort, validation=validation)
    counts = metadata["training"]["n"], metadata["training"]["n_deaths"]
    charts = chart_set(judged, chosen, model, counts, who)
    return Evaluation(figures, _rows(patients, chosen, judged, model), charts)


def _new(model: HanModel, patients: Sequence[Measured], names: tuple[str, ...]) -> Judged:
    rows = [dict(zip(names, p.values.tolist(), strict=True)) for p in patients if p.values is not None]
    risk, outcome = np.array([model.score.value(row) for row in rows]), outcome_of(patients)
    years: tuple[int, ...] = ()
    if model.recalibration is not None:
        last = min(model.recalibration.baseline.last_time, float(outcome.time.max()))
        first = float(outcome.time[outcome.event].min()) if outcome.n_events else np.inf
        years = tuple(year for year in YEARS if first <= year * YEAR < last)
    survival = np.empty((outcome.n, 0))
    if years and model.recalibration is not None:
        survival = survival_matrix(model.recalibration, {SCORE: risk}, [year * YEAR for year in years])
    return Judged(outcome, risk, risk > model.score.median, survival, years)


def _held_out(model: HanModel, patients: Sequence[Measured]) -> Judged:
    stored = [model.held_out[p.mark] for p in patients]
    survival = np.array([one["survival"] for one in stored], dtype=np.float64).reshape(len(stored), len(model.years))
    risk = np.array([one["risk"] for one in stored], dtype=np.float64)
    high = np.array([one["high"] for one in stored], dtype=bool)
    return Judged(outcome_of(patients), risk, high, survival, model.years)


def _rows(
    patients: Sequence[Measured], chosen: Sequence[Measured], judged: Judged, model: HanModel
) -> list[dict[str, Any]]:
    """One row per patient with follow-up; empty where it took no part, with the reason."""
    place = {p.patient: i for i, p in enumerate(chosen)}
    rows = []
    for p in patients:
        i, trained = place.get(p.patient), p.mark in model.held_out
        survival = [""] * len(judged.years) if i is None else judged.survival[i].tolist()
        rows.append(
            {
                "case": p.patient,
                "os_days": p.os_days,
                "event": int(p.event),
                "trained_on": int(trained),
                "score": "" if i is None else float(judged.risk[i]),
                "risk_group": "" if i is None else ("high" if judged.high[i] else "low"),
                **{f"survival_{year}y": value for year, value in zip(judged.years, survival, strict=True)},
                "reason": p.reason or ("trained on" if trained and i is None else ""),
            }
        )
    return rows
