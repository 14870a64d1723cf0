"""Breslow's baseline hazard of any linear predictor, and survival predicted from it.

Source: Breslow 1972, discussion of Cox, JRSS B 34:216. No interval: a penalised model has none that is honest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.outcome import Outcome

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BreslowBaseline:
    """Cumulative hazard of a patient whose linear predictor is 0.

    Attributes:
        time: Distinct event times of the training patients, ascending.
        cumulative_hazard: At those times.
        last_time: Longest follow-up; the baseline says nothing beyond it.
    """

    time: tuple[float, ...]
    cumulative_hazard: tuple[float, ...]
    last_time: float

    @classmethod
    def fit(cls, outcome: Outcome, predictor: npt.ArrayLike) -> BreslowBaseline:
        """The baseline of training patients with these linear predictors, shape (n,).

        Raises:
            RefusedInput: If no event was observed or the numbers differ.
        """
        outcome.require_events(1, "a baseline hazard")
        risk = np.asarray(predictor, dtype=np.float64)
        if risk.shape != outcome.time.shape:
            raise RefusedInput(what=f"{risk.size} predictors but {outcome.n} outcomes", where="linear predictor")
        time, deaths = np.unique(outcome.time[outcome.event], return_counts=True)
        at_risk = np.exp(risk) @ (outcome.time[:, None] >= time)
        hazard = np.cumsum(deaths / at_risk)
        return cls(tuple(time.tolist()), tuple(hazard.tolist()), float(outcome.time.max()))

    def survival(self, predictor: npt.ArrayLike, times: npt.ArrayLike) -> Array:
        """Probability of surviving each time, shape (patients, times); NaN beyond the longest follow-up."""
        asked = np.atleast_1d(np.asarray(times, dtype=np.float64))
        steps = np.searchsorted(np.asarray(self.time), asked, side="right")
        hazard = np.concatenate([[0.0], self.cumulative_hazard])[steps]
        hazard = np.where(asked > self.last_time, np.nan, hazard)
        return np.asarray(np.exp(-np.exp(np.atleast_1d(predictor))[:, None] * hazard))

    def median(self, predictor: npt.ArrayLike) -> Array:
        """Time at which survival first falls to one half, shape (patients,); NaN where follow-up ends before."""
        curves = self.survival(predictor, self.time)
        reached = curves <= 0.5
        return np.where(reached.any(axis=1), np.asarray(self.time)[reached.argmax(axis=1)], np.nan)
