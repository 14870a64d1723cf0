"""ROC and calibration of a grading system as plain data; `reports.survival_figures` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.auc import auc_with_interval
from GliomaRadiomicsLib.statistics.calibration import calibration
from GliomaRadiomicsLib.statistics.proportion import wilson_interval
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry

Chart = dict[str, Any]
_DIGITS = 5
_PER_GROUP, _MOST_GROUPS = 4, 10


def charts_of(
    entries: Sequence[Entry],
    probability: npt.ArrayLike,
    system: str,
    said: str,
    ranked_by: npt.ArrayLike | None = None,
) -> dict[str, Chart]:
    """Both charts by name; none with one grade only.

    Args:
        entries: The patients.
        probability: Of WHO grade 4, shape (n,).
        system: Name in the legend; the trivial rule is drawn beside it.
        said: Which patients, for the titles.
        ranked_by: Scores of the ROC, as in `binary_figures`.
    """
    y, p = np.array([entry.is_hgg for entry in entries]), np.asarray(probability, dtype=np.float64)
    if y.all() or not y.any():
        return {}
    volume = np.array([entry.enhancing_ml for entry in entries])
    counts = {"n": int(y.size), "n_positive": int(y.sum()), "positive": "grade 4"}
    curves = [
        _curve(y, p if ranked_by is None else np.asarray(ranked_by, dtype=np.float64), system),
        _curve(y, volume, "enhancing volume alone"),
    ]
    return {
        "roc": {"kind": "binary_roc", "title": f"Grade 4 against 2/3: {said}", **counts, "curves": curves},
        "calibration": {
            "kind": "binary_calibration",
            "title": f"Calibration: {said}",
            **counts,
            **_agreement(y, p),
            "groups": _groups(y, p),
        },
    }


def _curve(y: npt.NDArray[np.bool_], score: npt.NDArray[np.float64], name: str) -> Chart:
    found = auc_with_interval(y, score)
    limits = [np.inf, *np.unique(score)[::-1]]
    return {
        "name": name,
        "auc": round(found.auc, _DIGITS),
        "ci": [round(bound, _DIGITS) for bound in found.interval],
        "false_positive_rate": [round(float((score[~y] >= limit).mean()), _DIGITS) for limit in limits],
        "true_positive_rate": [round(float((score[y] >= limit).mean()), _DIGITS) for limit in limits],
    }


def _agreement(y: npt.NDArray[np.bool_], p: npt.NDArray[np.float64]) -> Chart:
    found = calibration(y, p)
    return {
        name: round(value, _DIGITS) if np.isfinite(value) else None
        for name, value in (("slope", found.slope), ("intercept", found.intercept), ("brier", found.brier))
    }


def _groups(y: npt.NDArray[np.bool_], p: npt.NDArray[np.float64]) -> list[Chart]:
    """Patients in groups of rising probability, as equal in size as they come."""
    count = int(np.clip(y.size // _PER_GROUP, 1, _MOST_GROUPS))
    groups = []
    for rows in np.array_split(np.argsort(p, kind="stable"), count):
        hits = int(y[rows].sum())
        low, high = wilson_interval(hits, rows.size)
        groups.append(
            {
                "predicted": round(float(p[rows].mean()), _DIGITS),
                "observed": round(hits / rows.size, _DIGITS),
                "lower": round(low, _DIGITS),
                "upper": round(high, _DIGITS),
                "n": int(rows.size),
            }
        )
    return groups
