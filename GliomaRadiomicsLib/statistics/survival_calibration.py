"""Calibration of predicted survival at given times: predicted against observed in groups, overall ratio and slope.

Source: D'Agostino & Nam 2003 (groups); van Houwelingen 2000, Stat Med 19:3401 (slope on the log cumulative hazard);
Crowson et al. 2016, Stat Methods Med Res 25:1692 (observed over expected).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.censoring import checked_horizons
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.survival_brier import checked_survival

Array = npt.NDArray[np.float64]
_EDGE = 1e-9


@dataclass(frozen=True)
class CalibrationGroup:
    """Patients with similar predictions.

    Attributes:
        n: Patients.
        n_events: Deaths up to the time.
        predicted: Mean predicted survival.
        observed: Kaplan-Meier survival; None if nobody of the group is followed that long.
        lower: Lower limit of the observed.
        upper: Upper limit.
    """

    n: int
    n_events: int
    predicted: float
    observed: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class SurvivalCalibration:
    """Calibration at one time.

    Attributes:
        time: The time.
        groups: From lowest to highest predicted survival; equal predictions stay together.
        observed_over_expected: Observed over mean predicted risk; above 1 means risks are predicted too low.
        slope: Of the log cumulative hazard on its prediction, follow-up cut at the time; 1 is ideal, below 1 means too
            extreme. None if all predictions are equal, or order the patients perfectly: then there is no finite one.
        slope_interval: Its limits.
        level: Coverage of all limits.
        n: Patients used.
        n_events: Deaths up to the time.
    """

    time: float
    groups: tuple[CalibrationGroup, ...]
    observed_over_expected: float
    slope: float | None
    slope_interval: tuple[float, float] | None
    level: float
    n: int
    n_events: int


def survival_calibration(
    outcome: Outcome, survival: npt.ArrayLike, times: npt.ArrayLike, *, n_groups: int = 5, level: float = 0.95
) -> tuple[SurvivalCalibration, ...]:
    """Calibration at each time.

    Args:
        outcome: Follow-up of n patients that the model has not seen.
        survival: Shape (n, m), predicted probability of living past each time.
        times: Shape (m,), ascending, within the follow-up.
        n_groups: Groups by quantiles of the prediction.
        level: Coverage of the limits.

    Raises:
        RefusedInput: As `survival_brier`; if there are fewer patients than groups.
    """
    horizons = checked_horizons(outcome, times)
    predicted = checked_survival(outcome, survival, horizons, times)
    if not 1 <= n_groups <= outcome.n:
        raise RefusedInput(
            what="the number of groups must be from 1 to the number of patients",
            where="n_groups",
            found=f"{n_groups} groups for {outcome.n} patients",
            remedy="about 20 events per group give readable limits",
        )
    return tuple(
        _at(outcome, column, float(time), n_groups, level) for time, column in zip(horizons, predicted.T, strict=True)
    )


def _at(outcome: Outcome, predicted: Array, time: float, n_groups: int, level: float) -> SurvivalCalibration:
    inner = np.quantile(predicted, np.arange(1, n_groups) / n_groups)
    member = np.searchsorted(np.unique(inner), predicted, side="left")
    slope, interval = _slope(outcome, predicted, time, level)
    observed = _observed(outcome, time, level)[0]
    return SurvivalCalibration(
        time=time,
        groups=tuple(_group(outcome, predicted, member == i, time, level) for i in np.unique(member)),
        observed_over_expected=float((1 - (observed or 0.0)) / max(1 - predicted.mean(), _EDGE)),
        slope=slope,
        slope_interval=interval,
        level=level,
        n=outcome.n,
        n_events=int((outcome.event & (outcome.time <= time)).sum()),
    )


def _group(
    outcome: Outcome, predicted: Array, rows: npt.NDArray[np.bool_], time: float, level: float
) -> CalibrationGroup:
    own = outcome.take(rows)
    n_events = int((own.event & (own.time <= time)).sum())
    return CalibrationGroup(own.n, n_events, float(predicted[rows].mean()), *_observed(own, time, level))


def _observed(outcome: Outcome, time: float, level: float) -> tuple[float | None, float | None, float | None]:
    at = kaplan_meier(outcome, level=level).at([time])[0]
    return at.survival, at.lower, at.upper


def _slope(
    outcome: Outcome, predicted: Array, time: float, level: float
) -> tuple[float | None, tuple[float, float] | None]:
    """Cox coefficient of the predicted log cumulative hazard, follow-up cut at ``time``."""
    hazard = np.log(-np.log(np.clip(predicted, _EDGE, 1 - _EDGE)))
    cut = Outcome(np.minimum(outcome.time, time), outcome.event & (outcome.time <= time))
    if np.ptp(hazard) < 1e-9 or cut.n_events < 2:
        return None, None
    try:
        model = fit_cox(cut, {"predicted log cumulative hazard": hazard})
    except RefusedInput:
        return None, None
    half = float(stats.norm.ppf(0.5 + level / 2)) * model.covariance[0][0] ** 0.5
    return model.coefficients[0], (model.coefficients[0] - half, model.coefficients[0] + half)
