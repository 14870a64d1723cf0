"""Logistic regression on the counts of chosen codewords (eq. 6).

With 512 codewords and few patients some codeword always separates the grades, and then the likelihood without a
penalty has no maximum. So every codeword is tested alone, by the likelihood-ratio test (whose limit under separation
exists) and by the rank-sum test; those that pass both are put together under an L2 penalty.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.likelihood_ratio import likelihood_ratios
from GliomaRadiomicsLib.statistics.rank_sum import rank_sums
from GliomaRadiomicsLib.systems.image_grading.helpers import on_scale_of

Floats = npt.NDArray[np.float64]
SCALES = ("linear", "log")
"""Counts as they are, as in the paper, or ln(1 + count): how often a codeword occurs spans orders of magnitude."""
RELATIVE_TO = "the average training patient"
"""What contributions are measured from."""


@dataclass(frozen=True)
class CountModel:
    """Log-odds = intercept + sum of coefficient x (count - mean) / scale, over the chosen codewords.

    Attributes:
        codewords: Their numbers, the most significant first.
        of_hgg: Whether each is more frequent in WHO grade 4 (an HGG responsible vector) or in 2/3.
        p_likelihood: Of the likelihood-ratio test.
        p_rank: Of the rank-sum test.
        separated: Whether the codeword alone tells the training patients' grades apart.
        mean: Mean count in training.
        scale: Standard deviation of the counts in training.
        coefficient: Per standard deviation.
        intercept: Of the log-odds.
        passed: How many codewords passed both tests, those beyond the limit included.
        count_scale: One of `SCALES`; mean, scale and coefficient are of counts on it.
    """

    codewords: tuple[int, ...]
    of_hgg: tuple[bool, ...]
    p_likelihood: tuple[float, ...]
    p_rank: tuple[float, ...]
    separated: tuple[bool, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float
    passed: int
    count_scale: str = "linear"

    def log_odds(self, counts: npt.ArrayLike) -> Floats:
        """Of WHO grade 4: counts ``(n, K)`` to ``(n,)``."""
        return self.intercept + self.contributions(counts).sum(axis=1)

    def contributions(self, counts: npt.ArrayLike) -> Floats:
        """What each chosen codeword adds, relative to `RELATIVE_TO`: counts ``(n, K)`` to ``(n, chosen)``."""
        chosen = on_scale(counts, self.count_scale)[:, list(self.codewords)]
        return (chosen - np.array(self.mean)) / np.array(self.scale) * np.array(self.coefficient)

    def responsible(self, *, hgg: bool) -> tuple[int, ...]:
        """The HGG or the LGG responsible vectors."""
        return tuple(word for word, of_hgg in zip(self.codewords, self.of_hgg, strict=True) if of_hgg is hgg)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CountModel:
        """The inverse of `to_dict`."""
        given = ((field.name, data[field.name]) for field in fields(cls) if field.name in data)
        plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given}
        return cls(**plain)


def on_scale(counts: npt.ArrayLike, count_scale: str) -> Floats:
    """Counts on one of `SCALES`, of the same shape."""
    table = np.asarray(counts, dtype=np.float64)
    return np.log1p(table) if count_scale == "log" else table


def fit_counts(
    counts: npt.ArrayLike,
    grades: npt.ArrayLike,
    *,
    helpers: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    count_scale: str = "linear",
    level: float = 0.05,
    most: int = 16,
    penalty_c: float = 1.0,
) -> CountModel:
    """Choose codewords and fit; sees these patients only.

    Where no codeword passes both tests, the model is the share of grade 4 alone.

    Args:
        counts: Shape (n, K).
        grades: Shape (n,), 1 for WHO grade 4; both must occur.
        helpers: Counts and grades of helper cases that join, brought to the patients' mean and spread.
        count_scale: One of `SCALES`.
        level: Of both tests.
        most: Most codewords.
        penalty_c: Inverse strength of the L2 penalty on standardised counts.
    """
    table, y = on_scale(counts, count_scale), np.asarray(grades).astype(int)
    if helpers is not None:
        table = np.vstack([table, on_scale_of(table, on_scale(helpers[0], count_scale))])
        y = np.concatenate([y, np.asarray(helpers[1]).astype(int)])
    ratios, ranks = likelihood_ratios(table, y), rank_sums(table, y)
    passing = np.flatnonzero((ratios.p < level) & (ranks.p < level))
    order = np.lexsort((passing, ranks.p[passing], -ratios.statistic[passing]))
    chosen = passing[order][:most]
    mean, scale = table[:, chosen].mean(axis=0), table[:, chosen].std(axis=0)
    coefficient, intercept = _penalised((table[:, chosen] - mean) / scale, y, penalty_c)
    return CountModel(
        codewords=tuple(int(word) for word in chosen),
        of_hgg=tuple(bool(value > 0.5) for value in ranks.superiority[chosen]),
        p_likelihood=_plain(ratios.p[chosen]),
        p_rank=_plain(ranks.p[chosen]),
        separated=tuple(bool(flag) for flag in ratios.separated[chosen]),
        mean=_plain(mean),
        scale=_plain(scale),
        coefficient=_plain(coefficient),
        intercept=intercept,
        passed=int(passing.size),
        count_scale=count_scale,
    )


def _penalised(scaled: Floats, y: npt.NDArray[np.int_], penalty_c: float) -> tuple[Floats, float]:
    if not scaled.shape[1]:
        return np.zeros(0), float(np.log(y.mean() / (1.0 - y.mean())))
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=penalty_c, tol=1e-8, max_iter=1000).fit(scaled, y)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
