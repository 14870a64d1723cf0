"""Area under the ROC curve with DeLong's variance, interval and paired test.

Source: DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837 (variance and test); Sun & Xu 2014, IEEE Signal Process
Lett 21:1389 (mid-rank form); Newcombe 2006, Stat Med 25:559, method 5 (interval that stays honest at an AUC of 0 or 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats


@dataclass(frozen=True)
class AucEstimate:
    """An AUC with its interval; ``variance`` is DeLong's, ``n_positive`` and ``n_negative`` count patients."""

    auc: float
    interval: tuple[float, float]
    variance: float
    n_positive: int
    n_negative: int


@dataclass(frozen=True)
class PairedComparison:
    """Two AUCs on the same patients: difference first minus second, Z statistic and two-sided p."""

    first: float
    second: float
    z: float
    p: float


def roc_auc(outcome: npt.ArrayLike, score: npt.ArrayLike) -> float:
    """Probability that a positive scores higher than a negative, ties counting one half.

    Args:
        outcome: Shape (n,), True or 1 for the positive class.
        score: Shape (n,), higher means more positive.

    Raises:
        ValueError: If shapes differ, a score is not finite, or one class is missing.
    """
    y, scores = _checked(outcome, np.atleast_2d(np.asarray(score, dtype=np.float64)))
    return float(_components(y, scores)[0][0])


def auc_with_interval(outcome: npt.ArrayLike, score: npt.ArrayLike, level: float = 0.95) -> AucEstimate:
    """AUC with DeLong's interval, cut at 0 and 1; where DeLong's variance is zero, Newcombe's interval instead.

    Raises:
        ValueError: As `roc_auc`.
    """
    y, scores = _checked(outcome, np.atleast_2d(np.asarray(score, dtype=np.float64)))
    aucs, covariance = _components(y, scores)
    auc, variance = float(aucs[0]), float(covariance[0, 0])
    n_positive, n_negative = int(y.sum()), int((~y).sum())
    if variance < 1e-15:
        interval = newcombe_interval(auc, n_positive, n_negative, level)
    else:
        half = float(stats.norm.ppf(0.5 + level / 2)) * variance**0.5
        interval = (max(0.0, auc - half), min(1.0, auc + half))
    return AucEstimate(auc, interval, variance, n_positive, n_negative)


def delong_test(outcome: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> PairedComparison:
    """DeLong's test for two scores of the same patients.

    Returns:
        The comparison; Z is 0 and p is 1 when the two scores rank the patients equally.

    Raises:
        ValueError: As `roc_auc`.
    """
    y, scores = _checked(outcome, np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)]))
    aucs, covariance = _components(y, scores)
    difference = float(aucs[0] - aucs[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance < 1e-15:
        z = 0.0 if abs(difference) < 1e-12 else float(np.copysign(np.inf, difference))
    else:
        z = difference / variance**0.5
    return PairedComparison(float(aucs[0]), float(aucs[1]), z, float(2 * stats.norm.sf(abs(z))))


def newcombe_interval(auc: float, n_positive: int, n_negative: int, level: float = 0.95) -> tuple[float, float]:
    """Score-type interval of an AUC that keeps its width at 0 and 1 (Newcombe 2006, method 5)."""
    quantile = float(stats.norm.ppf(0.5 + level / 2))
    half_n = (n_positive + n_negative) / 2 - 1

    def excess(candidate: float) -> float:
        spread = 1 + half_n * (1 - candidate) / (2 - candidate) + half_n * candidate / (1 + candidate)
        variance = candidate * (1 - candidate) / (n_positive * n_negative) * spread
        return abs(auc - candidate) - quantile * variance**0.5

    lower = 0.0 if auc <= 0 else float(optimize.brentq(excess, 0.0, auc - 1e-12))
    upper = 1.0 if auc >= 1 else float(optimize.brentq(excess, auc + 1e-12, 1.0))
    return lower, upper


def _checked(
    outcome: npt.ArrayLike, scores: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    y = np.asarray(outcome).astype(bool)
    if y.ndim != 1 or scores.shape[1:] != y.shape:
        msg = f"outcome of shape {y.shape} and score of shape {scores.shape[1:]} do not belong together"
        raise ValueError(msg)
    if not np.isfinite(scores).all():
        msg = "a score is not finite; leave out patients without a prediction and say how many"
        raise ValueError(msg)
    if y.all() or not y.any():
        msg = f"an AUC needs both classes; found {int(y.sum())} positive of {y.size}"
        raise ValueError(msg)
    return y, scores


def _components(
    y: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """AUCs, shape (s,), and their DeLong covariance, shape (s, s); a class of one patient adds no covariance."""
    m, n = int(y.sum()), int((~y).sum())
    pooled = stats.rankdata(np.concatenate([scores[:, y], scores[:, ~y]], axis=1), axis=1)
    by_positive = (pooled[:, :m] - stats.rankdata(scores[:, y], axis=1)) / n
    by_negative = 1 - (pooled[:, m:] - stats.rankdata(scores[:, ~y], axis=1)) / m
    covariance = sum(
        np.atleast_2d(np.cov(part)) / count for part, count in ((by_positive, m), (by_negative, n)) if count > 1
    )
    return by_positive.mean(axis=1), np.atleast_2d(covariance)
