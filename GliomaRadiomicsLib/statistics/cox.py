"""Cox's proportional hazards model for few covariates: maximum partial likelihood with baseline hazard.

Source: Cox 1972, JRSS B 34:187; Efron 1977, JASA 72:557 (ties); Tsiatis 1981, Ann Stat 9:93 (variance of the hazard);
Heinze & Schemper 2001, Biometrics 57:114 (monotone likelihood).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.covariates import (
    Columns,
    Term,
    design_names,
    encode,
    read_terms,
    refuse_degenerate,
)
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import PartialLikelihood, Ties

Array = npt.NDArray[np.float64]
_MAX_ITERATIONS = 100


@dataclass(frozen=True)
class CoxBaseline:
    """Cumulative baseline hazard at the covariates' means, one value per distinct event time.

    Attributes:
        time: Event times, ascending.
        cumulative_hazard: Breslow's or Efron's estimate, as the ties of the fit.
        variance: Of the cumulative hazard with the coefficients known.
        drift: Shape (k, p), hazard-weighted sum of the risk sets' mean covariates (about the means of all).
        last_time: Longest follow-up; the baseline says nothing beyond it.
    """

    time: tuple[float, ...]
    cumulative_hazard: tuple[float, ...]
    variance: tuple[float, ...]
    drift: tuple[tuple[float, ...], ...]
    last_time: float


@dataclass(frozen=True)
class CoxModel:
    """A fitted Cox model as plain data.

    Attributes:
        terms: Covariates as the user names them.
        names: Columns of the design, p of them.
        coefficients: Log hazard ratio per unit, p values.
        covariance: Of the coefficients, p x p.
        means: Of the columns in the cohort; the linear predictor is centred there.
        log_likelihood: Log partial likelihood at the coefficients.
        null_log_likelihood: The same without covariates.
        score_chi_square: Score test statistic of all coefficients being zero.
        ties: Handling of tied events.
        n: Patients used.
        n_events: Events used.
        baseline: Baseline hazard.
    """

    terms: tuple[Term, ...]
    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]
    log_likelihood: float
    null_log_likelihood: float
    score_chi_square: float
    ties: str
    n: int
    n_events: int
    baseline: CoxBaseline

    def centred(self, columns: Columns) -> Array:
        """Design of patients minus the cohort's means, shape (m, p).

        Raises:
            RefusedInput: If a column is missing, has gaps or text, or holds an unknown level.
        """
        return encode(self.terms, columns) - np.array(self.means)

    def linear_predictor(self, columns: Columns) -> Array:
        """Log hazard ratio against the cohort's mean, shape (m,); higher is worse.

        Raises:
            RefusedInput: As `centred`.
        """
        return self.centred(columns) @ np.array(self.coefficients)


def fit_cox(
    outcome: Outcome,
    columns: Columns,
    *,
    categories: Mapping[str, str | None] | None = None,
    ties: Ties = "efron",
) -> CoxModel:
    """Fit a Cox model to every patient given; none is dropped.

    Args:
        outcome: Follow-up of n patients.
        columns: Covariates by name, n values each.
        categories: Columns that hold categories, with the reference level (None: the first).
        ties: "efron" (default of R) or "breslow".

    Raises:
        RefusedInput: If a column has text, gaps, one value only or follows from others; if there are no more events
            than coefficients; or if a covariate separates the patients so that its coefficient is infinite.
    """
    terms = read_terms(columns, categories)
    names = design_names(terms)
    values = encode(terms, columns, outcome.n)
    outcome.require_events(len(names) + 1, f"a Cox model with {len(names)} coefficient{'s' if len(names) > 1 else ''}")
    refuse_degenerate(values, names)
    likelihood = PartialLikelihood(outcome, ties)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scaled = (values - mean) / scale
    scaled_coefficients, score = _maximise(likelihood, scaled, names)
    information = likelihood.derivatives(scaled @ scaled_coefficients).information_of(scaled.T)
    covariance = np.linalg.inv(information) / np.outer(scale, scale)
    coefficients = scaled_coefficients / scale
    return CoxModel(
        terms=terms,
        names=names,
        coefficients=tuple(coefficients.tolist()),
        covariance=_rows(covariance),
        means=tuple(mean.tolist()),
        log_likelihood=likelihood.value(scaled @ scaled_coefficients),
        null_log_likelihood=likelihood.value(np.zeros(outcome.n)),
        score_chi_square=score,
        ties=ties,
        n=outcome.n,
        n_events=outcome.n_events,
        baseline=_baseline(likelihood, values - mean, coefficients),
    )


def _maximise(likelihood: PartialLikelihood, scaled: Array, names: tuple[str, ...]) -> tuple[Array, float]:
    """Coefficients per standard deviation by Newton's method with step halving, and the score statistic at zero."""
    coefficients = np.zeros(len(names))
    value, score = likelihood.value(scaled @ coefficients), None
    for _ in range(_MAX_ITERATIONS):
        derivatives = likelihood.derivatives(scaled @ coefficients)
        gradient = scaled.T @ derivatives.gradient
        information = derivatives.information_of(scaled.T)
        if np.linalg.cond(information) > 1e14:
            raise _separated(np.abs(coefficients), names)
        step: Array = np.linalg.solve(information, gradient).astype(np.float64)
        score = float(gradient @ step) if score is None else score
        step, new_value = _halved(likelihood, scaled, coefficients, step, value)
        coefficients, gain, value = coefficients + step, new_value - value, new_value
        reach = np.abs(step) * np.ptp(scaled, axis=0)
        if gain < 1e-9 and reach.max() > 1e-2:
            raise _separated(reach, names)
        if reach.max() < 1e-8:
            return coefficients, score
    raise _separated(np.abs(coefficients), names)


def _halved(
    likelihood: PartialLikelihood, scaled: Array, coefficients: Array, step: Array, value: float
) -> tuple[Array, float]:
    for _ in range(30):
        new_value = likelihood.value(scaled @ (coefficients + step))
        if new_value >= value - 1e-9 * abs(value):
            return step, new_value
        step = step / 2
    return step, value


def _separated(size: Array, names: tuple[str, ...]) -> RefusedInput:
    return RefusedInput(
        what="the covariate separates the patients perfectly (alone or together with others), "
        "so its hazard ratio would be infinite",
        where=names[int(np.argmax(size))],
        remedy="remove it, merge its rare values, or use a penalised Cox model",
    )


def _baseline(likelihood: PartialLikelihood, centred: Array, coefficients: Array) -> CoxBaseline:
    predictor = centred @ coefficients
    shares = likelihood.derivatives(predictor).shares
    risk = np.exp(predictor) @ likelihood.weights
    increments = likelihood.deaths / risk
    time, first = np.unique(likelihood.term_times, return_index=True)
    last = np.append(first[1:], likelihood.term_times.size) - 1
    drift = np.cumsum((centred.T @ shares) * increments, axis=1)
    return CoxBaseline(
        time=tuple(time.tolist()),
        cumulative_hazard=tuple(np.cumsum(increments)[last].tolist()),
        variance=tuple(np.cumsum(increments / risk)[last].tolist()),
        drift=_rows(drift[:, last].T),
        last_time=float(likelihood.outcome.time.max()),
    )


def _rows(matrix: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
