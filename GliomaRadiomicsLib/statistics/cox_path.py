"""Elastic-Net Cox regression along a path of penalties.

Source: Simon, Friedman, Hastie & Tibshirani 2011, J Stat Softw 39(5) (objective, path, warm starts); Tibshirani et al.
2012, JRSS B 74:245 (strong rules).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.coordinate_descent import CoordinateDescentSolver
from GliomaRadiomicsLib.statistics.elastic_net_solver import ElasticNetSolver, Unbounded
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import Array, PartialLikelihood, Ties

Solver = ElasticNetSolver | CoordinateDescentSolver


@dataclass(frozen=True)
class PathSettings:
    """What decides an Elastic-Net Cox path; names and defaults follow glmnet where it has them.

    Attributes:
        l1_ratio: Share of the lasso penalty, above 0 and at most 1 (glmnet's alpha).
        n_penalties: Number of penalties, spaced evenly in the logarithm.
        smallest: Smallest penalty as a share of the largest; None: .01 with fewer patients than features, else 1e-4.
        penalties: Penalties to use instead, decreasing; then the path is not cut short.
        factors: Relative penalty of features by name, 1 where not named, 0 = unpenalised; rescaled as in glmnet.
        standardise: Penalise features on the scale of one standard deviation. Coefficients are always returned on the
            scale of the table.
        ties: "breslow" or "efron".
        convergence: "exact" goes to the optimum; "glmnet" stops where glmnet stops (for comparison with R).
        tolerance: What is left of the optimality conditions; None: 1e-7 of the largest penalty ("glmnet": 1e-7 of the
            null deviance, its default).
    """

    l1_ratio: float = 1.0
    n_penalties: int = 100
    smallest: float | None = None
    penalties: tuple[float, ...] | None = None
    factors: tuple[tuple[str, float], ...] = ()
    standardise: bool = True
    ties: Ties = "breslow"
    convergence: Literal["exact", "glmnet"] = "exact"
    tolerance: float | None = None

    def __post_init__(self) -> None:
        checks = (
            (0 < self.l1_ratio <= 1, "l1_ratio", self.l1_ratio, "choose above 0 (.001 is nearly ridge) and at most 1"),
            (self.n_penalties >= 1, "n_penalties", self.n_penalties, "at least 1"),
            (self.smallest is None or 0 < self.smallest < 1, "smallest", self.smallest, "between 0 and 1"),
            (_decreasing(self.penalties), "penalties", self.penalties, "positive and decreasing"),
            (all(factor >= 0 for _, factor in self.factors), "factors", self.factors, "zero or above"),
            (self.convergence in ("exact", "glmnet"), "convergence", self.convergence, "exact or glmnet"),
        )
        for right, where, found, remedy in checks:
            if not right:
                raise RefusedInput(what="setting out of range", where=where, found=found, remedy=remedy)


@dataclass(frozen=True, eq=False)
class CoxPath:
    """Fitted coefficients at every penalty.

    Attributes:
        names: Length p.
        penalties: Shape (m,), decreasing.
        coefficients: Shape (p, m), on the scale of the table.
        centre: Shape (p,), feature means of the training patients; the linear predictor is zero there.
        deviance_ratio: Shape (m,), share of the null deviance explained.
        constant: Features that do not vary in the training patients; their coefficient is 0.
        n: Patients used.
        n_events: Events among them.
    """

    names: tuple[str, ...]
    penalties: Array
    coefficients: Array
    centre: Array
    deviance_ratio: Array
    constant: tuple[str, ...]
    n: int
    n_events: int

    def linear_predictor(self, table: FeatureTable) -> Array:
        """Log relative hazard at every penalty, shape (rows, m); columns are found by name.

        Raises:
            RefusedInput: If a column with a coefficient is missing or has missing values.
        """
        used = np.flatnonzero(self.coefficients.any(axis=1))
        chosen = table.columns([self.names[j] for j in used])
        chosen.require_complete("prediction")
        return np.asarray((chosen.values - self.centre[used]) @ self.coefficients[used])

    def n_selected(self) -> npt.NDArray[np.intp]:
        """Number of features with a coefficient, shape (m,)."""
        return np.count_nonzero(self.coefficients, axis=0)


def fit_cox_path(table: FeatureTable, outcome: Outcome, settings: PathSettings | None = None) -> CoxPath:
    """Fit the path; as in glmnet it ends where .99 is explained or four steps add less than .001 of what is explained.

    Raises:
        RefusedInput: If patients and outcomes differ in number, no event was observed, values are missing, all
            features are constant, or an unpenalised feature separates the patients or depends on the others.
    """
    settings = settings or PathSettings()
    if table.n != outcome.n:
        raise RefusedInput(what=f"{table.n} rows of features but {outcome.n} outcomes", where="features")
    table.require_complete("an Elastic-Net Cox model")
    likelihood = PartialLikelihood(outcome, settings.ties)
    centre, spread = table.values.mean(axis=0), table.values.std(axis=0)
    constant = spread <= 1e-12 * np.maximum(np.abs(centre), 1e-300)
    scale = np.where(constant, 1.0, spread if settings.standardise else 1.0)
    rows = np.ascontiguousarray(((table.values - centre) / scale).T)
    rows[constant] = 0.0
    factors = _factors(settings, table.names, constant)
    try:
        penalties, coefficients, ratios = _run(likelihood, rows, factors, settings)
    except Unbounded as error:
        raise RefusedInput(
            what="separates the patients perfectly, so that its hazard ratio has no finite estimate",
            where=table.names[error.feature],
            found=f"{outcome.n} patients, {outcome.n_events} events",
            remedy="give it a penalty factor above 0, or leave it out",
        ) from None
    return CoxPath(
        names=tuple(table.names),
        penalties=penalties,
        coefficients=coefficients / scale[:, None],
        centre=centre,
        deviance_ratio=ratios,
        constant=tuple(name for name, flag in zip(table.names, constant, strict=True) if flag),
        n=outcome.n,
        n_events=outcome.n_events,
    )


def _run(
    likelihood: PartialLikelihood, rows: Array, factors: Array, settings: PathSettings
) -> tuple[Array, Array, Array]:
    """Penalties, standardised coefficients (p, m) and deviance ratios."""
    solver, largest = _start(likelihood, rows, factors, settings)
    penalties, previous = _penalties(settings, rows.shape, largest), largest
    null = likelihood.deviance(np.zeros(rows.shape[1]))
    found: list[Array] = []
    ratios: list[float] = []
    score = np.abs(solver.score())
    for penalty in penalties:
        score = _solve_screened(solver, float(penalty), previous, score, factors, settings.l1_ratio)
        previous = float(penalty)
        found.append(solver.coefficients.copy())
        ratios.append(1 - likelihood.deviance(solver.predictor) / null)
        if settings.penalties is None and _flat(ratios):
            break
    return penalties[: len(found)], np.array(found).T, np.array(ratios)


def _flat(ratios: list[float]) -> bool:
    """True where going on explains nothing more: glmnet's rule."""
    return len(ratios) >= 5 and (ratios[-1] > 0.99 or ratios[-1] - ratios[-5] < 1e-3 * ratios[-1])


def _start(likelihood: PartialLikelihood, rows: Array, factors: Array, settings: PathSettings) -> tuple[Solver, float]:
    """A solver holding the unpenalised fit, and the smallest penalty at which no other feature enters."""
    free = np.flatnonzero(factors == 0)
    first = np.abs(rows @ likelihood.gradient(np.zeros(rows.shape[1]))).max() / rows.shape[1]
    solver: Solver
    if settings.convergence == "exact":
        solver = ElasticNetSolver(likelihood, rows, settings.l1_ratio, factors, (settings.tolerance or 1e-7) * first)
    else:
        solver = CoordinateDescentSolver(likelihood, rows, settings.l1_ratio, factors, settings.tolerance or 1e-7)
    if free.size:
        solver.solve(0.0, free)
    penalised = np.isfinite(factors) & (factors > 0)
    if not penalised.any():
        return solver, 1.0
    return solver, float((np.abs(solver.score()[penalised]) / factors[penalised]).max() / settings.l1_ratio)


def _solve_screened(
    solver: Solver, penalty: float, previous: float, score: Array, factors: Array, l1_ratio: float
) -> Array:
    """Solve over the features that pass the sequential strong rule, then over those it wrongly discarded."""
    chosen = (score >= l1_ratio * factors * (2 * penalty - previous)) | (factors == 0)
    chosen |= (solver.coefficients != 0) | solver.kept
    while True:
        solver.solve(penalty, np.flatnonzero(chosen))
        score = np.abs(solver.score())
        wrong = ~chosen & (score > l1_ratio * penalty * factors * (1 + 1e-7))
        if not wrong.any():
            return score
        chosen |= wrong


def _penalties(settings: PathSettings, shape: tuple[int, ...], largest: float) -> Array:
    if settings.penalties is not None:
        return np.asarray(settings.penalties, dtype=np.float64)
    smallest = settings.smallest or (0.01 if shape[1] < shape[0] else 1e-4)
    return largest * np.geomspace(1.0, smallest, settings.n_penalties)


def _factors(settings: PathSettings, names: npt.ArrayLike, constant: npt.NDArray[np.bool_]) -> Array:
    """Penalty factors summing to the number of features; constant features never enter."""
    known = {str(name): j for j, name in enumerate(np.asarray(names).tolist())}
    factors = np.ones(len(known))
    for name, factor in settings.factors:
        if name not in known:
            raise RefusedInput(what="no such column for a penalty factor", where=name, remedy="check the name")
        factors[known[name]] = factor
    if constant.all():
        raise RefusedInput(
            what="no feature varies between the patients",
            where=next(iter(known), "features"),
            remedy="give at least one feature that varies",
        )
    if factors.sum() > 0:
        factors = factors * factors.size / factors.sum()
    return np.where(constant, 1.0, factors) if factors.any() else np.where(constant, 1.0, 0.0)


def _decreasing(penalties: tuple[float, ...] | None) -> bool:
    if penalties is None:
        return True
    array = np.asarray(penalties, dtype=np.float64)
    return bool(array.size and (array > 0).all() and (np.diff(array) < 0).all())
