"""Fitting both sets of coefficients and writing down, as metadata, what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.scale_free.model import N_SPLITS, Row, ScaleFreeModel, fit_tuned, nested, outcomes
from GliomaRadiomicsLib.systems.scale_free.quantities import INTENSITY, QUANTITIES
from GliomaRadiomicsLib.systems.scale_free.target import Target
from GliomaRadiomicsLib.systems.settings import check_quantities, settings_from


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    Attributes:
        quantities: Keys of `quantities.QUANTITIES` without ``age``, which the second set adds.
        repeats: How often the five outer folds are drawn anew for the measured figures.
        permutations: How often the classes are shuffled to show that nothing is learned from chance; 0: not checked.
        name: Of the bundle; empty: the system's.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    quantities: tuple[str, ...] = tuple(INTENSITY)
    repeats: int = 5
    permutations: int = 0
    name: str = ""
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitSettings:
        """Settings of a configuration file.

        Raises:
            RefusedInput: For an unknown setting or quantity, or no repeat.
        """
        settings = settings_from(cls, config)
        check_quantities(settings.quantities, [key for key in QUANTITIES if key != "age"])
        return settings


@dataclass(frozen=True)
class Fitted:
    """Both sets of coefficients (``with_age`` is None where ages were lacking) and the bundle's metadata."""

    without_age: ScaleFreeModel
    with_age: ScaleFreeModel | None
    metadata: dict[str, Any]


def fit_rows(rows: Sequence[Row], target: Target, settings: FitSettings, left_out: Mapping[str, int]) -> Fitted:
    """Fit on all rows, and measure by nested cross-validation on the same rows.

    Args:
        rows: One per patient.
        target: What is predicted.
        settings: How to fit.
        left_out: How many patients were left out, by reason; stated in the metadata.

    Raises:
        RefusedInput: With fewer than five patients of a class.
    """
    _check_counts(rows, target)
    aged = [row for row in rows if "age" in row.measured]
    has_age = _enough(aged)
    plain, figures, said = _fit_one(rows, settings.quantities, target, settings)
    model, penalties = None, {"without age": said}
    if has_age:
        model, more, penalties["with age"] = _fit_one(aged, (*settings.quantities, "age"), target, settings)
        figures += more
    metadata = _metadata(rows, target, settings, {"n_with_age": len(aged) if has_age else 0, **left_out})
    metadata["training"]["penalty_c"] = penalties
    metadata["evidence"] = {"figures": [figure.to_dict() for figure in figures], "notes": []}
    return Fitted(plain, model, metadata)


def _fit_one(
    rows: Sequence[Row], keys: tuple[str, ...], target: Target, settings: FitSettings
) -> tuple[ScaleFreeModel, list[Figure], float]:
    model, penalty = fit_tuned(rows, keys)
    prefix, said = ("cv_age", "with age") if "age" in keys else ("cv", "without age")
    validation = (
        f"nested {N_SPLITS}-fold cross-validation x {settings.repeats}, patient-grouped, stratified, penalty chosen "
        f"inside the fold; each patient's held-out probabilities averaged; model {said}"
    )
    held_out = nested(rows, keys, n_repeats=settings.repeats)
    figures = binary_figures(
        outcomes(rows), held_out.mean(axis=0), prefix=prefix, cohort=settings.cohort, validation=validation,
        classes=target.classes,
    )  # fmt: skip
    if settings.permutations:
        figures.append(_permuted(rows, keys, settings, prefix, said))
    return model, figures, penalty


def _permuted(rows: Sequence[Row], keys: tuple[str, ...], settings: FitSettings, prefix: str, said: str) -> Figure:
    generator = np.random.default_rng(0)
    aucs = []
    for seed in range(settings.permutations):
        y = generator.permutation(outcomes(rows))
        aucs.append(roc_auc(y, nested(rows, keys, n_repeats=1, outcome=y, seed=seed)[0]))
    note = f"mean of {len(aucs)} shuffles, SD {np.std(aucs):.3f}; chance is .5"
    validation = f"the same cross-validation after the classes were shuffled among the patients; model {said}"
    return Figure(
        f"{prefix}_permuted_auc", "AUC, shuffled classes", float(np.mean(aucs)), len(rows), settings.cohort, validation,
        note=note,
    )  # fmt: skip


def _check_counts(rows: Sequence[Row], target: Target) -> None:
    if not _enough(rows):
        n_positive = int(outcomes(rows).sum()) if rows else 0
        raise RefusedInput(
            what=f"too few patients: {N_SPLITS + 1} of each class are the least",
            where="cohort",
            found=f"{n_positive} {target.classes[0]}, {len(rows) - n_positive} {target.classes[1]}",
            remedy=f"add patients with a T1ce, a label map and the column '{target.column}'",
        )


def _enough(rows: Sequence[Row]) -> bool:
    positive = {row.patient for row in rows if row.positive}
    negative = {row.patient for row in rows} - positive
    return min(len(positive), len(negative)) > N_SPLITS


def _metadata(rows: Sequence[Row], target: Target, settings: FitSettings, counts: Mapping[str, int]) -> dict[str, Any]:
    n_positive = int(outcomes(rows).sum())
    share = n_positive / len(rows)
    return {
        "name": settings.name or target.system,
        "system": target.system,
        "version": "1.0",
        "licence": settings.licence,
        "attribution": list(settings.attribution),
        "input": {
            "t1ce": "intensities as the scanner made them (any scale, bias correction allowed, no z-scores)",
            "label_map": "0/1/2/4 on the same grid; all labels together are the whole tumour",
            "quantities": [QUANTITIES[key].name for key in settings.quantities],
            "age": "years, optional" if counts["n_with_age"] else "not used",
        },
        "training": {
            "cohort": settings.cohort,
            "n": len(rows),
            f"n {target.classes[0]}": n_positive,
            f"n {target.classes[1]}": len(rows) - n_positive,
            **counts,
            "model": "logistic regression on standardised quantities, L2 penalty chosen by cross-validated log loss",
        },
        "intended_use": f"Research: the probability of {target.question}, from the brightness distribution of the "
        "whole tumour on T1ce, in quantities that do not depend on the scanner's intensity scale, and age.",
        "not_for": [
            "Diagnosis or treatment decisions",
            "Treated tumours, metastases, or anything that is not a glioma",
            "Images whose intensities were shifted (z-scores, CT), or without contrast agent",
        ],
        "limitations": [f"The probability assumes the training share of {target.classes[0]}, {share:.0%}."],
    }
