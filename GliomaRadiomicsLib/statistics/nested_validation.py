"""Cross-validation in which everything is fitted inside the fold, on whole patients.

What goes in are settings and the table as measured; what was fitted elsewhere is refused (see `pipeline`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.folds import leave_one_out, patient_folds
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import FittedModel, Model, StepReport, Target, require_unfitted

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoldReport:
    """What was learned in one fold.

    Attributes:
        n_train: Training rows.
        n_events: Events (or positive labels) among them.
        n_held_out: Rows predicted.
        steps: What each step kept of the features.
        coefficients: Features in the model, where it has coefficients.
        threshold: Median risk of the training rows.
    """

    n_train: int
    n_events: int
    n_held_out: int
    steps: tuple[StepReport, ...]
    coefficients: dict[str, float]
    threshold: float


@dataclass(frozen=True, eq=False)
class Validation:
    """Predictions for rows held out.

    Attributes:
        risk: Shape (n,), by a model that never saw the row's patient.
        high_risk: Shape (n,), above the median risk of that model's own training rows.
        fold: Shape (n,), fold in which the row was held out.
        discrimination: C-index (survival) or AUC (classes) of all held-out risks together.
        by_fold: The same within each fold; NaN where a fold has no pair to compare (always so in leave-one-out).
        folds: What was learned in each.
        n: Rows, every one of them predicted.
        n_patients: Patients.
        n_events: Events (or positive labels).
    """

    risk: Array
    high_risk: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.intp]
    discrimination: float
    by_fold: Array
    folds: tuple[FoldReport, ...]
    n: int
    n_patients: int
    n_events: int

    def selection_counts(self) -> dict[str, int]:
        """In how many folds each feature had a coefficient, most frequent first."""
        names = [name for fold in self.folds for name in fold.coefficients]
        unique, counts = np.unique(np.asarray(names, dtype=str), return_counts=True)
        order = np.lexsort((unique, -counts))
        return {str(unique[i]): int(counts[i]) for i in order}


def nested_validation(
    model: Model[FittedModel],
    table: FeatureTable,
    target: Target,
    *,
    n_splits: int | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> Validation:
    """Fit ``model`` (a `Pipeline` or `ElasticNetCox`) anew in every fold and predict the patients held out.

    Args:
        model: Settings; whatever it learns, it learns from the training patients of the fold.
        table: Features as measured; ``table.patients`` says which rows belong together.
        target: Outcome or labels, one per row.
        n_splits: Outer folds; None: leave one patient out.
        seed: Of the outer folds.
        workers: Processes.
        progress: Told after each fold; may cancel.

    Raises:
        RefusedInput: If the model is already fitted, the table has been through a fitted step, there are fewer
            patients than folds, or a fold cannot be fitted (no events, missing values).
    """
    require_unfitted(model)
    table.require_raw("cross-validation")
    if table.n != target.n:
        raise RefusedInput(what=f"{table.n} rows of features but {target.n} outcomes", where="features")
    event = _events(target)
    fold = leave_one_out(table.patients) if n_splits is None else patient_folds(table.patients, event, n_splits, seed)
    progress = progress or Progress()
    risk, high = np.empty(table.n), np.empty(table.n, dtype=bool)
    reports: list[FoldReport] = []
    n_folds = int(fold.max()) + 1
    for index, (scores, report) in enumerate(_fold_results(model, table, target, fold, workers)):
        held_out = fold == index
        risk[held_out], high[held_out] = scores, scores > report.threshold
        reports.append(report)
        progress.report((index + 1) / n_folds, f"fold {index + 1} of {n_folds}")
    return Validation(
        risk=risk,
        high_risk=high,
        fold=fold,
        discrimination=_discrimination(target, risk),
        by_fold=np.array([_discrimination(target.take(fold == i), risk[fold == i]) for i in range(n_folds)]),
        folds=tuple(reports),
        n=table.n,
        n_patients=len(set(table.patients)),
        n_events=int(event.sum()),
    )


def _fold_results(
    model: Model[FittedModel], table: FeatureTable, target: Target, fold: npt.NDArray[np.intp], workers: int
) -> Iterator[tuple[Array, FoldReport]]:
    indices = range(int(fold.max()) + 1)
    if workers == 1:
        yield from (_one_fold(model, table, target, fold == index) for index in indices)
        return
    import joblib

    run = joblib.Parallel(n_jobs=workers, return_as="generator")
    yield from run(joblib.delayed(_one_fold)(model, table, target, fold == index) for index in indices)


def _one_fold(
    model: Model[FittedModel], table: FeatureTable, target: Target, held_out: npt.NDArray[np.bool_]
) -> tuple[Array, FoldReport]:
    """Fit on the rest, predict the rows held out; one BLAS thread, as more only slow down matrices this small."""
    from threadpoolctl import threadpool_limits

    part, part_target = table.take(~held_out), target.take(~held_out)
    with threadpool_limits(1):
        fitted = model.fit(part, part_target)
        training = fitted.risk(part)
        scores = fitted.risk(table.take(held_out))
    steps = getattr(fitted, "steps", None)
    inner = getattr(fitted, "model", fitted)
    report = FoldReport(
        n_train=part.n,
        n_events=int(_events(part_target).sum()),
        n_held_out=int(held_out.sum()),
        steps=steps.report if steps is not None else (),
        coefficients=dict(getattr(inner, "coefficients", {})),
        threshold=float(np.median(training)),
    )
    return scores, report


def _events(target: Target) -> npt.NDArray[np.bool_]:
    return target.event if isinstance(target, Outcome) else target.values == 1


def _discrimination(target: Target, risk: Array) -> float:
    """C-index or AUC; NaN where there is nothing to compare."""
    try:
        return concordance_index(target, risk) if isinstance(target, Outcome) else roc_auc(target.values, risk)
    except ValueError:
        return float("nan")
