"""AUC at a time: do those who die by then score higher than those who live on? Censoring is weighted away (IPCW).

Source: Heagerty et al. 2000, Biometrics 56:337 (cumulative cases, dynamic controls); Uno et al. 2007, JASA 102:527;
Hung & Chiang 2010, Can J Stat 38:8; Blanche et al. 2013, Stat Med 32:5381 (weights as in timeROC).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.censoring import CensoringDistribution, checked_horizons
from GliomaRadiomicsLib.statistics.columns import complete_column
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.resampling import bootstrap_counts, percentile_interval

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SurvivalAuc:
    """AUC at one time.

    Attributes:
        time: The time.
        auc: Weighted share of pairs (died by then, alive past it) in which the first scores higher.
        interval: Percentile interval of the bootstrap over patients; None if none was asked for.
        false_positive_rate: Of the ROC curve, from 0 to 1.
        true_positive_rate: Of the ROC curve.
        n_cases: Patients who died by the time.
        n_controls: Patients followed past it.
        n_censored_before: Patients lost before it; they count through the weights of the others.
        n: Patients used, the sum of the three.
        n_events: Events in the whole follow-up.
    """

    time: float
    auc: float
    interval: tuple[float, float] | None
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]
    n_cases: int
    n_controls: int
    n_censored_before: int
    n: int
    n_events: int


def survival_auc(
    outcome: Outcome,
    risk: npt.ArrayLike,
    times: npt.ArrayLike,
    *,
    level: float = 0.95,
    n_resamples: int = 500,
    seed: int = 0,
) -> tuple[SurvivalAuc, ...]:
    """Cumulative/dynamic AUC at each time.

    Args:
        outcome: Follow-up of n patients.
        risk: Shape (n,), higher means earlier death.
        times: Times from the first event to below the longest follow-up.
        level: Coverage of the interval.
        n_resamples: Resamples of patients; 0 for no interval.
        seed: Of the drawing.

    Raises:
        RefusedInput: If the risk has gaps or text, or a time is outside the follow-up.
    """
    scores = complete_column(risk, "risk", outcome.n)
    return tuple(
        _at(outcome, scores, float(time), level, n_resamples, seed) for time in checked_horizons(outcome, times)
    )


def _at(outcome: Outcome, scores: Array, time: float, level: float, n_resamples: int, seed: int) -> SurvivalAuc:
    roc = _Roc(outcome, scores, time)
    false_positive, true_positive = roc.curve()
    return SurvivalAuc(
        time=time,
        auc=float(roc.auc(np.ones((1, outcome.n)))[0]),
        interval=_interval(roc, level, n_resamples, seed) if n_resamples else None,
        false_positive_rate=tuple(false_positive.tolist()),
        true_positive_rate=tuple(true_positive.tolist()),
        n_cases=int(roc.cases.sum()),
        n_controls=int(roc.controls.sum()),
        n_censored_before=int(outcome.n - roc.cases.sum() - roc.controls.sum()),
        n=outcome.n,
        n_events=outcome.n_events,
    )


class _Roc:
    """Cases and controls at one time in the order of falling scores, for any number of resamples at once."""

    def __init__(self, outcome: Outcome, scores: Array, time: float) -> None:
        self.outcome = outcome
        self.cases, self.controls = outcome.event & (outcome.time <= time), outcome.time > time
        self._order = np.argsort(-scores, kind="stable")
        self._first = np.unique(-scores[self._order], return_index=True)[1]

    def auc(self, counts: Array) -> Array:
        """AUC of each resample, shape (b,); NaN where it has no case or no control."""
        cases, controls = self._steps(counts)
        before = np.cumsum(controls, axis=1) - controls / 2
        lost = np.sum(cases * before, axis=1)
        pairs = cases.sum(axis=1) * controls.sum(axis=1)
        return 1 - np.divide(lost, pairs, out=np.full_like(lost, np.nan), where=pairs > 0)

    def curve(self) -> tuple[Array, Array]:
        """False and true positive rate as the threshold falls, one point per distinct score, from (0, 0)."""
        cases, controls = (part[0].cumsum() for part in self._steps(np.ones((1, self.outcome.n))))
        return np.append(0.0, controls / controls[-1]), np.append(0.0, cases / cases[-1])

    def _steps(self, counts: Array) -> tuple[Array, Array]:
        """Weight of cases and of controls at each distinct score, highest first, shape (b, levels)."""
        weight = np.zeros_like(counts)
        uncensored = CensoringDistribution(self.outcome, counts).before(self.outcome.time[self.cases])
        weight[:, self.cases] = counts[:, self.cases] / np.maximum(uncensored, 1e-12)
        parts = (part[:, self._order] for part in (weight, counts * self.controls))
        cases, controls = (np.add.reduceat(part, self._first, axis=1) for part in parts)
        return cases, controls


def _interval(roc: _Roc, level: float, n_resamples: int, seed: int) -> tuple[float, float]:
    values = np.concatenate([roc.auc(counts) for counts in bootstrap_counts(roc.outcome.n, n_resamples, seed)])
    values = values[np.isfinite(values)]
    if values.size < n_resamples / 2:
        raise RefusedInput(
            what="too few resamples contain both patients who died by the time and patients alive past it",
            where=roc.outcome.event_name,
            found=f"{values.size} of {n_resamples}",
            remedy="choose a time with more patients on either side",
        )
    return percentile_interval(values, level)
