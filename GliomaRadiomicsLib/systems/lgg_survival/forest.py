"""The random forest that ranks features by what they say about survival.

The paper's forest regresses the survival time. As most patients with a lower-grade glioma are alive, this one regresses
the martingale residual of the empty Cox model (events observed minus expected), in which a censored time counts for
what it is. Source: Therneau et al. 1990, Biometrika 77:147; Breiman 2001, Machine Learning 45:5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.statistics.breslow_baseline import BreslowBaseline
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target, as_outcome

_SHARE = 1 / 3


@dataclass(frozen=True)
class ForestSelection:
    """Keeps the features with the largest importance (decrease of variance) in a random forest.

    Attributes:
        count: Features kept; of equal importance those further left in the table.
        trees: Of the forest.
        seed: Of the forest.
    """

    count: int = 10
    trees: int = 100
    seed: int = 0

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        from sklearn.ensemble import RandomForestRegressor

        residual = martingale_residuals(as_outcome(target, "the random forest"))
        forest = RandomForestRegressor(self.trees, max_features=_SHARE, min_samples_leaf=3, random_state=self.seed)
        importance = forest.fit(table.values, residual).feature_importances_
        mask = np.zeros(table.p, dtype=bool)
        mask[np.argsort(-importance.round(12), kind="stable")[: self.count]] = True
        return ColumnChoice.of(f"random forest, {self.count} best", table, mask)


def martingale_residuals(outcome: Outcome) -> np.ndarray:
    """Event minus cumulative hazard of the whole cohort at the end of follow-up, shape (n,); above 0: died early."""
    baseline = BreslowBaseline.fit(outcome, np.zeros(outcome.n))
    hazard = -np.log(baseline.survival([0.0], outcome.time)[0])
    return np.asarray(outcome.event - hazard, dtype=np.float64)
