"""What a Cox model predicts for a patient: survival at given times and median, each with an interval.

Source: Tsiatis 1981, Ann Stat 9:93; Link 1984, Biometrics 40:601 (variance of the predicted survival).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.covariates import Columns
from GliomaRadiomicsLib.statistics.cox import CoxModel

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalPrediction:
    """Predicted survival of one patient.

    Attributes:
        linear_predictor: Log hazard ratio against the cohort's mean.
        relative_hazard: Its exponential.
        times: Times asked for.
        survival: Probability of living longer than each time; None beyond the cohort's follow-up.
        lower: Lower limits.
        upper: Upper limits.
        median: First time at which survival is at most one half; None if not reached.
        median_interval: Where the limits cross one half; None for a limit that does not.
        level: Coverage of the limits, symmetric on the log-log scale.
    """

    linear_predictor: float
    relative_hazard: float
    times: tuple[float, ...]
    survival: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    median: float | None
    median_interval: tuple[float | None, float | None]
    level: float


def predict_survival(
    model: CoxModel, columns: Columns, times: Sequence[float], *, level: float = 0.95
) -> tuple[SurvivalPrediction, ...]:
    """Predict each patient of ``columns`` (one value per patient in every column).

    Raises:
        RefusedInput: If a column is missing, has gaps or text, or a time is negative.
    """
    if any(not time >= 0 for time in times):
        raise RefusedInput(what="a time is negative or missing", where="times", found=list(times))
    return tuple(_predict(model, row, tuple(float(time) for time in times), level) for row in model.centred(columns))


def survival_matrix(model: CoxModel, columns: Columns, times: Sequence[float]) -> Array:
    """Predicted survival, shape (patients, times), as the Brier score and calibration take it.

    Raises:
        RefusedInput: As `predict_survival`; if a time lies beyond the cohort's follow-up.
    """
    late = [time for time in times if time > model.baseline.last_time]
    if late:
        raise RefusedInput(
            what="a time lies beyond the follow-up the model was fitted on",
            where="times",
            found=late,
            remedy=f"ask for times up to {model.baseline.last_time:g}",
        )
    hazard = np.append(0.0, model.baseline.cumulative_hazard)
    at = np.searchsorted(model.baseline.time, np.asarray(times, np.float64), side="right")
    return np.exp(-np.exp(model.linear_predictor(columns))[:, None] * hazard[at])


def _predict(model: CoxModel, centred: Array, times: tuple[float, ...], level: float) -> SurvivalPrediction:
    predictor = float(centred @ np.array(model.coefficients))
    curves = _curves(model, centred, predictor, level)
    index = np.searchsorted(model.baseline.time, times, side="right") - 1
    reachable = np.asarray(times) <= model.baseline.last_time
    at = [
        tuple(None if not ok else (1.0 if i < 0 else float(curve[i])) for i, ok in zip(index, reachable, strict=True))
        for curve in curves
    ]
    median, *limits = (_median(model.baseline.time, curve) for curve in curves)
    return SurvivalPrediction(
        linear_predictor=predictor,
        relative_hazard=float(np.exp(predictor)),
        times=times,
        survival=at[0],
        lower=at[1],
        upper=at[2],
        median=median,
        median_interval=(limits[0], limits[1]),
        level=level,
    )


def _curves(model: CoxModel, centred: Array, predictor: float, level: float) -> tuple[Array, Array, Array]:
    """Survival, lower and upper limit at each event time of the baseline."""
    hazard = np.array(model.baseline.cumulative_hazard)
    lever = hazard[:, None] * centred - np.array(model.baseline.drift)
    from_coefficients = np.einsum("kp,pq,kq->k", lever, np.array(model.covariance), lever)
    error = np.sqrt(np.array(model.baseline.variance) + from_coefficients) / hazard
    z = float(stats.norm.ppf(0.5 + level / 2))
    own = hazard * np.exp(predictor)
    return np.exp(-own), np.exp(-own * np.exp(z * error)), np.exp(-own * np.exp(-z * error))


def _median(time: tuple[float, ...], curve: Array) -> float | None:
    reached = np.flatnonzero(curve <= 0.5)
    return float(time[reached[0]]) if reached.size else None
