"""Best cut-point of a score for survival, with a p that accounts for having searched: maximally selected statistic.

Source: Lausen & Schumacher 1992, Biometrics 48:73 (statistic and p); Hothorn & Lausen 2003, Comput Stat Data Anal
43:121 (log-rank scores with ties).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.outcome import Outcome

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CutPoint:
    """The cut that separates survival best; the high group lies above it.

    Attributes:
        cut: Cut-point: "low" is up to and including it.
        statistic: Largest absolute standardised log-rank statistic over all cuts tried.
        p: Its p, corrected for the search (asymptotic, Lausen & Schumacher 1992; maxstat's "Lau92").
        p_uncorrected: What an ordinary log-rank test at this cut would give; too small, for comparison only.
        cuts: Cuts tried, ascending.
        statistics: Statistic at each.
        n_low: Patients up to the cut.
        n: Patients used.
        n_events: Events among them.
    """

    cut: float
    statistic: float
    p: float
    p_uncorrected: float
    cuts: Array
    statistics: Array
    n_low: int
    n: int
    n_events: int


def log_rank_scores(outcome: Outcome) -> Array:
    """Event minus Nelson-Aalen hazard at each patient's own time, shape (n,)."""
    at_risk = (outcome.time[:, None] >= outcome.time).sum(axis=0)
    hazard = (outcome.time[None, :] <= outcome.time[:, None]) @ (outcome.event / at_risk)
    return np.asarray(outcome.event - hazard)


def best_cut_point(
    outcome: Outcome, score: npt.ArrayLike, *, smallest_share: float = 0.1, name: str = "score"
) -> CutPoint:
    """Search all cuts that leave at least a share of the patients on either side.

    Args:
        outcome: Of n patients.
        score: Shape (n,).
        smallest_share: Smallest share of patients in a group.
        name: Of the score, for messages.

    Raises:
        RefusedInput: If a score is missing, no event was observed, or no cut leaves groups of that size.
    """
    x = np.asarray(score, dtype=np.float64)
    outcome.require_events(1, "a cut-point")
    if x.shape != outcome.time.shape or not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise RefusedInput(
            what="one number per patient is needed", where=name, found=f"{x.size} scores, {bad} not finite"
        )
    order = np.argsort(x, kind="stable")
    ranked, scores = x[order], log_rank_scores(outcome)[order]
    n = x.size
    low = np.flatnonzero(np.append(ranked[1:] > ranked[:-1], False)) + 1
    low = low[(low >= smallest_share * n) & (low <= (1 - smallest_share) * n)]
    if low.size == 0:
        raise RefusedInput(
            what="no cut leaves enough patients on both sides",
            where=name,
            found=f"{np.unique(x).size} distinct values among {n} patients",
            remedy="use a score with more values or a smaller share",
        )
    statistics = _standardised(scores, low)
    best = int(np.argmax(np.abs(statistics)))
    top = float(abs(statistics[best]))
    return CutPoint(
        cut=float(ranked[low[best] - 1]),
        statistic=top,
        p=p_lausen_1992(top, low / n),
        p_uncorrected=float(2 * stats.norm.sf(top)),
        cuts=ranked[low - 1],
        statistics=statistics,
        n_low=int(low[best]),
        n=n,
        n_events=outcome.n_events,
    )


def _standardised(scores: Array, low: npt.NDArray[np.intp]) -> Array:
    """Sum of the first m scores with mean and variance under all orders of the patients."""
    n, total = scores.size, scores.sum()
    variance = low * (n - low) / (n**2 * (n - 1)) * (n * (scores**2).sum() - total**2)
    return np.asarray((np.cumsum(scores)[low - 1] - low * total / n) / np.sqrt(variance))


def p_lausen_1992(statistic: float, shares: Array) -> float:
    """Asymptotic p when the cut lies between the smallest and largest share (Miller & Siegmund's formula)."""
    low, high = float(shares.min()), float(shares.max())
    density = float(stats.norm.pdf(statistic))
    width = np.log(high * (1 - low) / ((1 - high) * low))
    return float(min(1.0, 4 * density / statistic + density * (statistic - 1 / statistic) * width))
