"""Logistic regression on the quantities, its penalty chosen by cross-validation inside the training patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.resampling import Fold, grouped_stratified_folds, out_of_fold
from GliomaRadiomicsLib.systems.scale_free.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.volumetric_grading.model import LinearModel, fit_linear, predicted
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import Quantity

PENALTIES = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the L2 penalty that are tried."""
N_SPLITS = 5
INNER_SPLITS = 4


@dataclass(frozen=True)
class ScaleFreeModel(LinearModel):
    """A `LinearModel` whose keys are those of `quantities.QUANTITIES`."""

    catalogue: ClassVar[Mapping[str, Quantity]] = QUANTITIES

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Lowest and highest training value of each quantity."""
        return {key: (low, high) for key, low, high in zip(self.keys, self.lowest, self.highest, strict=True)}


@dataclass(frozen=True)
class Row:
    """One training patient: name, measurements and whether the patient is of the positive class."""

    patient: str
    measured: dict[str, float]
    positive: bool


def outcomes(rows: Sequence[Row]) -> npt.NDArray[np.int_]:
    """1 for the positive class, shape (n,)."""
    return np.array([int(row.positive) for row in rows])


def fit_tuned(
    rows: Sequence[Row],
    keys: tuple[str, ...],
    y: npt.NDArray | None = None,
    kind: type[ScaleFreeModel] = ScaleFreeModel,
) -> tuple[ScaleFreeModel, float]:
    """The model with the penalty of the lowest cross-validated log loss, and that penalty; sees these rows only."""
    labels = outcomes(rows) if y is None else y
    folds = grouped_stratified_folds(labels, [row.patient for row in rows], n_splits=INNER_SPLITS)
    losses = [np.mean([_loss(rows, labels, kind, keys, penalty, fold) for fold in folds]) for penalty in PENALTIES]
    chosen = PENALTIES[int(np.argmin(losses))]
    model = fit_linear([row.measured for row in rows], labels, keys, chosen, kind)
    return cast(ScaleFreeModel, model), chosen


def _loss(
    rows: Sequence[Row],
    y: npt.NDArray,
    kind: type[ScaleFreeModel],
    keys: tuple[str, ...],
    penalty: float,
    fold: Fold,
) -> float:
    train, held_out = fold
    model = fit_linear([rows[i].measured for i in train], y[train], keys, penalty, kind)
    p = np.clip(predicted(model, [rows[i].measured for i in held_out]), 1e-9, 1 - 1e-9)
    return float(-np.mean(np.where(y[held_out] == 1, np.log(p), np.log(1 - p))))


def nested(
    rows: Sequence[Row],
    keys: tuple[str, ...],
    *,
    n_repeats: int,
    outcome: npt.NDArray | None = None,
    seed: int = 0,
    kind: type[ScaleFreeModel] = ScaleFreeModel,
) -> npt.NDArray[np.float64]:
    """Probability of every patient by models whose coefficients and penalty never saw the patient, (n_repeats, n).

    Args:
        rows: The patients.
        keys: Quantities of the model.
        n_repeats: How often the outer folds are drawn anew.
        outcome: Used instead of the rows' classes (for permutation checks).
        seed: Of the folds.
        kind: Whose catalogue of quantities the keys belong to.
    """
    y = outcomes(rows) if outcome is None else outcome

    def fit_predict(train: npt.NDArray, labels: npt.NDArray, held_out: npt.NDArray) -> npt.NDArray:
        model, _ = fit_tuned([rows[i] for i in train], keys, labels, kind)
        return predicted(model, [rows[i].measured for i in held_out])

    patients = [row.patient for row in rows]
    return out_of_fold(
        fit_predict, np.arange(len(rows)), y, patients, n_splits=N_SPLITS, n_repeats=n_repeats, seed=seed
    )
