"""Folds that keep a patient together, predictions for patients held out, and bootstrap intervals over patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""Row indices of the training part and of the held-out part."""

FitPredict = Callable[[npt.NDArray, npt.NDArray, npt.NDArray], npt.NDArray]
"""Called with training rows, training outcomes and held-out rows; answers one score per held-out row."""


def grouped_stratified_folds(
    outcome: npt.ArrayLike, groups: Sequence[object], *, n_splits: int = 5, seed: int = 0
) -> list[Fold]:
    """Shuffled folds with about the same share of positives, in which no group is on both sides.

    Args:
        outcome: Shape (n,), 0 or 1; a group counts as positive if any of its rows is.
        groups: Length n, the patient of each row.
        n_splits: Number of folds.
        seed: Of the shuffling.

    Raises:
        ValueError: If a class has fewer groups than there are folds.
    """
    y = np.asarray(outcome).astype(bool)
    names, member = np.unique(np.asarray([str(group) for group in groups]), return_inverse=True)
    positive = np.zeros(names.size, dtype=bool)
    np.logical_or.at(positive, member, y)
    smaller = int(min(positive.sum(), (~positive).sum()))
    if smaller < n_splits:
        msg = f"{n_splits} folds need at least {n_splits} patients of each class; the smaller class has {smaller}"
        raise ValueError(msg)
    generator = np.random.default_rng(seed)
    fold_of_group = np.empty(names.size, dtype=int)
    for is_positive in (True, False):
        rows = generator.permutation(np.flatnonzero(positive == is_positive))
        start = 0 if is_positive else int(positive.sum())
        fold_of_group[rows] = (np.arange(rows.size) + start) % n_splits
    fold = fold_of_group[member]
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_splits)]


def out_of_fold(
    fit_predict: FitPredict,
    rows: npt.NDArray,
    outcome: npt.ArrayLike,
    groups: Sequence[object],
    *,
    n_splits: int = 5,
    n_repeats: int = 20,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Score of every row by models that never saw its patient, shape (n_repeats, n).

    Whatever is fitted (imputation, scaling, selection, tuning) belongs inside ``fit_predict``; it sees nothing of the
    held-out outcomes.

    Raises:
        ValueError: As `grouped_stratified_folds`.
    """
    y = np.asarray(outcome)
    scores = np.full((n_repeats, y.size), np.nan)
    for repeat in range(n_repeats):
        for train, held_out in grouped_stratified_folds(y, groups, n_splits=n_splits, seed=seed + repeat):
            scores[repeat, held_out] = fit_predict(rows[train], y[train], rows[held_out])
    return scores


def bootstrap_interval(
    statistic: Callable[..., float],
    *arrays: npt.ArrayLike,
    groups: Sequence[object] | None = None,
    n_resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of ``statistic(*arrays)`` when whole patients are drawn with replacement.

    Resamples in which the statistic cannot be computed (raises ValueError, or is not finite) are left out.

    Args:
        statistic: Called with the arrays, resampled alike along axis 0.
        *arrays: Length n each.
        groups: Length n, the patient of each row; None if every row is a patient.
        n_resamples: Number of resamples.
        level: Coverage aimed at.
        seed: Of the drawing.

    Raises:
        ValueError: If the statistic could be computed in fewer than half the resamples.
    """
    data = [np.asarray(array) for array in arrays]
    names = np.arange(len(data[0])) if groups is None else np.asarray([str(group) for group in groups])
    rows_of = [np.flatnonzero(names == name) for name in np.unique(names)]
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(n_resamples):
        rows = np.concatenate([rows_of[i] for i in generator.integers(0, len(rows_of), len(rows_of))])
        try:
            value = statistic(*(array[rows] for array in data))
        except ValueError:
            continue
        if np.isfinite(value):
            values.append(value)
    if len(values) < n_resamples / 2:
        msg = f"the statistic could be computed in only {len(values)} of {n_resamples} resamples"
        raise ValueError(msg)
    return percentile_interval(values, level)


def bootstrap_counts(n: int, n_resamples: int, seed: int, batch: int = 250) -> Iterator[npt.NDArray[np.float64]]:
    """How often each of n patients is drawn in each resample, for statistics that take weights; a fast bootstrap.

    Yields:
        Shape (b, n) with b up to ``batch``, rows summing to n, until all resamples are drawn.
    """
    generator = np.random.default_rng(seed)
    for start in range(0, n_resamples, batch):
        size = min(batch, n_resamples - start)
        yield generator.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)


def percentile_interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The quantiles that leave half of ``1 - level`` outside at either end."""
    low, high = np.quantile(np.asarray(values, dtype=np.float64), [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
