"""Likelihood-ratio test of a logistic regression on one variable, for many variables at once.

The effect likelihood-ratio test: twice the gain in log-likelihood over the model with the intercept alone, against
chi-square with one degree of freedom. Where a variable separates the classes the maximum lies at infinity and has no
coefficient, but the likelihood has a limit, which is used and marked (Albert & Anderson 1984, Biometrika 71:1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from GliomaRadiomicsLib.core.errors import RefusedInput

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_MOST_STEPS, _LONGEST_STEP, _FLAT, _TINY = 200, 2.0, 1e-9, 1e-300


@dataclass(frozen=True, eq=False)
class LikelihoodRatios:
    """One test per variable, each of shape (p,).

    Attributes:
        statistic: Twice the gain in log-likelihood, 0 or more; NaN for a variable that does not vary.
        p: Of chi-square with one degree of freedom; NaN likewise.
        separated: Whether a threshold of the variable tells the classes apart but for ties at it, so that no finite
            coefficient has the largest likelihood.
    """

    statistic: Floats
    p: Floats
    separated: Bools


def likelihood_ratios(values: npt.ArrayLike, outcome: npt.ArrayLike) -> LikelihoodRatios:
    """Test each variable alone.

    Args:
        values: Shape (n, p), finite.
        outcome: Shape (n,), 1 for the positive class.

    Raises:
        RefusedInput: If shapes differ, a value is missing, or there is one class only.
    """
    table, y = checked_two_classes(values, outcome, "the likelihood-ratio test")
    varies = np.ptp(table, axis=0) > 0
    limits = [_limit_under_separation(column, y) if use else None for column, use in zip(table.T, varies, strict=True)]
    separated = np.array([limit is not None for limit in limits], dtype=bool)
    best = np.full(table.shape[1], np.nan)
    best[separated] = [limit for limit in limits if limit is not None]
    plain = varies & ~separated
    best[plain] = _largest_log_likelihoods(table[:, plain], y)
    statistic = 2.0 * (best - _binomial(int(y.sum()), y.size)).clip(min=0.0)
    return LikelihoodRatios(statistic, np.asarray(stats.chi2.sf(statistic, 1)), separated)


def checked_two_classes(values: npt.ArrayLike, outcome: npt.ArrayLike, test: str) -> tuple[Floats, Bools]:
    """The table (n, p) and the outcome (n,) of a test between two classes.

    Raises:
        RefusedInput: If shapes differ, a value is missing, or there is one class only; names the test.
    """
    table, y = np.asarray(values, dtype=np.float64), np.asarray(outcome).astype(bool)
    if table.ndim != 2 or y.shape != (len(table),) or not np.isfinite(table).all():
        raise RefusedInput(
            what=f"{test} needs a complete table and one outcome per row",
            where="values",
            found=f"shape {table.shape}, {int((~np.isfinite(table)).sum())} missing, outcomes {y.shape}",
            remedy="leave out or impute what is missing",
        )
    if y.all() or not y.any():
        raise RefusedInput(
            what=f"{test} needs both classes", where="outcome", found=f"{y.size} rows of one", remedy="add the other"
        )
    return table, y


def _limit_under_separation(x: Floats, y: Bools) -> float | None:
    """Limit of the log-likelihood where a threshold separates the classes but for ties at it; None where none does."""
    for sign in (1.0, -1.0):
        low, high = (sign * x[~y]).max(), (sign * x[y]).min()
        if low <= high:
            tied = sign * x == low if low == high else np.zeros(y.size, dtype=bool)
            return _binomial(int((tied & y).sum()), int(tied.sum()))
    return None


def _largest_log_likelihoods(table: Floats, y: Bools) -> Floats:
    """Of a logistic regression on each column alone, by Newton's method with limited steps."""
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    level, slope = np.full(table.shape[1], special.logit(y.mean())), np.zeros(table.shape[1])
    for _ in range(_MOST_STEPS):
        p = special.expit(level + slope * scaled)
        away, weight = y[:, None] - p, p * (1.0 - p)
        up, tilt = away.sum(axis=0), (away * scaled).sum(axis=0)
        if max(np.abs(up).max(initial=0.0), np.abs(tilt).max(initial=0.0)) < _FLAT * y.size:
            break
        a, b, c = weight.sum(axis=0), (weight * scaled).sum(axis=0), (weight * scaled**2).sum(axis=0)
        both = np.stack([c * up - b * tilt, a * tilt - b * up]) / np.maximum(a * c - b * b, _TINY)
        level, slope = np.stack([level, slope]) + both.clip(-_LONGEST_STEP, _LONGEST_STEP)
    log_odds = level + slope * scaled
    return (y[:, None] * log_odds - np.logaddexp(0.0, log_odds)).sum(axis=0)


def _binomial(hits: int, n: int) -> float:
    """Largest log-likelihood of ``hits`` of ``n`` with one probability."""
    return float(special.xlogy(hits, hits / n) + special.xlogy(n - hits, 1.0 - hits / n)) if n else 0.0
