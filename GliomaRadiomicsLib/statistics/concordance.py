"""C-index of Harrell and of Uno with bootstrap interval over patients, and the paired comparison of two risks.

Source: Harrell et al. 1996, Stat Med 15:361; Uno et al. 2011, Stat Med 30:1105; Efron & Tibshirani 1993 (percentile
interval). DeLong's test is for AUCs; for two C-indices on the same patients the paired bootstrap is the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.censoring import CensoringDistribution
from GliomaRadiomicsLib.statistics.columns import complete_column
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.resampling import bootstrap_counts, percentile_interval

Array = npt.NDArray[np.float64]
Method = Literal["harrell", "uno"]


@dataclass(frozen=True)
class ConcordanceEstimate:
    """A C-index.

    Attributes:
        concordance: Share of comparable pairs in which the patient at higher risk dies first, equal risks one half.
        interval: Percentile interval of the bootstrap over patients.
        method: "harrell" or "uno" (weighted by inverse squared probability of censoring).
        tau: Events from this time on start no pair; None: all count.
        n: Patients used.
        n_events: Events used.
        n_pairs: Comparable pairs.
        n_tied_risk: Pairs with equal risk among them.
        n_resamples: Resamples in which the index could be computed.
        level: Coverage aimed at.
    """

    concordance: float
    interval: tuple[float, float]
    method: str
    tau: float | None
    n: int
    n_events: int
    n_pairs: int
    n_tied_risk: int
    n_resamples: int
    level: float


@dataclass(frozen=True)
class ConcordanceComparison:
    """Two risks on the same patients: difference first minus second, its interval, Z and two-sided p."""

    first: float
    second: float
    difference: float
    interval: tuple[float, float]
    standard_error: float
    z: float
    p: float
    method: str
    tau: float | None
    n: int
    n_events: int
    n_resamples: int
    level: float


def concordance_index(
    outcome: Outcome, risk: npt.ArrayLike, *, method: Method = "harrell", tau: float | None = None
) -> float:
    """The C-index alone.

    Args:
        outcome: Follow-up of n patients.
        risk: Shape (n,), higher means earlier death.
        method: "harrell" or "uno".
        tau: Leave out pairs that start at or after this time; for Uno's index choose one with patients still followed.

    Raises:
        RefusedInput: If the risk has gaps or text, there are no events, or no pair of patients can be compared.
    """
    return float(_Pairs(outcome, risk, method, tau).index(None)[0])


def concordance(
    outcome: Outcome,
    risk: npt.ArrayLike,
    *,
    method: Method = "harrell",
    tau: float | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> ConcordanceEstimate:
    """The C-index with its bootstrap interval; arguments and errors as `concordance_index`."""
    pairs = _Pairs(outcome, risk, method, tau)
    drawn = _bootstrap([pairs], n_resamples, seed)[0]
    return ConcordanceEstimate(
        concordance=float(pairs.index(None)[0]),
        interval=percentile_interval(drawn, level),
        method=method,
        tau=tau,
        n=outcome.n,
        n_events=outcome.n_events,
        n_pairs=int(pairs.comparable.sum()),
        n_tied_risk=int((pairs.concordant == 0.5).sum()),
        n_resamples=int(drawn.size),
        level=level,
    )


def compare_concordance(
    outcome: Outcome,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    method: Method = "harrell",
    tau: float | None = None,
    level: float = 0.95,
    n_resamples: int = 1000,
    seed: int = 0,
) -> ConcordanceComparison:
    """Paired comparison: both indices in the same resamples of patients, Z from the SD of their difference.

    Raises:
        RefusedInput: As `concordance_index`.
    """
    pairs = [_Pairs(outcome, risk, method, tau) for risk in (first, second)]
    values = [float(pair.index(None)[0]) for pair in pairs]
    drawn = _bootstrap(pairs, n_resamples, seed)
    differences = drawn[0] - drawn[1]
    difference, error = values[0] - values[1], float(np.std(differences, ddof=1))
    z = 0.0 if error < 1e-12 else difference / error
    return ConcordanceComparison(
        first=values[0],
        second=values[1],
        difference=difference,
        interval=percentile_interval(differences, level),
        standard_error=error,
        z=z,
        p=float(2 * stats.norm.sf(abs(z))),
        method=method,
        tau=tau,
        n=outcome.n,
        n_events=outcome.n_events,
        n_resamples=int(differences.size),
        level=level,
    )


class _Pairs:
    """Comparable pairs: rows are patients with an event, columns all patients who outlive them."""

    def __init__(self, outcome: Outcome, risk: npt.ArrayLike, method: str, tau: float | None) -> None:
        if method not in ("harrell", "uno"):
            raise RefusedInput(what="unknown C-index", where="method", found=repr(method), remedy="harrell or uno")
        outcome.require_events(purpose="a C-index")
        scores = complete_column(risk, "risk", outcome.n)
        counted = outcome.event & (outcome.time < (np.inf if tau is None else tau))
        self.rows = np.flatnonzero(counted)
        self.outcome, self.method = outcome, method
        start = outcome.time[self.rows, None]
        self.comparable = (start < outcome.time) | ((start == outcome.time) & ~outcome.event)
        if not self.comparable.any():
            raise RefusedInput(
                what="no two patients can be compared: nobody outlives a patient who died",
                where=outcome.time_name,
                found=f"{outcome.n_events} events among {outcome.n} patients",
                remedy="add patients with longer follow-up, or choose a later tau",
            )
        own = scores[self.rows, None]
        self.concordant = ((own > scores) + 0.5 * (own == scores)) * self.comparable
        self._comparable = self.comparable.astype(np.float64)

    def index(self, counts: Array | None) -> Array:
        """C-index of each resample, shape (b,); NaN where no pair is left."""
        drawn = np.ones((1, self.outcome.n)) if counts is None else counts
        weight = drawn[:, self.rows]
        if self.method == "uno":
            times = self.outcome.time[self.rows]
            weight = weight / np.maximum(CensoringDistribution(self.outcome, counts).before(times), 1e-12) ** 2
        won = np.sum(weight * (drawn @ self.concordant.T), axis=1)
        pairs = np.sum(weight * (drawn @ self._comparable.T), axis=1)
        return np.divide(won, pairs, out=np.full_like(won, np.nan), where=pairs > 0)


def _bootstrap(pairs: list[_Pairs], n_resamples: int, seed: int) -> list[Array]:
    """C-indices of the same resamples for each risk; resamples without a comparable pair are left out."""
    n = pairs[0].outcome.n
    batches = bootstrap_counts(n, n_resamples, seed)
    values = np.concatenate([np.stack([pair.index(counts) for pair in pairs]) for counts in batches], axis=1)
    values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] < max(2, n_resamples / 2):
        raise RefusedInput(
            what="too few resamples contain a pair of patients to compare",
            where=pairs[0].outcome.event_name,
            found=f"{values.shape[1]} of {n_resamples}, with {pairs[0].outcome.n_events} events among {n} patients",
            remedy="an interval needs more events",
        )
    return list(values)
