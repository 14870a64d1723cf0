"""Elastic-Net Cox model with everything before it, its penalty chosen by cross-validation inside the training patients.

The steps are fitted anew in every inner fold, so the choice of the penalty sees no selection made outside the fold.
Source: Verweij & van Houwelingen 1993, Stat Med 12:2305 (cross-validated partial likelihood); Simon et al. 2011, J Stat
Softw 39(5); standard-error rule and weights as glmnet's grouped ``cv.glmnet``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.breslow_baseline import BreslowBaseline
from GliomaRadiomicsLib.statistics.cox_path import CoxPath, PathSettings, fit_cox_path
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.folds import patient_folds
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import Array, PartialLikelihood
from GliomaRadiomicsLib.statistics.pipeline import FittedSteps, Step, Target, as_outcome, fit_steps


@dataclass(frozen=True, eq=False)
class PenaltyCurve:
    """Cross-validated partial-likelihood deviance per event at each penalty.

    Attributes:
        penalties: Shape (m,), decreasing.
        deviance: Shape (m,), lower is better.
        standard_error: Shape (m,).
        best: Position of the lowest deviance (lambda.min).
        simplest: Position of the largest penalty within one standard error of it (lambda.1se).
    """

    penalties: Array
    deviance: Array
    standard_error: Array
    best: int
    simplest: int


@dataclass(frozen=True, eq=False)
class FittedElasticNetCox:
    """Steps, coefficients at the chosen penalty, and baseline hazard.

    Attributes:
        steps: What each step kept.
        coefficients: Log hazard ratio per unit of the table after the steps, features with a coefficient only.
        path: The whole path; None where the steps left no feature, and then every risk is 0.
        curve: Cross-validation curve; None without a path.
        chosen: Position of the chosen penalty on the path.
        baseline: Breslow baseline at risk 0.
        median_risk: Median risk of the training patients; above it is high risk.
        n: Training rows used.
        n_events: Events among them.
    """

    steps: FittedSteps
    coefficients: dict[str, float]
    path: CoxPath | None
    curve: PenaltyCurve | None
    chosen: int
    baseline: BreslowBaseline
    median_risk: float
    n: int
    n_events: int

    def risk(self, table: FeatureTable) -> Array:
        """Log relative hazard of each row of a raw table, shape (n,)."""
        return _predictors(self.path, self.steps.apply(table))[:, self.chosen]

    def high_risk(self, table: FeatureTable) -> npt.NDArray[np.bool_]:
        """Above the training patients' median, shape (n,)."""
        return self.risk(table) > self.median_risk

    def survival(self, table: FeatureTable, times: npt.ArrayLike) -> Array:
        """Survival probability at each time, shape (n, times); NaN beyond the training patients' follow-up."""
        return self.baseline.survival(self.risk(table), times)


@dataclass(frozen=True)
class ElasticNetCox:
    """Settings; `fit` learns everything from the patients it is given.

    Attributes:
        steps: Filters and transformations before the model.
        path: Settings of the path.
        n_folds: Inner folds.
        rule: "min": lowest deviance; "1se": largest penalty within one standard error of it.
        seed: Of the inner folds.
    """

    steps: tuple[Step, ...] = ()
    path: PathSettings = field(default_factory=PathSettings)
    n_folds: int = 10
    rule: Literal["min", "1se"] = "min"
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rule not in ("min", "1se"):
            raise RefusedInput(what="unknown rule", where="rule", found=self.rule, remedy="min or 1se")

    def fit(self, table: FeatureTable, target: Target) -> FittedElasticNetCox:
        """Fit steps and path, choose the penalty, fit the baseline.

        Raises:
            RefusedInput: If there are no events, fewer patients than folds, missing values, or the table is not raw.
        """
        outcome = as_outcome(target, "a Cox model")
        outcome.require_events(2, "choosing a penalty by cross-validation")
        _check_factor_names(self.path, table)
        steps, reduced = fit_steps(self.steps, table, outcome)
        folds = patient_folds(table.patients, outcome.event, self.n_folds, self.seed)
        path, curve, chosen = None, None, 0
        if reduced.p and np.ptp(reduced.values, axis=0).any():
            path = fit_cox_path(reduced, outcome, _factors_present(self.path, reduced))
            curve = self._curve(table, outcome, path.penalties, folds)
            chosen = curve.best if self.rule == "min" else curve.simplest
        risk = _predictors(path, reduced)[:, chosen]
        return FittedElasticNetCox(
            steps=steps,
            coefficients=_named(path, chosen),
            path=path,
            curve=curve,
            chosen=chosen,
            baseline=BreslowBaseline.fit(outcome, risk),
            median_risk=float(np.median(risk)),
            n=table.n,
            n_events=outcome.n_events,
        )

    def _curve(
        self, table: FeatureTable, outcome: Outcome, penalties: Array, folds: npt.NDArray[np.intp]
    ) -> PenaltyCurve:
        everyone = PartialLikelihood(outcome, self.path.ties)
        settings = replace(self.path, penalties=tuple(penalties.tolist()))
        gains, weights = [], []
        for fold in range(self.n_folds):
            train = np.flatnonzero(folds != fold)
            part = outcome.take(train)
            predictors = self._fold_predictors(table, part, train, settings)
            without = PartialLikelihood(part, self.path.ties)
            gains.append([everyone.deviance(row) - without.deviance(row[train]) for row in predictors.T])
            weights.append(outcome.n_events - part.n_events)
        return _summary(penalties, np.array(gains), np.array(weights, dtype=np.float64))

    def _fold_predictors(
        self, table: FeatureTable, part: Outcome, train: npt.NDArray[np.intp], settings: PathSettings
    ) -> Array:
        """Linear predictors of all rows by a model of the training rows of one fold, shape (n, m)."""
        steps, reduced = fit_steps(self.steps, table.take(train), part)
        if not reduced.p or not np.ptp(reduced.values, axis=0).any():
            return np.zeros((table.n, len(settings.penalties or ())))
        return _predictors(fit_cox_path(reduced, part, _factors_present(settings, reduced)), steps.apply(table))


def _summary(penalties: Array, gains: Array, weights: Array) -> PenaltyCurve:
    """Mean over folds weighted by held-out events, and its standard error; folds without an event add no spread."""
    mean = gains.sum(axis=0) / weights.sum()
    held = weights > 0
    rates = gains[held] / weights[held, None]
    spread = np.average((rates - mean) ** 2, axis=0, weights=weights[held])
    error = np.sqrt(spread / max(int(held.sum()) - 1, 1))
    best = int(np.argmin(mean))
    simplest = int(np.argmax(mean <= mean[best] + error[best]))
    return PenaltyCurve(penalties, mean, error, best, simplest)


def _check_factor_names(settings: PathSettings, table: FeatureTable) -> None:
    unknown = [name for name, _ in settings.factors if name not in set(table.names)]
    if unknown:
        raise RefusedInput(what="no such column for a penalty factor", where=unknown[0], remedy="check the name")


def _factors_present(settings: PathSettings, table: FeatureTable) -> PathSettings:
    """The settings without penalty factors of features that a step has removed."""
    present = set(table.names)
    return replace(settings, factors=tuple(item for item in settings.factors if item[0] in present))


def _predictors(path: CoxPath | None, table: FeatureTable) -> Array:
    return np.zeros((table.n, 1)) if path is None else path.linear_predictor(table)


def _named(path: CoxPath | None, chosen: int) -> dict[str, float]:
    if path is None:
        return {}
    column = path.coefficients[:, chosen]
    return {path.names[j]: float(column[j]) for j in np.flatnonzero(column)}
