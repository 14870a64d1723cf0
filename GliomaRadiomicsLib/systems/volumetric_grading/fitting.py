"""Fitting both sets of coefficients and writing down, as metadata, what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.settings import check_quantities, settings_from
from GliomaRadiomicsLib.systems.volumetric_grading.model import PENALTY_C, LinearModel, fit_linear
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import QUANTITIES
from GliomaRadiomicsLib.systems.volumetric_grading.validation import (
    N_REPEATS,
    N_SPLITS,
    TrainingRow,
    cross_validate,
    grades,
    trivial_rule,
)

DEFAULT_QUANTITIES = ("et", "et_share_tc")


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    Attributes:
        quantities: Keys of `quantities.QUANTITIES` without ``age``, which the second set adds.
        penalty_c: Inverse strength of the L2 penalty.
        repeats: How often the five folds are drawn anew for the measured figures.
        name: Of the bundle.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    quantities: tuple[str, ...] = DEFAULT_QUANTITIES
    penalty_c: float = PENALTY_C
    repeats: int = N_REPEATS
    name: str = "volumetric_grading"
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitSettings:
        """Settings of a configuration file.

        Raises:
            RefusedInput: For an unknown setting or quantity, a penalty that is not positive, or no repeat.
        """
        settings = settings_from(cls, config)
        check_quantities(settings.quantities, [key for key in QUANTITIES if key != "age"])
        if not settings.penalty_c > 0:
            found = settings.penalty_c
            raise RefusedInput(what="not a penalty", where="penalty_c", found=found, remedy="give it above 0")
        return settings


@dataclass(frozen=True)
class Fitted:
    """Both sets of coefficients (``with_age`` is None where ages were lacking) and the bundle's metadata."""

    without_age: LinearModel
    with_age: LinearModel | None
    metadata: dict[str, Any]


def fit_rows(rows: Sequence[TrainingRow], settings: FitSettings, n_left_out: int = 0) -> Fitted:
    """Fit on all rows, and measure by cross-validation on the same rows.

    Args:
        rows: One per patient.
        settings: How to fit.
        n_left_out: Patients left out for want of a grade; stated in the metadata.

    Raises:
        RefusedInput: With fewer than five patients of a grade.
    """
    _check_counts(rows)
    aged = [row for row in rows if "age" in row.measured]
    with_age = _has_enough(aged)
    parts = [_fit_one(rows, settings.quantities, settings, "cv")]
    if with_age:
        parts.append(_fit_one(aged, (*settings.quantities, "age"), settings, "cv_age"))
    evidence = {
        "figures": [figure for part in parts for figure in part[1]],
        "notes": [part[2] for part in parts],
        "prediction_note": parts[0][2],
    }
    metadata = _metadata(rows, settings, evidence, len(aged) if with_age else 0, n_left_out)
    return Fitted(parts[0][0], parts[1][0] if with_age else None, metadata)


def _fit_one(
    rows: Sequence[TrainingRow], keys: tuple[str, ...], settings: FitSettings, prefix: str
) -> tuple[LinearModel, list[dict[str, Any]], str]:
    model = fit_linear([row.measured for row in rows], grades(rows), keys, settings.penalty_c)
    held_out = cross_validate(rows, keys, penalty_c=settings.penalty_c, n_repeats=settings.repeats).mean(axis=0)
    has_age = "age" in keys
    said = "with age" if has_age else "without age"
    cohort = f"{settings.cohort}; the {len(rows)} with a known age" if has_age else settings.cohort
    validation = (
        f"{N_SPLITS}-fold cross-validation x {settings.repeats}, patient-grouped, stratified, everything fitted in the "
        f"fold; each patient's held-out probabilities averaged; model {said}"
    )
    figures = binary_figures(grades(rows), held_out, prefix=prefix, cohort=cohort, validation=validation)
    rule, comparison = trivial_rule(rows, held_out, prefix=prefix, cohort=cohort)
    return model, [figure.to_dict() for figure in [*figures, *([rule] if rule else [])]], f"Model {said}: {comparison}."


def _check_counts(rows: Sequence[TrainingRow]) -> None:
    if not _has_enough(rows):
        n_high = int(grades(rows).sum()) if rows else 0
        raise RefusedInput(
            what=f"too few patients: {N_SPLITS} of each grade are the least",
            where="cohort",
            found=f"{n_high} of grade 4, {len(rows) - n_high} of grade 2/3",
            remedy="add patients with a label map and a grade",
        )


def _has_enough(rows: Sequence[TrainingRow]) -> bool:
    high = {row.patient for row in rows if row.is_hgg}
    low = {row.patient for row in rows} - high
    return min(len(high), len(low)) >= N_SPLITS


def _metadata(
    rows: Sequence[TrainingRow], settings: FitSettings, evidence: dict[str, Any], n_aged: int, n_left_out: int
) -> dict[str, Any]:
    n_high = int(grades(rows).sum())
    return {
        "name": settings.name,
        "system": "volumetric_grading",
        "version": "1.0",
        "licence": settings.licence,
        "attribution": list(settings.attribution),
        "input": {
            "label_map": "0/1/2/4: necrotic and non-enhancing core 1, oedema 2, enhancing tumour 4; any voxel size",
            "quantities": [QUANTITIES[key].name.lower() for key in settings.quantities],
            "age": "years, optional" if n_aged else "not used",
        },
        "training": {
            "cohort": settings.cohort,
            "n": len(rows),
            "n_grade_4": n_high,
            "n_grade_2_3": len(rows) - n_high,
            "n_with_age": n_aged,
            "n_left_out_without_grade": n_left_out,
            "model": f"logistic regression, L2 penalty with C = {settings.penalty_c:g} on standardised quantities",
        },
        "evidence": evidence,
        "intended_use": "Research: the probability of WHO grade 4 against 2/3 of a glioma before treatment, from the "
        "volumes of its parts; the transparent rule other grading systems are compared with.",
        "not_for": [
            "Diagnosis or treatment decisions",
            "Treated tumours, metastases, or anything that is not a glioma",
            "Cases without T1ce: enhancement cannot be seen",
        ],
        "limitations": [
            f"The probability assumes the training share of grade 4, {n_high / len(rows):.0%}.",
        ],
    }
