"""Kaplan-Meier of the censoring times: the weights that make up for patients lost before a time (IPCW).

Source: Robins & Rotnitzky 1992; Uno et al. 2007, JASA 102:527. Where an event and a censoring share a time, the event
comes first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.outcome import Outcome

Array = npt.NDArray[np.float64]


class CensoringDistribution:
    """Probability of being still uncensored, for one cohort or for many resamples of it at once.

    Args:
        outcome: Follow-up of n patients.
        counts: Shape (b, n), how often each patient is drawn in each of b resamples; once, b = 1, if not given.
    """

    def __init__(self, outcome: Outcome, counts: Array | None = None) -> None:
        drawn = np.ones((1, outcome.n)) if counts is None else counts
        order = np.argsort(outcome.time, kind="stable")
        self.time, first = np.unique(outcome.time[order], return_index=True)
        weight = drawn[:, order]
        events = np.add.reduceat(weight * outcome.event[order], first, axis=1)
        censored = np.add.reduceat(weight * ~outcome.event[order], first, axis=1)
        leaving = events + censored
        at_risk = leaving[:, ::-1].cumsum(axis=1)[:, ::-1]
        left = at_risk - events
        share = np.divide(left - censored, left, out=np.ones_like(left), where=left > 0)
        self._steps = np.concatenate([np.ones((len(drawn), 1)), np.cumprod(share, axis=1)], axis=1)

    def before(self, times: npt.ArrayLike) -> Array:
        """Probability of being uncensored just before each time, shape (b, m)."""
        return self._steps[:, np.searchsorted(self.time, times, side="left")]

    def after(self, times: npt.ArrayLike) -> Array:
        """Probability of being uncensored past each time, shape (b, m)."""
        return self._steps[:, np.searchsorted(self.time, times, side="right")]


def checked_horizons(outcome: Outcome, times: npt.ArrayLike) -> Array:
    """Times at which some patients are known to have died and some to live on, shape (m,), ascending.

    Raises:
        RefusedInput: If a time is before the first event or not before the longest follow-up.
    """
    outcome.require_events(purpose="a figure at a given time")
    horizons = np.unique(np.atleast_1d(np.asarray(times, dtype=np.float64)))
    first, last = float(outcome.time[outcome.event].min()), float(outcome.time.max())
    bad = horizons[~((horizons >= first) & (horizons < last))]
    if horizons.size == 0 or bad.size:
        raise RefusedInput(
            what="the time is outside the follow-up, so nobody has died by it or nobody is followed beyond it",
            where="times",
            found=f"{bad[0]:g}" if bad.size else "none",
            remedy=f"choose times from {first:g} (first event) to below {last:g} (longest follow-up), in the same unit",
        )
    return horizons
