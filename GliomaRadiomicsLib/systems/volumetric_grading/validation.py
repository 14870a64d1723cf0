"""Cross-validation of volumetric grading: patient-grouped, stratified, repeated, everything fitted inside the folds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import PairedComparison, auc_with_interval, delong_test
from GliomaRadiomicsLib.statistics.resampling import out_of_fold
from GliomaRadiomicsLib.systems.binary_figures import AUC_NOTE
from GliomaRadiomicsLib.systems.volumetric_grading.model import PENALTY_C, fit_linear, predicted

N_SPLITS = 5
N_REPEATS = 20

Perturb = Callable[["TrainingRow", np.random.Generator], dict[str, float]]
"""What a held-out patient would measure with an imperfect segmentation."""


@dataclass(frozen=True)
class TrainingRow:
    """One patient's measurements (`quantities.Measured`, with ``age`` where known) and grade."""

    patient: str
    measured: dict[str, float]
    is_hgg: bool


def cross_validate(
    rows: Sequence[TrainingRow],
    keys: tuple[str, ...],
    *,
    penalty_c: float = PENALTY_C,
    n_repeats: int = N_REPEATS,
    outcome: npt.ArrayLike | None = None,
    perturb: Perturb | None = None,
    seed: int = 0,
) -> npt.NDArray[np.float64]:
    """Probability of WHO grade 4 of every patient by models that never saw the patient, shape (n_repeats, n).

    Args:
        rows: The patients.
        keys: Quantities of the model.
        penalty_c: As `model.fit_linear`.
        n_repeats: How often the folds are drawn anew.
        outcome: Used instead of the rows' grades (for permutation checks).
        perturb: Applied to held-out patients only.
        seed: Of folds and perturbation.
    """
    y = grades(rows) if outcome is None else np.asarray(outcome)
    generator = np.random.default_rng(seed)

    def fit_predict(train: npt.NDArray, labels: npt.NDArray, held_out: npt.NDArray) -> npt.NDArray:
        model = fit_linear([rows[i].measured for i in train], labels, keys, penalty_c)
        seen = [perturb(rows[i], generator) if perturb else rows[i].measured for i in held_out]
        return predicted(model, seen)

    patients = [row.patient for row in rows]
    return out_of_fold(
        fit_predict, np.arange(len(rows)), y, patients, n_splits=N_SPLITS, n_repeats=n_repeats, seed=seed
    )


def grades(rows: Iterable[TrainingRow]) -> npt.NDArray[np.int_]:
    """1 for WHO grade 4, 0 for 2/3, shape (n,)."""
    return np.array([int(row.is_hgg) for row in rows])


def enhancing_volumes(rows: Iterable[TrainingRow]) -> npt.NDArray[np.float64]:
    """The trivial rule's score: enhancing volume in ml, shape (n,)."""
    return np.array([row.measured["ET"] for row in rows])


def trivial_rule(
    rows: Sequence[TrainingRow], probability: npt.NDArray[np.float64], *, prefix: str, cohort: str
) -> tuple[Figure | None, str]:
    """The rule a grading system is shown beside, enhancing volume alone, on the same patients.

    Returns:
        Its AUC and a sentence comparing it with ``probability`` by DeLong's paired test; (None, "") with one class.
    """
    y = grades(rows)
    if y.min() == y.max():
        return None, ""
    estimate = auc_with_interval(y, enhancing_volumes(rows))
    figure = Figure(
        f"{prefix}_trivial_auc",
        "AUC of the trivial rule",
        estimate.auc,
        y.size,
        cohort,
        "nothing is fitted: the enhancing volume itself is the score",
        estimate.interval,
        AUC_NOTE,
    )
    return figure, compared(delong_test(y, probability, enhancing_volumes(rows)))


def compared(test: PairedComparison) -> str:
    """The comparison with the trivial rule as a sentence."""
    verdict = (
        ("it does not beat that rule measurably" if test.first > test.second else "it is not better than that rule")
        if test.p >= 0.05
        else "it beats that rule"
        if test.first > test.second
        else "it is worse than that rule"
    )
    return (
        f"AUC {test.first:.3f} against {test.second:.3f} for enhancing volume alone on the same patients: {verdict} "
        f"(paired DeLong p = {test.p:.2f})"
    )
