"""The choice of quantities, and what errors of the segmentation do to the grade, as tables for the model card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from GliomaRadiomicsLib.statistics.auc import auc_with_interval, roc_auc
from GliomaRadiomicsLib.statistics.calibration import brier_score
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import measured_from_parts
from GliomaRadiomicsLib.systems.volumetric_grading.validation import (
    Perturb,
    TrainingRow,
    cross_validate,
    grades,
)

CANDIDATES: dict[str, tuple[str, ...]] = {
    "enhancing volume": ("et",),
    "enhancing volume, enhancing share of the core": ("et", "et_share_tc"),
    "volumes of the three parts": ("et", "ncr_net", "ed"),
    "enhancing volume and share, oedema share, whole volume": ("et", "et_share_tc", "ed_share_wt", "wt"),
}
"""From little to much: how much enhances; which share of the core; all three parts; size and oedema as well."""

RULE = (
    "Choice of the quantities: the lowest cross-validated Brier score without age, and within .002 of it the set with "
    "fewer quantities. The sets were compared on the training patients, which makes the figures of the chosen one "
    "slightly optimistic; those of all sets on the independent patients had been seen too, but do not enter the rule. "
    "The differences between the sets are within chance."
)
TOLERANCE = 0.002
FALSE_ET_ML = 1.0
ET_ERROR = 0.3


def compare(rows: Sequence[TrainingRow], n_repeats: int) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The set the rule chooses, and the table of all sets with and without age."""
    y, aged = grades(rows), [row for row in rows if "age" in row.measured]
    lines, brier = [], {}
    for name, keys in CANDIDATES.items():
        held_out = cross_validate(rows, keys, n_repeats=n_repeats).mean(axis=0)
        with_age = cross_validate(aged, (*keys, "age"), n_repeats=n_repeats).mean(axis=0)
        brier[keys] = brier_score(y, held_out)
        lines.append([name, _auc(y, held_out), round(brier[keys], 4), _auc(grades(aged), with_age)])
        lines[-1].append(round(brier_score(grades(aged), with_age), 4))
    close = [keys for keys in brier if brier[keys] <= min(brier.values()) + TOLERANCE]
    table = {
        "title": "Sets of quantities compared (cross-validated)",
        "columns": ["Quantities", "AUC (95 %)", "Brier", "AUC with age (95 %)", "Brier with age"],
        "rows": lines,
    }
    return min(close, key=len), table


def robustness(rows: Sequence[TrainingRow], keys: tuple[str, ...], n_repeats: int) -> dict[str, Any]:
    """Cross-validated AUC when the held-out patients' enhancing volume is wrong, beside the trivial rule."""
    y = grades(rows)
    lines = []
    for name, perturb in _ERRORS.items():
        held_out = cross_validate(rows, keys, n_repeats=n_repeats, perturb=perturb)
        generator = np.random.default_rng(0)
        rule = [roc_auc(y, [perturb(row, generator)["ET"] for row in rows]) for _ in range(n_repeats)]
        specificity = float((held_out[:, y == 0] < 0.5).mean())
        sensitivity = float((held_out[:, y == 1] >= 0.5).mean())
        aucs = [roc_auc(y, scores) for scores in held_out]
        lines.append([name, *(round(float(np.mean(v)), 3) for v in (aucs, rule, sensitivity, specificity))])
    return {
        "title": "What errors of the enhancing volume do (held-out patients, mean over repeats)",
        "columns": ["Error", "AUC", "AUC of enhancing volume alone", "Sensitivity", "Specificity"],
        "rows": lines,
    }


def _none(row: TrainingRow, generator: np.random.Generator) -> dict[str, float]:
    return row.measured


def _wrong_size(row: TrainingRow, generator: np.random.Generator) -> dict[str, float]:
    return _with_et(row, row.measured["ET"] * generator.uniform(1 - ET_ERROR, 1 + ET_ERROR))


def _false_et(row: TrainingRow, generator: np.random.Generator) -> dict[str, float]:
    return _with_et(row, row.measured["ET"] + (0.0 if row.is_hgg else generator.uniform(0, FALSE_ET_ML)))


def _both(row: TrainingRow, generator: np.random.Generator) -> dict[str, float]:
    return _false_et(TrainingRow(row.patient, _wrong_size(row, generator), row.is_hgg), generator)


_ERRORS: dict[str, Perturb] = {
    "none": _none,
    "enhancing volume wrong by up to 30 %": _wrong_size,
    "0 to 1 ml of false enhancement in grade 2/3": _false_et,
    "both": _both,
}


def _with_et(row: TrainingRow, et: float) -> dict[str, float]:
    return measured_from_parts(row.measured["NCR_NET"], row.measured["ED"], et, row.measured.get("age"))


def _auc(y: np.ndarray, score: np.ndarray) -> str:
    estimate = auc_with_interval(y, score)
    return f"{estimate.auc:.3f} ({estimate.interval[0]:.3f} to {estimate.interval[1]:.3f})"
