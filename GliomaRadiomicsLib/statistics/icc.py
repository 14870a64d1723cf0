"""Intraclass correlation: all six forms with interval and test.

Source: Shrout & Fleiss 1979, Psychol Bull 86:420; McGraw & Wong 1996, Psychol Methods 1:30 (intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import MISSING_REMEDY

Form = Literal["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]

FORMS: dict[str, str] = {
    "ICC1": "single rating, raters differ between targets",
    "ICC2": "single rating, raters drawn at random, absolute agreement",
    "ICC3": "single rating, these raters, consistency",
    "ICC1k": "mean rating, raters differ between targets",
    "ICC2k": "mean rating, raters drawn at random, absolute agreement",
    "ICC3k": "mean rating, these raters, consistency",
}
"""The six forms and what they are for."""


@dataclass(frozen=True)
class Icc:
    """One form of the coefficient.

    Attributes:
        form: "ICC1" to "ICC3k".
        description: What the form is for.
        value: The coefficient.
        interval: Its limits.
        f: F statistic against no agreement; None (infinite) if the raters agree perfectly.
        degrees_of_freedom: Of the F statistic.
        p: One-sided p of the F test.
    """

    form: str
    description: str
    value: float
    interval: tuple[float, float]
    f: float | None
    degrees_of_freedom: tuple[int, int]
    p: float


@dataclass(frozen=True)
class IccTable:
    """All six forms for n targets rated by k raters."""

    forms: tuple[Icc, ...]
    n_targets: int
    n_raters: int
    level: float

    def __getitem__(self, form: Form) -> Icc:
        """One form by its name."""
        return next(row for row in self.forms if row.form == form)


_FTest = tuple[float | None, tuple[int, int], float]
"""F, its degrees of freedom, p."""


@dataclass(frozen=True)
class _Squares:
    targets: float
    raters: float
    within: float
    error: float
    n: int
    k: int


def intraclass_correlation(ratings: npt.ArrayLike, *, name: str = "ratings", level: float = 0.95) -> IccTable:
    """Agreement of k raters (or two segmentations) on n targets.

    Args:
        ratings: Shape (n, k), a row per target and a column per rater, complete.
        name: What is rated, for messages.
        level: Coverage of the intervals.

    Raises:
        RefusedInput: If a rating is missing or text, there are fewer than two targets or raters, or the targets do not
            differ at all.
    """
    squares = _mean_squares(_checked(ratings, name))
    if squares.targets <= 1e-24 * max(1.0, squares.within):
        raise RefusedInput(
            what="the targets have the same mean rating, so agreement about differences is undefined",
            where=name,
            remedy="leave this feature out",
        )
    n, k = squares.n, squares.k
    one_way = _from_ratio(squares.targets, squares.within, n * (k - 1), squares, level)
    two_way = _from_ratio(squares.targets, squares.error, (n - 1) * (k - 1), squares, level)
    random = _absolute(squares, level)
    single = {"ICC1": one_way, "ICC2": random, "ICC3": two_way}
    rows = [_row(form, values, _test(squares, form)) for form, values in single.items()]
    for form, (value, lower, upper) in single.items():
        averaged = _averaged(value, k), _averaged(lower, k), _averaged(upper, k)
        rows.append(_row(f"{form}k", averaged, _test(squares, form)))
    return IccTable(tuple(rows), n, k, level)


def _checked(ratings: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    try:
        table = np.array(ratings, dtype=np.float64)
    except (TypeError, ValueError):
        raise RefusedInput(what="a rating is not a number", where=name, remedy="write numbers only") from None
    if table.ndim != 2 or min(table.shape) < 2:
        raise RefusedInput(
            what="at least two targets (rows) and two raters (columns) are needed",
            where=name,
            found=f"shape {table.shape}",
            remedy="one row per target and one column per rater",
        )
    if not np.isfinite(table).all():
        rows = np.flatnonzero(~np.isfinite(table).all(axis=1))
        found = f"row {rows[0] + 1}, {rows.size} of {len(table)} targets in all"
        raise RefusedInput(what="a rating is missing or infinite", where=name, found=found, remedy=MISSING_REMEDY)
    return table


def _mean_squares(table: npt.NDArray[np.float64]) -> _Squares:
    n, k = table.shape
    centred = table - table.mean()
    by_target, by_rater = centred.mean(axis=1), centred.mean(axis=0)
    within = float(np.sum((centred - by_target[:, None]) ** 2))
    raters = float(n * np.sum(by_rater**2))
    error = float(np.sum((centred - by_target[:, None] - by_rater) ** 2))
    targets = float(k * np.sum(by_target**2))
    return _Squares(targets / (n - 1), raters / (k - 1), within / (n * (k - 1)), error / ((n - 1) * (k - 1)), n, k)


def _from_ratio(
    targets: float, noise: float, freedom: int, squares: _Squares, level: float
) -> tuple[float, float, float]:
    """Coefficient and limits of forms 1 and 3, from the F ratio of targets to noise."""
    n, k = squares.n, squares.k
    tail = 0.5 + level / 2
    low = float(stats.f.ppf(tail, n - 1, freedom))
    high = 1 / float(stats.f.ppf(tail, freedom, n - 1))
    value, lower, upper = (
        (targets - factor * noise) / (targets + (k - 1) * factor * noise) for factor in (1.0, low, high)
    )
    return value, lower, upper


def _absolute(squares: _Squares, level: float) -> tuple[float, float, float]:
    """Coefficient and limits of form 2 (McGraw & Wong 1996, table 7)."""
    n, k, targets, raters, error = squares.n, squares.k, squares.targets, squares.raters, squares.error
    noise = (k * raters + (k * n - k - n) * error) / n
    value = (targets - error) / (targets + (k - 1) * error + k * (raters - error) / n)
    if 1 - value <= 1e-12:
        return 1.0, 1.0, 1.0
    a, b = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    spread = (a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    freedom = (a * raters + b * error) ** 2 / spread
    tail = 0.5 + level / 2
    low, high = float(stats.f.ppf(tail, n - 1, freedom)), float(stats.f.ppf(tail, freedom, n - 1))
    lower = (targets - low * error) / (low * noise + targets)
    upper = (high * targets - error) / (noise + high * targets)
    return value, lower, upper


def _averaged(single: float, k: int) -> float:
    """Spearman-Brown: the coefficient of the mean of k ratings."""
    return k * single / max(1 + (k - 1) * single, 1e-9)


def _test(squares: _Squares, form: str) -> _FTest:
    n, k = squares.n, squares.k
    noise, freedom = (squares.within, n * (k - 1)) if form == "ICC1" else (squares.error, (n - 1) * (k - 1))
    if noise <= 1e-24 * squares.targets:
        return None, (n - 1, freedom), 0.0
    ratio = squares.targets / noise
    return ratio, (n - 1, freedom), float(stats.f.sf(ratio, n - 1, freedom))


def _row(form: str, values: tuple[float, float, float], test: _FTest) -> Icc:
    value, lower, upper = values
    return Icc(form, FORMS[form], value, (lower, upper), *test)
