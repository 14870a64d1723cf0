"""Likelihood-ratio test of a logistic regression on one variable, for many variables at once.

The effect likelihood-ratio test: twice the gain in log-likelihood over the model with the intercept alone, against
chi-square with one degree of freedom. Where a variable separates the classes the maximum lies at infinity and has no
coefficient, but the likelihood has a limit, which is used and marked (Albert & Anderson 1984, Biometrika 71:1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

from GliomaRadiomicsLib.core.errors import RefusedInput

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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
    alone = _binomial(int(y.sum()), y.size)
    found = [_log_likelihood(column, y) for column in table.T]
    gain = np.array([value - alone for value, _ in found], dtype=np.float64).clip(min=0.0)
    varies = np.ptp(table, axis=0) > 0
    statistic = np.where(varies, 2.0 * gain, np.nan)
    separated = np.array([flag for _, flag in found], dtype=bool) & varies
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


def _log_likelihood(x: Floats, y: Bools) -> tuple[float, bool]:
    """Largest log-likelihood of a logistic regression on ``x``, and whether it is reached at infinity only."""
    for sign in (1.0, -1.0):
        low, high = (sign * x[~y]).max(), (sign * x[y]).min()
        if low <= high:
            tied = sign * x == low if low == high else np.zeros(y.size, dtype=bool)
            return _binomial(int((tied & y).sum()), int(tied.sum())), True
    scaled = (x - x.mean()) / x.std()
    design = np.stack([np.ones(x.size), scaled], axis=1)

    def loss(weights: Floats) -> tuple[float, Floats]:
        log_odds = design @ weights
        value = float((np.logaddexp(0.0, log_odds) - y * log_odds).sum())
        return value, design.T @ (special.expit(log_odds) - y)

    start = np.array([special.logit(y.mean()), 0.0])
    return -float(optimize.minimize(loss, start, jac=True, method="BFGS").fun), False


def _binomial(hits: int, n: int) -> float:
    """Largest log-likelihood of ``hits`` of ``n`` with one probability."""
    return float(special.xlogy(hits, hits / n) + special.xlogy(n - hits, 1.0 - hits / n)) if n else 0.0
