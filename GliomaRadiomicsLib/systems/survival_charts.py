"""Plain data of the survival drawings: what `reports.survival_figures` draws, plot nodes show and the web page reads.

Every chart is a dictionary with ``kind``, ``title``, ``n`` and ``n_events``, ready for JSON; times are in days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.covariates import Columns
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_table import CoxTable, multivariable_cox
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.log_rank import log_rank
from GliomaRadiomicsLib.statistics.nomogram import Nomogram, make_nomogram
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.survival_auc import survival_auc
from GliomaRadiomicsLib.statistics.survival_calibration import survival_calibration

Chart = dict[str, Any]
YEAR = 365.25
MONTH_DAYS = 30.0
LOW, HIGH = "low risk", "high risk"
LEAST_ON_A_SIDE = 5
"""Patients who died by a year, and who lived past it, for that year to be drawn."""
_DIGITS = 5


def kaplan_meier_chart(
    outcome: Outcome, high_risk: npt.NDArray[np.bool_], title: str, *, by_month: bool = False
) -> Chart:
    """Curves of two risk groups with band, numbers at risk, log-rank p and hazard ratio (None where undefined).

    Args:
        outcome: Follow-up in days.
        high_risk: Shape (n,).
        title: Of the drawing.
        by_month: Keep the curves every 30 days only, without single follow-ups; for what leaves with a bundle.
    """
    ticks = _year_ticks(float(outcome.time.max()))
    groups = [(label, high_risk == flag) for label, flag in ((LOW, False), (HIGH, True))]
    drawn = _monthly_curve if by_month else _curve
    curves = [drawn(outcome.take(rows), label, ticks) for label, rows in groups if rows.any()]
    labels = np.where(high_risk, HIGH, LOW)
    compared = len(curves) == len(groups) and outcome.n_events > 0
    return {
        "kind": "kaplan_meier",
        "title": title,
        "n": outcome.n,
        "n_events": outcome.n_events,
        "curves": curves,
        "ticks_days": ticks,
        "log_rank_p": _p(outcome, labels) if compared else None,
        "hazard_ratio": group_hazard_ratio(outcome, high_risk) if compared else None,
        "band": "95 % pointwise, log-log",
    }


def group_hazard_ratio(outcome: Outcome, high_risk: npt.NDArray[np.bool_]) -> dict[str, float] | None:
    """Hazard ratio of high against low risk with its 95 % interval and p; None where there is no finite one."""
    try:
        row = multivariable_cox(outcome, {HIGH: high_risk.astype(float)}).rows[0]
    except RefusedInput:
        return None
    return {"value": row.hazard_ratio, "lower": row.lower, "upper": row.upper, "p": row.p}


def roc_chart(outcome: Outcome, risk: npt.NDArray[np.float64], years: Sequence[int], title: str) -> Chart | None:
    """Time-dependent ROC curves at the years that have enough patients on both sides; None without any."""
    usable = [year for year in years if enough_at(outcome, year)]
    if not usable or np.ptp(risk) == 0:
        return None
    found = survival_auc(outcome, risk, [year * YEAR for year in usable])
    curves = [
        {
            "year": year,
            "auc": one.auc,
            "ci": one.interval,
            "false_positive_rate": _rounded(one.false_positive_rate),
            "true_positive_rate": _rounded(one.true_positive_rate),
            "n_cases": one.n_cases,
            "n_controls": one.n_controls,
            "n_censored_before": one.n_censored_before,
        }
        for year, one in zip(usable, found, strict=True)
    ]
    return {"kind": "roc", "title": title, "n": outcome.n, "n_events": outcome.n_events, "curves": curves}


def calibration_chart(
    outcome: Outcome, survival: npt.NDArray[np.float64], years: Sequence[int], title: str, n_groups: int = 4
) -> Chart | None:
    """Predicted against observed survival in groups, at the years that have enough patients; None without any.

    Args:
        outcome: Follow-up in days of patients the model has not seen.
        survival: Shape (n, years).
        years: Of the columns of ``survival``.
        title: Of the drawing.
        n_groups: Groups of equal size by the prediction.
    """
    usable = [i for i, year in enumerate(years) if enough_at(outcome, year)]
    if not usable:
        return None
    times = [years[i] * YEAR for i in usable]
    found = survival_calibration(outcome, survival[:, usable], times, n_groups=min(n_groups, outcome.n))
    parts = [
        {
            "year": years[i],
            "groups": [asdict(group) for group in one.groups],
            "slope": one.slope,
            "slope_ci": one.slope_interval,
            "observed_over_expected": one.observed_over_expected,
        }
        for i, one in zip(usable, found, strict=True)
    ]
    return {"kind": "calibration", "title": title, "n": outcome.n, "n_events": outcome.n_events, "times": parts}


def forest_chart(tables: Sequence[CoxTable], words: Mapping[str, str], title: str) -> Chart:
    """Hazard ratios of Cox tables (uni- and multivariable) as rows.

    Args:
        tables: Drawn one under the other.
        words: Names of the covariates as people say them.
        title: Of the drawing.
    """
    rows = [
        {
            "covariate": words.get(row.name, row.name),
            "model": table.kind,
            "hazard_ratio": row.hazard_ratio,
            "lower": row.lower,
            "upper": row.upper,
            "p": row.p,
            "proportional_p": row.proportional_p,
            "n": row.n,
            "n_events": row.n_events,
        }
        for table in tables
        for row in table.rows
    ]
    notes = list(dict.fromkeys(note for table in tables for note in table.notes))
    first = tables[0]
    return {"kind": "forest", "title": title, "n": first.n, "n_events": first.n_events, "rows": rows, "notes": notes}


def importance_chart(
    coefficients: Mapping[str, float], chosen: Mapping[str, int], n_folds: int, counts: tuple[int, int], title: str
) -> Chart:
    """Coefficients of a model, and in how many outer folds each feature was chosen, largest first.

    Args:
        coefficients: Log hazard ratio per standard deviation by feature.
        chosen: Folds by feature.
        n_folds: Outer folds.
        counts: Patients and events.
        title: Of the drawing.
    """
    order = sorted(coefficients, key=lambda name: -abs(coefficients[name]))
    rows = [
        {
            "feature": name,
            "log_hazard_ratio_per_sd": coefficients[name],
            "hazard_ratio_per_sd": float(np.exp(coefficients[name])),
            "chosen_in_folds": chosen.get(name, 0),
            "folds": n_folds,
        }
        for name in order
    ]
    return {"kind": "importance", "title": title, "n": counts[0], "n_events": counts[1], "rows": rows}


def nomogram_chart(nomogram: Nomogram, words: Mapping[str, str], title: str) -> Chart:
    """A nomogram with words for its axes."""
    data = asdict(nomogram)
    names = {axis["term"]["name"]: words.get(axis["term"]["name"], axis["term"]["name"]) for axis in data["axes"]}
    return {"kind": "nomogram", "title": title, **data, "words": names}


def cohort_nomogram(
    outcome: Outcome,
    columns: Columns,
    years: Sequence[int],
    words: Mapping[str, str],
    categories: Mapping[str, str | None] | None = None,
) -> Chart | None:
    """Nomogram of the Cox model of the columns in these patients; None where it cannot be fitted.

    Args:
        outcome: Follow-up in days.
        columns: Covariates by name.
        years: Survival scales to draw, as far as the follow-up allows.
        words: Names of the covariates as people say them.
        categories: Covariates that are categories, with their reference.
    """
    times = [year * YEAR for year in years if outcome.time[outcome.event].min() <= year * YEAR < outcome.time.max()]
    try:
        return nomogram_chart(
            make_nomogram(fit_cox(outcome, columns, categories=categories), columns, times), words, "Nomogram"
        )
    except RefusedInput:
        return None


def enough_at(outcome: Outcome, year: int) -> bool:
    """Whether enough patients died by the year and lived past it."""
    died = int((outcome.event & (outcome.time <= year * YEAR)).sum())
    return min(died, int((outcome.time > year * YEAR).sum())) >= LEAST_ON_A_SIDE


def _curve(outcome: Outcome, label: str, ticks: list[float]) -> dict[str, Any]:
    curve = kaplan_meier(outcome, label=label)
    return {
        "label": label,
        "n": outcome.n,
        "n_events": outcome.n_events,
        "median_days": curve.median,
        "median_ci_days": list(curve.median_interval),
        "days": [0.0, *curve.time],
        "survival": [1.0, *_rounded(curve.survival)],
        "lower": [1.0, *_rounded(curve.lower)],
        "upper": [1.0, *_rounded(curve.upper)],
        "at_risk": [outcome.n, *curve.at_risk],
        "censored": [0, *curve.censored],
        "at_risk_at_ticks": [point.at_risk for point in curve.at(ticks)],
    }


def _monthly_curve(outcome: Outcome, label: str, ticks: list[float]) -> dict[str, Any]:
    """As `_curve` at the end of every month begun; nobody's own follow-up can be told from it."""
    curve = kaplan_meier(outcome, label=label)
    months = np.arange(0.0, float(outcome.time.max()) + 1, MONTH_DAYS).tolist()
    points = [point for point in curve.at(months) if point.survival is not None]
    median, *limits = (_month_end(day) for day in (curve.median, *curve.median_interval))
    return {
        "label": label,
        "n": outcome.n,
        "n_events": outcome.n_events,
        "median_days": median,
        "median_ci_days": limits,
        "days": [point.time for point in points],
        **{key: _rounded([getattr(point, key) for point in points]) for key in ("survival", "lower", "upper")},
        "at_risk": [point.at_risk for point in points],
        "at_risk_at_ticks": [point.at_risk for point in curve.at(ticks)],
    }


def _month_end(day: float | None) -> float | None:
    return None if day is None else float(np.ceil(day / MONTH_DAYS) * MONTH_DAYS)


def _p(outcome: Outcome, labels: npt.NDArray[np.str_]) -> float | None:
    try:
        return log_rank(outcome, labels).p
    except RefusedInput:
        return None


def _year_ticks(longest: float) -> list[float]:
    """Every half, whole, second or fifth year, so that there are at most eight."""
    step = next((s for s in (0.5, 1.0, 2.0, 5.0) if longest / YEAR / s <= 8), 10.0)
    return [float(days) for days in np.arange(0, longest + 1, step * YEAR)]


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]
