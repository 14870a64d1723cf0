"""Cox's log partial likelihood with its derivatives in the linear predictor, Breslow or Efron ties.

Source: Cox 1972, JRSS B 34:187; Breslow 1974, Biometrics 30:89; Efron 1977, JASA 72:557.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.outcome import Outcome

Ties = Literal["breslow", "efron"]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Derivatives:
    """First and second derivative of the log partial likelihood at one linear predictor.

    Minus the second derivative is ``diag(expected) - shares @ diag(deaths) @ shares.T``.

    Attributes:
        gradient: Shape (n,), events minus expected events (the martingale residuals).
        expected: Shape (n,), expected events of each patient.
        shares: Shape (n, m), each patient's share of the risk at each of the m terms.
        deaths: Shape (m,), events of each term.
    """

    gradient: Array
    expected: Array
    shares: Array
    deaths: Array

    def information(self) -> Array:
        """Minus the second derivative, shape (n, n)."""
        full = -(self.shares * self.deaths) @ self.shares.T
        full.flat[:: full.shape[0] + 1] += self.expected
        return full

    def information_of(self, rows: Array) -> Array:
        """Information about the coefficients of ``rows``, features by patients, shape (a, n) -> (a, a)."""
        projected = rows @ self.shares
        return (rows * self.expected) @ rows.T - (projected * self.deaths) @ projected.T


class PartialLikelihood:
    """Log partial likelihood of one outcome as a function of the linear predictor.

    One term per event time (Breslow) or per event (Efron); memory is 8 bytes x patients x terms.

    Attributes:
        outcome: The outcome.
        term_times: Shape (m,), event time of each term, ascending.
        deaths: Shape (m,), events of each term.
        weights: Shape (n, m), share of each patient in the risk set of each term, 0 to 1.

    Raises:
        RefusedInput: If no event was observed, or ``ties`` is unknown.
    """

    def __init__(self, outcome: Outcome, ties: Ties = "breslow") -> None:
        if ties not in get_args(Ties):
            raise RefusedInput(what="unknown handling of ties", where="ties", found=ties, remedy="breslow or efron")
        outcome.require_events(1, "a Cox model")
        self.outcome = outcome
        self._event = outcome.event.astype(np.float64)
        times, counts = np.unique(outcome.time[outcome.event], return_counts=True)
        if ties == "breslow":
            self.term_times, self.deaths, step = times, counts.astype(np.float64), np.zeros(times.size)
        else:
            self.term_times, self.deaths = np.repeat(times, counts), np.ones(int(counts.sum()))
            step = np.concatenate([np.arange(count) / count for count in counts])
        at_risk = (outcome.time[:, None] >= self.term_times).astype(np.float64)
        tied = outcome.event[:, None] & (outcome.time[:, None] == self.term_times)
        self.weights = at_risk - tied * step
        self._saturated = -float(
            np.sum(counts * np.log(counts)) if ties == "breslow" else np.sum(gammaln(counts + 1.0))
        )

    def value(self, predictor: Array) -> float:
        """Log partial likelihood of the linear predictor, shape (n,)."""
        top = predictor.max()
        risk = _hazard(predictor) @ self.weights
        return float(self._event @ predictor - self.deaths @ np.log(risk) - top * self.deaths.sum())

    def deviance(self, predictor: Array) -> float:
        """Twice the distance of the log partial likelihood from its largest possible value."""
        return 2 * (self._saturated - self.value(predictor))

    def gradient(self, predictor: Array) -> Array:
        """First derivative, shape (n,)."""
        hazard = _hazard(predictor)
        return self._event - hazard * (self.weights @ (self.deaths / (hazard @ self.weights)))

    def derivatives(self, predictor: Array) -> Derivatives:
        """First and second derivative at the linear predictor, shape (n,)."""
        hazard = _hazard(predictor)
        shares = hazard[:, None] * self.weights / (hazard @ self.weights)
        expected = shares @ self.deaths
        return Derivatives(self._event - expected, expected, shares, self.deaths)


def _hazard(predictor: Array) -> Array:
    """Relative hazard, 1 for the patient at highest risk; kept above zero so that no risk set is empty."""
    return np.exp(np.maximum(predictor - predictor.max(), -600.0))
