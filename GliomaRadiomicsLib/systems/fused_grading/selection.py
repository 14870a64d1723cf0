"""From 1300 features to eight: Levene's test, LASSO, random forest; each learns from training patients only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.levene import LeveneFilter, levene_test
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Step, Target, as_labels
from GliomaRadiomicsLib.statistics.scaling import MedianImputation, ZScore
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.hgg_survival.measurable import MeasurableFilter

_ALPHAS = 50


def steps_of(settings: FusedSettings) -> list[Step]:
    """All steps in the paper's order, with filling of gaps first."""
    least = settings.n_features
    keep: Literal["equal", "different"] = "equal" if settings.levene == "equal" else "different"
    return [
        MeasurableFilter(),
        MedianImputation(),
        ZScore(),
        LeveneOrBest(settings.levene_level, keep, least),
        LassoSelection(least, settings.inner_folds, settings.seed),
        ForestSelection(least, settings.trees, settings.seed),
    ]


@dataclass(frozen=True)
class LeveneOrBest:
    """`LeveneFilter`; where it would keep fewer than ``least`` features, those whose spread differs most.

    Attributes:
        level: Significance level.
        keep: As `LeveneFilter`.
        least: Smallest number kept.
    """

    level: float
    keep: Literal["equal", "different"]
    least: int

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        chosen = LeveneFilter(self.level, self.keep).fit(table, target)
        if len(chosen.kept) >= self.least:
            return chosen
        p = np.nan_to_num(levene_test(table, as_labels(target, "Levene's filter").values).p, nan=1.0)
        mask = np.zeros(table.p, dtype=bool)
        mask[np.argsort(p if self.keep == "different" else -p, kind="stable")[: self.least]] = True
        return ColumnChoice.of(f"Levene, the {self.least} best", table, mask)


@dataclass(frozen=True)
class LassoSelection:
    """Keeps the features LASSO gives a weight, its penalty chosen by inner folds (Tibshirani 1996).

    Where that are fewer than ``least``, the largest penalty is taken that keeps as many.

    Attributes:
        least: Smallest number kept, where the table has so many.
        folds: Inner folds of the training patients.
        seed: Of the folds.
    """

    least: int
    folds: int
    seed: int

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LassoCV, lasso_path

        x, labels = np.asarray(table.values), as_labels(target, "LASSO").values
        y = labels.astype(np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            folds = inner_folds(labels, self.folds, self.seed)
            mask = LassoCV(alphas=_ALPHAS, cv=folds, max_iter=2000, tol=1e-3).fit(x, y).coef_ != 0
            if mask.sum() < self.least:
                _, path, _ = lasso_path(x, y - y.mean(), alphas=_ALPHAS, max_iter=2000, tol=1e-3)
                enough = np.flatnonzero((path != 0).sum(axis=0) >= self.least)
                mask = path[:, enough[0]] != 0 if enough.size else (path != 0).any(axis=1)
        if not mask.any():
            mask = np.ones(table.p, dtype=bool)
        return ColumnChoice.of("LASSO", table, mask)


@dataclass(frozen=True)
class ForestSelection:
    """Keeps the features of largest importance (decrease of impurity) in a random forest (Breiman 2001).

    Attributes:
        count: Features kept; of equal importance those further left in the table.
        trees: Of the forest.
        seed: Of the forest.
    """

    count: int
    trees: int
    seed: int

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(self.trees, random_state=self.seed)
        importance = forest.fit(table.values, as_labels(target, "the random forest").values).feature_importances_
        mask = np.zeros(table.p, dtype=bool)
        mask[np.argsort(-importance.round(12), kind="stable")[: self.count]] = True
        return ColumnChoice.of(f"random forest, {self.count} best", table, mask)


def inner_folds(
    labels: npt.NDArray[np.intp], folds: int, seed: int
) -> list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Stratified folds of training patients; fewer where a class is small."""
    from sklearn.model_selection import StratifiedKFold

    count = max(2, min(folds, int(np.bincount(labels, minlength=2).min())))
    return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels[:, None], labels))
