"""Uni- and multivariable Cox regression as papers print it: hazard ratio, interval, p and the check behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.covariates import Columns, read_terms, term_slices
from GliomaRadiomicsLib.statistics.cox import CoxModel, fit_cox
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import Ties
from GliomaRadiomicsLib.statistics.proportional_hazards import check_proportional_hazards

EVENTS_PER_COEFFICIENT = 10
"""Fewer events per coefficient give unstable hazard ratios (Peduzzi et al. 1995, J Clin Epidemiol 48:1503)."""

LARGEST_LOG_RATIO = 300.0


@dataclass(frozen=True)
class CoxRow:
    """One coefficient.

    Attributes:
        term: Covariate it belongs to.
        name: The covariate, or "covariate=level" for a category.
        reference: Reference level of a category, else empty.
        coefficient: Log hazard ratio per unit.
        standard_error: Of the coefficient.
        hazard_ratio: Per unit, or against the reference.
        lower: Lower limit of the hazard ratio.
        upper: Upper limit.
        z: Wald statistic.
        p: Its two-sided p.
        term_p: Wald test of the whole covariate (equal to ``p`` for one coefficient).
        proportional_p: Score test on the Schoenfeld residuals; small: the ratio changes with time; None:
            the events cannot tell.
        n: Patients used.
        n_events: Events used.
    """

    term: str
    name: str
    reference: str
    coefficient: float
    standard_error: float
    hazard_ratio: float
    lower: float
    upper: float
    z: float
    p: float
    term_p: float
    proportional_p: float | None
    n: int
    n_events: int


@dataclass(frozen=True)
class CoxFit:
    """The model behind a table: three tests of all coefficients, apparent C-index and the global check."""

    n: int
    n_events: int
    degrees_of_freedom: int
    likelihood_ratio: float
    likelihood_ratio_p: float
    wald: float
    wald_p: float
    score: float
    score_p: float
    apparent_concordance: float
    proportional_p: float | None


@dataclass(frozen=True)
class CoxTable:
    """A table of hazard ratios.

    Attributes:
        kind: "univariable" (one model per covariate) or "multivariable" (one model).
        rows: Hazard ratios.
        fit: The model; None for a univariable table.
        ties: Handling of tied events.
        level: Coverage of the intervals.
        n: Patients used in every model.
        n_events: Events used in every model.
        notes: What a reader must know, such as too few events.
    """

    kind: str
    rows: tuple[CoxRow, ...]
    fit: CoxFit | None
    ties: str
    level: float
    n: int
    n_events: int
    notes: tuple[str, ...]


def univariable_cox(
    outcome: Outcome,
    columns: Columns,
    *,
    categories: Mapping[str, str | None] | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> CoxTable:
    """One Cox model per covariate.

    Raises:
        RefusedInput: As `fit_cox`, naming the first covariate that cannot be fitted.
    """
    rows: list[CoxRow] = []
    for term in read_terms(columns, categories):
        own = {term.name: columns[term.name]}
        model = fit_cox(outcome, own, categories={term.name: term.levels[0]} if term.levels else None, ties=ties)
        rows += _rows(model, outcome, own, level)
    widest = max(len(term.column_names) for term in read_terms(columns, categories))
    notes = _notes(outcome, widest)
    return CoxTable("univariable", tuple(rows), None, ties, level, outcome.n, outcome.n_events, notes)


def multivariable_cox(
    outcome: Outcome,
    columns: Columns,
    *,
    categories: Mapping[str, str | None] | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> CoxTable:
    """One Cox model with all covariates.

    Raises:
        RefusedInput: As `fit_cox`.
    """
    model = fit_cox(outcome, columns, categories=categories, ties=ties)
    return CoxTable(
        kind="multivariable",
        rows=_rows(model, outcome, columns, level),
        fit=_fit(model, outcome, columns),
        ties=ties,
        level=level,
        n=outcome.n,
        n_events=outcome.n_events,
        notes=_notes(outcome, len(model.names)),
    )


def significant_terms(table: CoxTable, p: float = 0.05) -> tuple[str, ...]:
    """Covariates whose whole-covariate p is below ``p``: what the papers carry into the multivariable model."""
    return tuple(dict.fromkeys(row.term for row in table.rows if row.term_p < p))


def uni_then_multivariable_cox(
    outcome: Outcome,
    columns: Columns,
    *,
    p: float = 0.05,
    categories: Mapping[str, str | None] | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> tuple[CoxTable, CoxTable]:
    """Univariable table of all covariates, then a multivariable table of those with ``p`` below the limit.

    The second table's intervals take no account of the selection; it describes a cohort and does not validate a model.

    Raises:
        RefusedInput: As `fit_cox`; if no covariate is below the limit.
    """
    first = univariable_cox(outcome, columns, categories=categories, ties=ties, level=level)
    kept = significant_terms(first, p)
    if not kept:
        smallest = min(first.rows, key=lambda row: row.term_p)
        raise RefusedInput(
            what=f"no covariate has p < {p:g} alone",
            where=smallest.term,
            found=f"the smallest p is {smallest.term_p:.3g}",
            remedy="report the univariable table, or choose the covariates by clinical knowledge",
        )
    chosen = {name: reference for name, reference in (categories or {}).items() if name in kept}
    second = multivariable_cox(
        outcome, {name: columns[name] for name in kept}, categories=chosen, ties=ties, level=level
    )
    return first, second


def _rows(model: CoxModel, outcome: Outcome, columns: Columns, level: float) -> tuple[CoxRow, ...]:
    check = check_proportional_hazards(model, outcome, columns)
    coefficient, covariance = np.array(model.coefficients), np.array(model.covariance)
    half = float(stats.norm.ppf(0.5 + level / 2))
    rows = []
    for term, columns_of, proportional in zip(model.terms, term_slices(model.terms), check.rows, strict=True):
        term_p = _wald(coefficient[columns_of], covariance[columns_of, columns_of])[1]
        for j in range(columns_of.start, columns_of.stop):
            beta, error = float(coefficient[j]), float(covariance[j, j] ** 0.5)
            _refuse_overflow(model.names[j], beta, abs(beta) + half * error)
            row = CoxRow(
                term=term.name,
                name=model.names[j],
                reference=term.levels[0] if term.levels else "",
                coefficient=beta,
                standard_error=error,
                hazard_ratio=float(np.exp(beta)),
                lower=float(np.exp(beta - half * error)),
                upper=float(np.exp(beta + half * error)),
                z=beta / error,
                p=float(2 * stats.norm.sf(abs(beta / error))),
                term_p=term_p,
                proportional_p=proportional.p,
                n=model.n,
                n_events=model.n_events,
            )
            rows.append(row)
    return tuple(rows)


def _refuse_overflow(name: str, coefficient: float, largest: float) -> None:
    if largest > LARGEST_LOG_RATIO:
        raise RefusedInput(
            what="the hazard ratio per unit, or its interval, is beyond all numbers: the unit is too large a step",
            where=name,
            found=f"log hazard ratio {coefficient:.3g}",
            remedy="give the covariate in smaller units, such as per standard deviation",
        )


def _fit(model: CoxModel, outcome: Outcome, columns: Columns) -> CoxFit:
    freedom = len(model.names)
    ratio = 2 * (model.log_likelihood - model.null_log_likelihood)
    wald, wald_p = _wald(np.array(model.coefficients), np.array(model.covariance))
    return CoxFit(
        n=model.n,
        n_events=model.n_events,
        degrees_of_freedom=freedom,
        likelihood_ratio=ratio,
        likelihood_ratio_p=float(stats.chi2.sf(ratio, freedom)),
        wald=wald,
        wald_p=wald_p,
        score=model.score_chi_square,
        score_p=float(stats.chi2.sf(model.score_chi_square, freedom)),
        apparent_concordance=concordance_index(outcome, model.linear_predictor(columns)),
        proportional_p=check_proportional_hazards(model, outcome, columns).overall.p,
    )


def _wald(coefficient: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    statistic = float(coefficient @ np.linalg.solve(covariance, coefficient))
    return statistic, float(stats.chi2.sf(statistic, coefficient.size))


def _notes(outcome: Outcome, coefficients: int) -> tuple[str, ...]:
    ratio = outcome.n_events / coefficients
    if ratio >= EVENTS_PER_COEFFICIENT:
        return ()
    return (
        f"{outcome.n_events} events for {coefficients} coefficients: fewer than {EVENTS_PER_COEFFICIENT} events per "
        "coefficient give unstable hazard ratios",
    )
