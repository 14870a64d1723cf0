"""Kaplan-Meier survival with pointwise confidence bands, numbers at risk and median.

Source: Kaplan & Meier 1958, JASA 53:457; Greenwood 1926 (variance); Kalbfleisch & Prentice 1980 (log-log band);
Brookmeyer & Crowley 1982, Biometrics 38:29 (interval of the median).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import label_column, ordered_labels
from GliomaRadiomicsLib.statistics.outcome import Outcome

Band = Literal["log-log", "log", "plain"]


@dataclass(frozen=True)
class SurvivalAt:
    """Survival at one time; None where it cannot be estimated, beyond the last follow-up."""

    time: float
    survival: float | None
    lower: float | None
    upper: float | None
    at_risk: int


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve.

    The tuples hold one value per distinct follow-up time; survival is 1 before the first and constant in between.

    Attributes:
        label: Name of the group.
        n: Patients.
        n_events: Events among them.
        time: Distinct follow-up times, ascending.
        at_risk: Patients still followed just before each time.
        events: Events at each time.
        censored: Patients censored at each time.
        survival: Share alive after each time.
        standard_error: Greenwood's, of the survival.
        lower: Lower pointwise limit; 0 where nobody is left.
        upper: Upper pointwise limit; where nobody is left, the last one that exists.
        median: First time at which survival is at most one half; None if not reached.
        median_interval: Where the limits cross one half; None for a limit that does not.
        band: Scale on which the band is symmetric.
        level: Coverage of band and median interval.
    """

    label: str
    n: int
    n_events: int
    time: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]
    survival: tuple[float, ...]
    standard_error: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    median: float | None
    median_interval: tuple[float | None, float | None]
    band: str
    level: float

    def at(self, times: Sequence[float]) -> tuple[SurvivalAt, ...]:
        """Survival, limits and numbers at risk at some times, as under the axis of the published figure."""
        return tuple(self._at(float(time)) for time in times)

    def _at(self, time: float) -> SurvivalAt:
        i = int(np.searchsorted(self.time, time, side="right")) - 1
        at_risk = self.at_risk[j] if (j := int(np.searchsorted(self.time, time))) < len(self.time) else 0
        if i < 0:
            return SurvivalAt(time, 1.0, 1.0, 1.0, at_risk)
        if time > self.time[-1] and self.survival[-1] > 0:
            return SurvivalAt(time, None, None, None, 0)
        return SurvivalAt(time, self.survival[i], self.lower[i], self.upper[i], at_risk)


def kaplan_meier(
    outcome: Outcome, *, band: Band = "log-log", level: float = 0.95, label: str = "all patients"
) -> SurvivalCurve:
    """The survival curve of one group; a group without any event stays at 1.

    Args:
        outcome: Follow-up.
        band: "log-log" (keeps within 0 and 1, good coverage), "log" (the default of R's ``survfit``) or "plain".
        level: Coverage of the pointwise limits.
        label: Name of the group.
    """
    time, at_risk, events, censored = life_table(outcome)
    share = 1 - events / at_risk
    survival = np.cumprod(share, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(events / (at_risk * (at_risk - events))))
        error = np.where(survival > 0, survival * spread, 0.0)
    lower, upper = _limits(survival, spread, band, level)
    return SurvivalCurve(
        label=label,
        n=outcome.n,
        n_events=outcome.n_events,
        time=tuple(time.tolist()),
        at_risk=tuple(at_risk.tolist()),
        events=tuple(events.tolist()),
        censored=tuple(censored.tolist()),
        survival=tuple(survival.tolist()),
        standard_error=tuple(error.tolist()),
        lower=tuple(lower.tolist()),
        upper=tuple(upper.tolist()),
        median=_crossing(time, survival),
        median_interval=(_crossing(time, lower), _crossing(time, upper)),
        band=band,
        level=level,
    )


def kaplan_meier_by_group(
    outcome: Outcome,
    groups: npt.ArrayLike,
    *,
    order: tuple[str, ...] | None = None,
    band: Band = "log-log",
    level: float = 0.95,
    name: str = "group",
) -> tuple[SurvivalCurve, ...]:
    """One curve per group, in the order given, else sorted.

    Raises:
        RefusedInput: If a label is missing, or a group of ``order`` is empty.
    """
    labels = label_column(groups, name, outcome.n)
    return tuple(
        kaplan_meier(outcome.take(labels == label), band=band, level=level, label=label)
        for label in ordered_labels(labels, name, order)
    )


def life_table(
    outcome: Outcome,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Distinct times with numbers at risk, of events and of censored patients, each of shape (k,)."""
    time, row = np.unique(outcome.time, return_inverse=True)
    events = np.bincount(row, weights=outcome.event, minlength=time.size).astype(np.int64)
    leaving = np.bincount(row, minlength=time.size).astype(np.int64)
    at_risk = leaving[::-1].cumsum()[::-1]
    return time, at_risk, events, leaving - events


def _limits(
    survival: npt.NDArray[np.float64], spread: npt.NDArray[np.float64], band: str, level: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    z = float(stats.norm.ppf(0.5 + level / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        if band == "plain":
            lower, upper = survival * (1 - z * spread), survival * (1 + z * spread)
        elif band == "log":
            lower, upper = survival * np.exp(-z * spread), survival * np.exp(z * spread)
        elif band == "log-log":
            half = z * spread / np.abs(np.log(survival))
            lower, upper = survival ** np.exp(half), survival ** np.exp(-half)
        else:
            raise RefusedInput(
                what="unknown confidence band", where="band", found=repr(band), remedy="log-log, log or plain"
            )
    certain = survival >= 1
    lower, upper = np.where(certain, 1.0, lower), np.where(certain, 1.0, upper)
    alive = int((survival > 0).sum())
    lower[alive:], upper[alive:] = 0.0, upper[alive - 1] if alive else 1.0
    return np.clip(lower, 0, 1), np.clip(upper, 0, 1)


def _crossing(time: npt.NDArray[np.float64], curve: npt.NDArray[np.float64], share: float = 0.5) -> float | None:
    """First time with ``curve <= share``; where it stays exactly there, the middle of that stretch (as R does)."""
    reached = np.flatnonzero(curve <= share + 1e-8)
    if reached.size == 0:
        return None
    first = int(reached[0])
    if abs(curve[first] - share) > 1e-8:
        return float(time[first])
    below = np.flatnonzero(curve < share - 1e-8)
    return float(time[first] + time[below[0] if below.size else -1]) / 2
