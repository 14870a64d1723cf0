"""Maximiser of the Elastic-Net penalised partial likelihood at one penalty, warm-started from the one before.

Maximised is ``loglik / n - penalty * sum(factor * (l1_ratio * |b| + (1 - l1_ratio) / 2 * b**2))``, the objective of
Simon et al. 2011, J Stat Softw 39(5). Where they go through the coefficients one by one, all moving coefficients take
a Newton step together inside their orthant (signs held, Andrew & Gao 2007, ICML), solved in the smaller of the two
dimensions, patients or coefficients: a few matrix products instead of a compiled loop, and the same optimum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.partial_likelihood import Array, Derivatives, PartialLikelihood

_MAX_STEPS = 200
_LARGEST = 40.0
"""An unpenalised standardised coefficient beyond this means that the likelihood has no maximum."""


class ElasticNetSolver:
    """Coefficients and linear predictor at the last penalty solved.

    Args:
        likelihood: Of the n patients.
        rows: Shape (p, n), centred (and usually scaled) features.
        l1_ratio: Share of the absolute-value penalty, above 0 and at most 1.
        factors: Shape (p,), relative penalty of each feature; 0 leaves it unpenalised.
        tolerance: Largest violation of the optimality conditions left, on the scale of the score.
    """

    def __init__(
        self, likelihood: PartialLikelihood, rows: Array, l1_ratio: float, factors: Array, tolerance: float
    ) -> None:
        self._likelihood, self._rows, self._factors = likelihood, rows, factors
        self._l1_ratio, self._tolerance = l1_ratio, tolerance
        self._n = rows.shape[1]
        self.coefficients = np.zeros(rows.shape[0])
        self.predictor = np.zeros(self._n)
        self._gram, self._in_gram = np.zeros((self._n, self._n)), np.zeros(rows.shape[0], dtype=bool)
        self.kept = np.zeros(rows.shape[0], dtype=bool)
        """Features that must stay candidates at the next penalty: none beyond those with a coefficient."""

    def score(self) -> Array:
        """Derivative of the log partial likelihood over n in every coefficient, shape (p,)."""
        return self._rows @ self._likelihood.gradient(self.predictor) / self._n

    def solve(self, penalty: float, candidates: npt.NDArray[np.intp]) -> None:
        """Maximise over the candidate coefficients; the others stay as they are.

        Raises:
            RefusedInput: If no maximum exists (an unpenalised feature separates the patients).
        """
        rows, beta = self._rows[candidates], self.coefficients[candidates]
        l1 = penalty * self._l1_ratio * self._factors[candidates]
        l2 = penalty * (1 - self._l1_ratio) * self._factors[candidates]
        for _ in range(_MAX_STEPS):
            derivatives = self._likelihood.derivatives(self.predictor)
            score = rows @ derivatives.gradient / self._n - l2 * beta
            sign = np.where(beta != 0, np.sign(beta), np.sign(score))
            moving = np.flatnonzero((beta != 0) | (np.abs(score) > l1 + self._tolerance))
            pull = (score - l1 * sign)[moving]
            if moving.size == 0 or np.abs(pull).max() <= self._tolerance:
                break
            moving, step = self._direction(rows, derivatives, l2, pull, moving, beta, sign, candidates)
            if not self._search(rows, beta, moving, step, l1, l2, sign):
                break
            self._check_bounded(beta, candidates)
        self.coefficients[candidates] = beta

    def _direction(
        self,
        rows: Array,
        derivatives: Derivatives,
        l2: Array,
        pull: Array,
        moving: npt.NDArray[np.intp],
        beta: Array,
        sign: Array,
        candidates: npt.NDArray[np.intp],
    ) -> tuple[npt.NDArray[np.intp], Array]:
        """Newton step of the moving coefficients, without those that would leave zero in the wrong direction."""
        while True:
            step = self._newton_step(rows[moving], derivatives, l2[moving], pull, candidates[moving])
            right = (beta[moving] != 0) | (step * sign[moving] > 0)
            if right.all() or not right.any():
                return moving, step
            moving, pull = moving[right], pull[right]

    def _newton_step(
        self, rows: Array, derivatives: Derivatives, l2: Array, pull: Array, members: npt.NDArray[np.intp]
    ) -> Array:
        """Solve ``(rows @ information @ rows.T / n + diag(l2)) step = pull`` in the smaller dimension."""
        n_active, n = rows.shape
        if n_active <= n or l2.min() <= 0:
            information = derivatives.information_of(rows) / n
            diagonal = information.flat[:: n_active + 1]
            information.flat[:: n_active + 1] = diagonal + l2 + 1e-10 * max(float(diagonal.max()), 1e-10)
            return np.linalg.solve(information, pull)
        information = derivatives.information() / n
        system = self._gram_of(members) @ (information * (self._factors[members[0]] / l2[0]))
        system.flat[:: n + 1] += 1.0
        change = np.linalg.solve(system, (pull / l2) @ rows)
        return (pull - rows @ (information @ change)) / l2

    def _gram_of(self, members: npt.NDArray[np.intp]) -> Array:
        """Patients' inner products over the members, each over its factor, shape (n, n); kept from step to step."""
        wanted = np.zeros(self._factors.size, dtype=bool)
        wanted[members] = True
        added, removed = np.flatnonzero(wanted & ~self._in_gram), np.flatnonzero(self._in_gram & ~wanted)
        if added.size + removed.size > members.size / 2:
            self._gram, added, removed = np.zeros((self._n, self._n)), members, removed[:0]
        for sign, changed in ((1.0, added), (-1.0, removed)):
            if changed.size:
                rows = self._rows[changed]
                self._gram += sign * (rows / self._factors[changed, None]).T @ rows
        self._in_gram = wanted
        return self._gram

    def _search(
        self,
        rows: Array,
        beta: Array,
        moving: npt.NDArray[np.intp],
        step: Array,
        l1: Array,
        l2: Array,
        sign: Array,
    ) -> bool:
        """Move ``beta`` along the step, stopping at zero where a sign would change; False if nothing improves."""
        start, signs, active_rows = beta[moving], sign[moving], rows[moving]
        l1, l2 = l1[moving], l2[moving]
        before = self._objective(self.predictor, start, l1, l2)
        for length in _lengths(start, step):
            trial = start + length * step
            trial[trial * signs < 0] = 0.0
            predictor = self.predictor + (trial - start) @ active_rows
            if self._objective(predictor, trial, l1, l2) >= before - 1e-13 * abs(before):
                moved = bool(np.any(trial != start))
                beta[moving], self.predictor = trial, predictor
                return moved
        return False

    def _objective(self, predictor: Array, beta: Array, l1: Array, l2: Array) -> float:
        penalty = float(l1 @ np.abs(beta) + l2 @ beta**2 / 2)
        return self._likelihood.value(predictor) / self._n - penalty

    def _check_bounded(self, beta: Array, candidates: npt.NDArray[np.intp]) -> None:
        size = np.where(self._factors[candidates] == 0, np.abs(beta), 0.0)
        if size.size and size.max() > _LARGEST:
            raise Unbounded(int(candidates[np.argmax(size)]))


class Unbounded(RefusedInput):
    """The likelihood grows without end along one feature; ``feature`` is its position."""

    def __init__(self, feature: int) -> None:
        self.feature = feature
        super().__init__(what="separates the patients perfectly", where=f"feature {feature}")


def _lengths(start: Array, step: Array) -> list[float]:
    """Step lengths to try: the whole step, halves, and the exact one at which the first coefficient reaches zero."""
    crossing = -start[start * step < 0] / step[start * step < 0]
    first = float(crossing.min()) if crossing.size else 1.0
    halves = [0.5**k for k in range(1, 40)]
    return sorted({1.0, *halves, first}, reverse=True) if first < 1.0 else [1.0, *halves]
