"""Log-rank test of two or more groups, and for a trend over ordered groups.

Source: Mantel 1966, Cancer Chemother Rep 50:163; Peto & Peto 1972, JRSS A 135:185; Tarone 1975,
Biometrika 62:679 (trend).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import label_column, ordered_labels
from GliomaRadiomicsLib.statistics.kaplan_meier import life_table
from GliomaRadiomicsLib.statistics.outcome import Outcome


@dataclass(frozen=True)
class LogRankGroup:
    """One group: patients, events observed and events expected if the groups did not differ."""

    label: str
    n: int
    events: int
    expected: float


@dataclass(frozen=True)
class LogRankTest:
    """The test. ``kind`` is "difference" or "trend"; ``n`` and ``n_events`` count all patients used."""

    kind: str
    groups: tuple[LogRankGroup, ...]
    chi_square: float
    degrees_of_freedom: int
    p: float
    n: int
    n_events: int


def log_rank(
    outcome: Outcome, groups: npt.ArrayLike, *, order: tuple[str, ...] | None = None, name: str = "group"
) -> LogRankTest:
    """Do the groups differ in survival?

    Raises:
        RefusedInput: If there are no events, fewer than two groups, a label is missing, or a group is empty.
    """
    rows, variance = _observed_expected(outcome, groups, order, name)
    difference = np.array([row.events - row.expected for row in rows])
    size, direction = np.linalg.eigh(variance)
    free = size > 1e-10 * max(float(outcome.n_events), 1.0)
    if not free.any():
        raise RefusedInput(
            what="no event tells the groups apart: only one group is followed then, or everybody left dies at once",
            where=name,
            remedy="the groups cannot be compared; lengthen the follow-up or record it more finely",
        )
    statistic = float(np.sum((difference @ direction[:, free]) ** 2 / size[free]))
    return _result("difference", rows, statistic, int(free.sum()), outcome)


def log_rank_trend(
    outcome: Outcome,
    groups: npt.ArrayLike,
    *,
    order: tuple[str, ...] | None = None,
    scores: Mapping[str, float] | None = None,
    name: str = "group",
) -> LogRankTest:
    """Does survival rise or fall with the order of the groups? One degree of freedom.

    Args:
        outcome: Follow-up.
        groups: Label of each patient.
        order: Groups from first to last; sorted if not given.
        scores: Score of each group; 1, 2, 3, ... if not given.
        name: Column of the labels, for messages.

    Raises:
        RefusedInput: As `log_rank`; if a group has no score, or all scores are equal.
    """
    rows, variance = _observed_expected(outcome, groups, order, name)
    score = np.array([_score(row.label, i, scores, name) for i, row in enumerate(rows)])
    spread = float(score @ variance @ score)
    if spread <= 1e-12:
        raise RefusedInput(what="the scores of the groups do not differ", where=name, remedy="give different scores")
    difference = np.array([row.events - row.expected for row in rows])
    return _result("trend", rows, float((score @ difference) ** 2 / spread), 1, outcome)


def _score(label: str, position: int, scores: Mapping[str, float] | None, name: str) -> float:
    if scores is None:
        return position + 1.0
    if label not in scores:
        raise RefusedInput(what=f"group {label!r} has no score", where=name, remedy="give one score per group")
    return float(scores[label])


def _observed_expected(
    outcome: Outcome, groups: npt.ArrayLike, order: tuple[str, ...] | None, name: str
) -> tuple[tuple[LogRankGroup, ...], npt.NDArray[np.float64]]:
    """Groups with observed and expected events, and the covariance of their difference, shape (g, g)."""
    outcome.require_events(purpose="the log-rank test")
    labels = label_column(groups, name, outcome.n)
    names = ordered_labels(labels, name, order)
    if len(names) < 2:
        raise RefusedInput(
            what="one group only", where=name, found=repr(names[0]), remedy="a comparison needs two groups or more"
        )
    time, at_risk, events, _ = life_table(outcome)
    sizes = np.stack([_still_followed(outcome.time[labels == label], time) for label in names])
    shares = sizes / at_risk
    with np.errstate(divide="ignore", invalid="ignore"):
        tied = np.where(at_risk > 1, events * (at_risk - events) / (at_risk - 1), 0.0)
    variance = np.diag(shares @ tied) - (shares * tied) @ shares.T
    expected = shares @ events
    rows = tuple(
        LogRankGroup(label, int((labels == label).sum()), int(outcome.event[labels == label].sum()), float(e))
        for label, e in zip(names, expected, strict=True)
    )
    return rows, variance


def _still_followed(followed: npt.NDArray[np.float64], times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return followed.size - np.searchsorted(np.sort(followed), times).astype(np.float64)


def _result(kind: str, rows: tuple[LogRankGroup, ...], statistic: float, freedom: int, outcome: Outcome) -> LogRankTest:
    p = float(stats.chi2.sf(statistic, freedom))
    return LogRankTest(kind, rows, statistic, freedom, p, outcome.n, outcome.n_events)
