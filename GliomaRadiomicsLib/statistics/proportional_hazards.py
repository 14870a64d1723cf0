"""Do hazard ratios stay the same over time? Scaled Schoenfeld residuals and the score test on them.

Source: Schoenfeld 1982, Biometrika 69:239; Grambsch & Therneau 1994, Biometrika 81:515. The test is the score test of
adding ``covariate x g(time)`` to the model, with the information taken at every event time instead of on average (as
``cox.zph`` of R survival 3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.covariates import Columns, encode, term_slices
from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import Derivatives, PartialLikelihood, Ties

Array = npt.NDArray[np.float64]
Transform = Literal["km", "rank", "log", "identity"]


@dataclass(frozen=True)
class ProportionalityRow:
    """Test of one covariate ("all covariates" for the whole model); a small p speaks against a constant ratio.

    Statistic and p are None where the events hold no information about a change with time.
    """

    name: str
    chi_square: float | None
    degrees_of_freedom: int
    p: float | None


@dataclass(frozen=True)
class ProportionalHazards:
    """The check.

    Attributes:
        rows: One per covariate.
        overall: All covariates together.
        transform: Scale of time.
        time: Time of each event, ascending.
        transformed_time: The same on the scale of the test.
        names: Columns of the design.
        scaled_residuals: Shape (events, p); their trend over time is the drift of the coefficient.
        correlation: Of each column's scaled residuals with transformed time; None if either is constant.
        n: Patients used.
        n_events: Events used.
    """

    rows: tuple[ProportionalityRow, ...]
    overall: ProportionalityRow
    transform: str
    time: tuple[float, ...]
    transformed_time: tuple[float, ...]
    names: tuple[str, ...]
    scaled_residuals: tuple[tuple[float, ...], ...]
    correlation: tuple[float | None, ...]
    n: int
    n_events: int


def check_proportional_hazards(
    model: CoxModel, outcome: Outcome, columns: Columns, *, transform: Transform = "km"
) -> ProportionalHazards:
    """Test every covariate of a fitted model on the patients it was fitted on.

    Args:
        model: The fit.
        outcome: The follow-up it was fitted on.
        columns: The covariates it was fitted on.
        transform: Scale of time: "km" (1 minus Kaplan-Meier, default of R), "rank", "log" or "identity".

    Raises:
        RefusedInput: If the cohort is not the one of the fit.
    """
    if (outcome.n, outcome.n_events) != (model.n, model.n_events):
        raise RefusedInput(
            what=f"the model was fitted on {model.n} patients with {model.n_events} events",
            where=outcome.event_name,
            found=f"{outcome.n} patients with {outcome.n_events} events",
            remedy="check it on the same cohort",
        )
    values = encode(model.terms, columns, outcome.n) - np.array(model.means)
    ties: Ties = "efron" if model.ties == "efron" else "breslow"
    likelihood = PartialLikelihood(outcome, ties)
    derivatives = likelihood.derivatives(values @ np.array(model.coefficients))
    scale = _time_scale(outcome, transform)
    at_events, at_terms = scale(np.sort(outcome.time[outcome.event])), scale(likelihood.term_times)
    centre = float(at_events.mean())
    residuals = _residuals(likelihood, derivatives, values, outcome)
    drift = (at_events - centre) @ residuals
    information = _information(derivatives, values, at_terms - centre)
    scaled = residuals @ np.array(model.covariance) * model.n_events + np.array(model.coefficients)
    slices = term_slices(model.terms)
    return ProportionalHazards(
        rows=tuple(_row(t.name, drift, information, s) for t, s in zip(model.terms, slices, strict=True)),
        overall=_row("all covariates", drift, information, slice(0, len(model.names))),
        transform=transform,
        time=tuple(np.sort(outcome.time[outcome.event]).tolist()),
        transformed_time=tuple(at_events.tolist()),
        names=model.names,
        scaled_residuals=tuple(tuple(row) for row in scaled.tolist()),
        correlation=tuple(_correlation(at_events, column) for column in scaled.T),
        n=model.n,
        n_events=model.n_events,
    )


def _residuals(likelihood: PartialLikelihood, derivatives: Derivatives, values: Array, outcome: Outcome) -> Array:
    """Schoenfeld residuals by event time, shape (events, p); tied events share the mean of their risk sets."""
    order = np.flatnonzero(outcome.event)[np.argsort(outcome.time[outcome.event], kind="stable")]
    times, term = np.unique(likelihood.term_times, return_inverse=True)
    mean = values.T @ derivatives.shares
    per_time = np.stack([np.bincount(term, weights=row) for row in mean], axis=1) / np.bincount(term)[:, None]
    return values[order] - per_time[np.searchsorted(times, outcome.time[order])]


def _information(derivatives: Derivatives, values: Array, time: Array) -> Array:
    """Information about the coefficients and about their drift with ``time``, shape (2p, 2p)."""
    blocks = []
    for power in (0, 1, 2):
        deaths = derivatives.deaths * time**power
        weighted = Derivatives(derivatives.gradient, derivatives.shares @ deaths, derivatives.shares, deaths)
        blocks.append(weighted.information_of(values.T))
    return np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])


def _row(name: str, drift: Array, information: Array, columns: slice) -> ProportionalityRow:
    p = drift.size
    own = np.arange(p)[columns]
    kept = np.concatenate([np.arange(p), p + own])
    scale = np.sqrt(np.diag(information)[kept])
    if scale.min() <= 0 or np.linalg.cond(scaled := information[np.ix_(kept, kept)] / np.outer(scale, scale)) > 1e12:
        return ProportionalityRow(name, None, int(own.size), None)
    inverse = (np.linalg.inv(scaled) / np.outer(scale, scale))[p:, p:]
    statistic = float(drift[own] @ inverse @ drift[own])
    return ProportionalityRow(name, statistic, int(own.size), float(stats.chi2.sf(statistic, own.size)))


def _correlation(time: Array, residuals: Array) -> float | None:
    if min(np.ptp(time), np.ptp(residuals)) < 1e-12:
        return None
    return float(np.corrcoef(time, residuals)[0, 1])


def _time_scale(outcome: Outcome, transform: str) -> Callable[[Array], Array]:
    if transform == "identity":
        return lambda time: np.asarray(time, np.float64)
    if transform == "log":
        return np.log
    if transform == "rank":
        ordered = np.sort(outcome.time)
        return lambda time: (np.searchsorted(ordered, time) + np.searchsorted(ordered, time, "right") + 1) / 2
    if transform == "km":
        curve = kaplan_meier(outcome)
        before = np.append(1.0, curve.survival)
        return lambda time: 1 - before[np.searchsorted(curve.time, time)]
    raise RefusedInput(
        what="unknown scale of time", where="transform", found=repr(transform), remedy="km, rank, log or identity"
    )
