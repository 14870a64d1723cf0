"""The support vector machine as plain arrays, fitted by scikit-learn and computed by us: no pickle in a bundle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.systems.fused_grading.selection import inner_folds
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Machine:
    """Decision: sum of ``weights`` x exp(-gamma |x - vector|^2) + intercept; above 0 speaks for WHO grade 4.

    Attributes:
        vectors: Support vectors, shape (m, features).
        weights: Shape (m,).
        intercept: Of the decision.
        gamma: Of the kernel.
        c: Penalty it was fitted with.
    """

    vectors: Floats
    weights: Floats
    intercept: float
    gamma: float
    c: float

    @classmethod
    def fit(
        cls, values: Floats, labels: npt.NDArray[np.intp], settings: FusedSettings, n_patients: int | None = None
    ) -> Machine:
        """Fit on standardised training patients; C and gamma by the AUC of inner folds.

        Args:
            values: Shape (n, features).
            labels: Shape (n,), 1 for WHO grade 4.
            settings: How.
            n_patients: The rows after these are of helper cases: fitted on in every inner fold, never scored.
        """
        from sklearn.model_selection import GridSearchCV
        from sklearn.svm import SVC

        gammas = [width / values.shape[1] for width in settings.gamma_grid]
        grid = {"C": list(settings.c_grid), "gamma": gammas}
        count = len(labels) if n_patients is None else n_patients
        helpers = np.arange(count, len(labels))
        inner = inner_folds(labels[:count], settings.inner_folds, settings.seed)
        folds = [(np.concatenate([train, helpers]), held_out) for train, held_out in inner]
        best = GridSearchCV(SVC(kernel="rbf"), grid, scoring="roc_auc", cv=folds).fit(values, labels)
        machine, chosen = best.best_estimator_, best.best_params_
        return cls(
            np.asarray(machine.support_vectors_, dtype=np.float64),
            np.asarray(machine.dual_coef_[0], dtype=np.float64),
            float(machine.intercept_[0]),
            float(chosen["gamma"]),
            float(chosen["C"]),
        )

    def decision(self, values: npt.ArrayLike) -> Floats:
        """From standardised features, shape (n, features), to (n,)."""
        x = np.atleast_2d(np.asarray(values, dtype=np.float64))
        distance = ((x**2).sum(axis=1)[:, None] + (self.vectors**2).sum(axis=1) - 2.0 * x @ self.vectors.T).clip(
            min=0.0
        )
        return np.exp(-self.gamma * distance) @ self.weights + self.intercept
