"""The figures of a system that tells two classes apart, the same for every grading system."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import auc_with_interval
from GliomaRadiomicsLib.statistics.calibration import brier_score, calibration
from GliomaRadiomicsLib.statistics.proportion import wilson_interval
from GliomaRadiomicsLib.statistics.resampling import bootstrap_interval

AUC_NOTE = "interval: DeLong"
GRADES = ("grade 4", "grade 2/3")


def binary_figures(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    prefix: str,
    cohort: str,
    validation: str,
    classes: tuple[str, str] = GRADES,
    ranked_by: npt.ArrayLike | None = None,
) -> list[Figure]:
    """AUC, Brier score, sensitivity and specificity at .5, calibration slope and intercept, with intervals.

    Args:
        outcome: Shape (n,), 1 for the positive class.
        probability: Shape (n,), of the positive class; one row per patient.
        prefix: Of the figures' ids, such as ``cv``: ``cv_auc``, ``cv_brier``, ...
        cohort: Which patients.
        validation: How they relate to the training patients.
        classes: What the positive and the negative class are called.
        ranked_by: Scores the AUC is of, where the probabilities are calibrated fold by fold: a calibration that differs
            from fold to fold shifts the folds against each other, against the share of the class held out, and the AUC
            would measure that too. The probabilities themselves unless given.

    Returns:
        The figures that exist: with one class only, no AUC and no calibration.
    """
    y, p = np.asarray(outcome).astype(bool), np.asarray(probability, np.float64)
    figures = []

    def add(name: str, metric: str, value: float, interval: tuple[float, float] | None, n: int, note: str = "") -> None:
        if math.isfinite(value):
            figures.append(Figure(f"{prefix}_{name}", metric, float(value), n, cohort, validation, interval, note))

    if y.any() and not y.all():
        estimate = auc_with_interval(y, p if ranked_by is None else ranked_by)
        note = AUC_NOTE if ranked_by is None else f"{AUC_NOTE}; of the scores before calibration"
        add("auc", "AUC", estimate.auc, estimate.interval, y.size, note)
    add("brier", "Brier score", brier_score(y, p), bootstrap_interval(brier_score, y, p), y.size, "interval: bootstrap")
    for name, metric, rows, hit in (
        ("sensitivity", f"Sensitivity ({classes[0]}) at .5", y, p >= 0.5),
        ("specificity", f"Specificity ({classes[1]}) at .5", ~y, p < 0.5),
    ):
        n, hits = int(rows.sum()), int((rows & hit).sum())
        if n:
            add(name, metric, hits / n, wilson_interval(hits, n), n, f"{hits} of {n}; interval: Wilson")
    if y.any() and not y.all():
        agreement = calibration(y, p)
        add("slope", "Calibration slope", agreement.slope, None, y.size, "1 is ideal")
        add("intercept", "Calibration intercept", agreement.intercept, None, y.size, "0 is ideal")
    return figures
