"""Brier score of predicted survival at given times and integrated over them, censoring weighted away (IPCW).

Source: Graf et al. 1999, Stat Med 18:2529; Gerds & Schumacher 2006, Biom J 48:1029; Kattan & Gerds 2018 (scaled score).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.censoring import CensoringDistribution, checked_horizons
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.outcome import Outcome

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalBrier:
    """Brier scores; 0 is perfect, .25 is tossing a coin.

    Attributes:
        times: Times, ascending.
        score: Score at each.
        null_score: Score of the cohort's own Kaplan-Meier curve as everybody's prediction.
        scaled: 1 minus score over null score; above 0 means better than no model.
        integrated: Mean score over the span of the times (trapezoid); None for one time.
        null_integrated: The same of the Kaplan-Meier curve.
        n: Patients used.
        n_events: Events used.
    """

    times: tuple[float, ...]
    score: tuple[float, ...]
    null_score: tuple[float, ...]
    scaled: tuple[float, ...]
    integrated: float | None
    null_integrated: float | None
    n: int
    n_events: int


def survival_brier(outcome: Outcome, survival: npt.ArrayLike, times: npt.ArrayLike) -> SurvivalBrier:
    """Score predictions of patients that the model has not seen.

    Args:
        outcome: Follow-up of n patients.
        survival: Shape (n, m), predicted probability of living past each time.
        times: Shape (m,), ascending, from the first event to below the longest follow-up.

    Raises:
        RefusedInput: If shapes differ, a probability is missing or outside 0 to 1, or a time outside the follow-up.
    """
    horizons = checked_horizons(outcome, times)
    predicted = checked_survival(outcome, survival, horizons, times)
    curve = kaplan_meier(outcome)
    null = np.append(1.0, curve.survival)[np.searchsorted(curve.time, horizons, side="right")]
    score = _scores(outcome, predicted, horizons)
    null_score = _scores(outcome, np.broadcast_to(null, predicted.shape), horizons)
    return SurvivalBrier(
        times=tuple(horizons.tolist()),
        score=tuple(score.tolist()),
        null_score=tuple(null_score.tolist()),
        scaled=tuple((1 - score / null_score).tolist()),
        integrated=_mean_over(horizons, score),
        null_integrated=_mean_over(horizons, null_score),
        n=outcome.n,
        n_events=outcome.n_events,
    )


def checked_survival(outcome: Outcome, survival: npt.ArrayLike, horizons: Array, times: npt.ArrayLike) -> Array:
    """Predicted survival as float64 of shape (n, m), one column per time in ascending order.

    Raises:
        RefusedInput: As `survival_brier`.
    """
    predicted = np.asarray(survival, dtype=np.float64)
    if predicted.ndim == 1:
        predicted = predicted[:, None]
    if predicted.shape != (outcome.n, horizons.size) or not np.array_equal(np.atleast_1d(times), horizons):
        raise RefusedInput(
            what=f"predictions for {outcome.n} patients at {horizons.size} ascending, distinct times are needed",
            where="survival",
            found=f"shape {predicted.shape}, times {np.atleast_1d(times).tolist()}",
            remedy="one row per patient and one column per time",
        )
    if not ((predicted >= 0) & (predicted <= 1)).all():
        bad = np.argwhere(~((predicted >= 0) & (predicted <= 1)))
        raise RefusedInput(
            what="a predicted survival is missing or outside 0 to 1",
            where="survival",
            found=f"{predicted[tuple(bad[0])]:g} in row {bad[0][0] + 1}, {len(bad)} values in all",
            remedy="give probabilities, not percentages; ask for times within the model's follow-up",
        )
    return predicted


def _scores(outcome: Outcome, predicted: Array, horizons: Array) -> Array:
    censoring = CensoringDistribution(outcome)
    of_death = outcome.event / np.where(outcome.event, censoring.before(outcome.time)[0], 1.0)
    died = (outcome.time[:, None] <= horizons) * of_death[:, None]
    alive = (outcome.time[:, None] > horizons) / censoring.after(horizons)
    return np.mean(died * predicted**2 + alive * (1 - predicted) ** 2, axis=0)


def _mean_over(times: Array, values: Array) -> float | None:
    if times.size < 2:
        return None
    area = np.sum(np.diff(times) * (values[1:] + values[:-1]) / 2)
    return float(area / (times[-1] - times[0]))
