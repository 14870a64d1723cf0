"""Nested cross-validation of one survival model and the figures it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.concordance import compare_concordance, concordance
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.log_rank import log_rank
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import Model
from GliomaRadiomicsLib.statistics.survival_calibration import survival_calibration

Array = npt.NDArray[np.float64]
YEAR = 365.25
YEARS = (1, 3, 5)
N_SPLITS = 5
GRID_DAYS = 30.0
GROUPS = ("low risk", "high risk")


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions for patients held out, averaged over the repeats.

    Attributes:
        risk: Shape (n,), log hazard ratio.
        survival: Shape (n, times within follow-up).
        high_risk: Shape (n,), above the training median in most repeats.
        years: The times, in years.
    """

    risk: Array
    survival: Array
    high_risk: npt.NDArray[np.bool_]
    years: tuple[int, ...]


class FittedRisk(Protocol):
    """A fitted survival model."""

    def risk(self, table: FeatureTable) -> Array:
        """Log hazard ratio of each row, shape (n,)."""

    def survival(self, table: FeatureTable, times: Sequence[float]) -> Array:
        """Survival at each time, shape (n, times)."""


def hold_out(settings: Model[FittedRisk], table: FeatureTable, outcome: Outcome, n_repeats: int) -> HeldOut:
    """Everything is fitted anew in every fold; patients are the unit.

    Raises:
        RefusedInput: If a fold cannot be fitted.
    """
    years = tuple(year for year in YEARS if (outcome.time > year * YEAR).sum() >= N_SPLITS)
    risks, survivals, highs = [], [], []
    for seed in range(n_repeats):
        found = nested_validation(settings, table, outcome, n_splits=N_SPLITS, seed=seed)
        survival = np.empty((table.n, len(years)))
        for index in range(N_SPLITS):
            own = found.fold == index
            fitted = settings.fit(table.take(~own), outcome.take(~own))
            last = float(outcome.time[~own].max())
            survival[own] = fitted.survival(table.take(own), [min(year * YEAR, last) for year in years])
        risks.append(found.risk)
        survivals.append(survival)
        highs.append(found.high_risk)
    high = np.mean(highs, axis=0) >= 0.5  # noqa: PLR2004 - the majority of the repeats
    return HeldOut(np.mean(risks, axis=0), np.mean(survivals, axis=0), high, years)


def figures_of(
    outcome: Outcome,
    risk: Array,
    survival: Array,
    years: Sequence[int],
    *,
    prefix: str,
    cohort: str,
    validation: str,
) -> list[Figure]:
    """C-index with interval; calibration slope and observed over expected deaths at each year."""
    n, deaths = outcome.n, f"{outcome.n_events} deaths"
    index = concordance(outcome, risk)
    figures = [
        Figure(f"{prefix}_c", "C-index", index.concordance, n, cohort, validation, index.interval,
               f"{deaths}; interval: bootstrap over patients")
    ]  # fmt: skip
    usable = [i for i, year in enumerate(years) if (outcome.event & (outcome.time <= year * YEAR)).sum() >= N_SPLITS]
    for i in usable:
        (found,) = survival_calibration(outcome, survival[:, [i]], [years[i] * YEAR])
        words = f"at {years[i]} year{'s' if years[i] > 1 else ''}"
        if found.slope is not None:
            figures.append(Figure(f"{prefix}_slope_{years[i]}y", f"Calibration slope {words}", found.slope, n, cohort,
                                  validation, found.slope_interval, "1 is ideal"))  # fmt: skip
        figures.append(Figure(f"{prefix}_oe_{years[i]}y", f"Observed over expected deaths {words}",
                              found.observed_over_expected, n, cohort, validation, None, "1 is ideal"))  # fmt: skip
    return figures


def against_clinical(outcome: Outcome, both: Array, clinical: Array, *, prefix: str, cohort: str) -> Figure:
    """C-index of the clinical items alone on the same patients, with the paired comparison."""
    found = compare_concordance(outcome, both, clinical)
    index = concordance(outcome, clinical)
    note = (
        f"imaging added {found.difference:+.3f} ({found.interval[0]:+.3f} to {found.interval[1]:+.3f}), "
        f"p = {found.p:.2g}, bootstrap, paired"
    )
    return Figure(f"{prefix}_clinical_c", "C-index of the clinical items alone", index.concordance, outcome.n, cohort,
                  "the same nested cross-validation", index.interval, note)  # fmt: skip


def group_curves(outcome: Outcome, high_risk: npt.NDArray[np.bool_]) -> dict[str, object]:
    """Kaplan-Meier curves of patients held out, by risk group, on a grid of `GRID_DAYS`, as plain data."""
    longest = min(float(outcome.time.max()), (YEARS[-1] + 0.5) * YEAR)
    grid = np.arange(0.0, longest + 1, GRID_DAYS)
    labels = [GROUPS[int(flag)] for flag in high_risk]
    curves = []
    for position, label in enumerate(GROUPS):
        rows = high_risk == bool(position)
        if not rows.any():
            continue
        own = outcome.take(rows)
        curve = kaplan_meier(own, label=label)
        points = [point for point in curve.at(grid.tolist()) if point.survival is not None]
        curves.append(
            {
                "label": label,
                "n": own.n,
                "n_events": own.n_events,
                "median_days": curve.median,
                "days": [point.time for point in points],
                "survival": [round(point.survival or 0.0, 4) for point in points],
                "lower": [round(point.lower or 0.0, 4) for point in points],
                "upper": [round(point.upper or 0.0, 4) for point in points],
                "at_risk": [point.at_risk for point in points],
            }
        )
    p = log_rank(outcome, labels).p if len(curves) == len(GROUPS) else None
    return {"curves": curves, "log_rank_p": p, "band": "95 % pointwise, log-log"}
