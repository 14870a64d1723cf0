"""When a volumetric grade may be trusted, and why not."""

from __future__ import annotations

from typing import Literal

from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.systems.volumetric_grading.model import LinearModel, probability
from GliomaRadiomicsLib.systems.volumetric_grading.outline import Errors, label_changes
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import QUANTITIES, Measured, measured_from_parts

SMALLEST_TUMOUR_ML = 0.5
UNDECIDED = (0.35, 0.65)
ET_ERROR_SHARE = 0.3
ET_ERROR_ML = 1.0
"""Errors of an automatic enhancing volume that a grade should survive: 30 %, or 1 ml where that is more."""


MOST_LABEL_CHANGES = 0.1
"""Share of the measured errors of automatic outlines under which a label may change and still be called sure."""


def trust_of(
    model: LinearModel,
    measured: Measured,
    *,
    has_t1ce: bool,
    outline_errors: Errors | None = None,
    corrected: bool = False,
) -> Trust:
    """Flag and reasons for one prediction.

    Args:
        model: The coefficients used.
        measured: Volumes in ml and, if the model uses it, age.
        has_t1ce: Whether a T1ce was given.
        outline_errors: Of an automatic outline, how wrong such outlines are; None: the outline is the user's own.
        corrected: Whether the automatic outline was corrected by hand; how wrong such outlines are was not measured,
            so the errors of those not corrected stand for it.
    """
    severe = _severe(measured)
    mild = [
        *_unseen(has_t1ce),
        *_undecided(model, measured),
        *_outline(model, measured, outline_errors, corrected=corrected),
        *_unstable(model, measured),
        *_range(model, measured),
    ]
    flag: Literal["ok", "caution", "no"] = "no" if severe else "caution" if mild else "ok"
    return Trust(flag, [*severe, *mild])


def _severe(measured: Measured) -> list[str]:
    whole = measured["WT"]
    if whole >= SMALLEST_TUMOUR_ML:
        return []
    return [f"the tumour measures {whole:.2f} ml; below {SMALLEST_TUMOUR_ML} ml the volumes say nothing"]


def _unseen(has_t1ce: bool) -> list[str]:
    return [] if has_t1ce else ["no T1ce was given, so the enhancing tumour of the label map could not be seen here"]


def _undecided(model: LinearModel, measured: Measured) -> list[str]:
    p = probability(model.log_odds(measured))
    low, high = UNDECIDED
    return [f"undecided: the probability lies between {low} and {high}"] if low < p < high else []


def _outline(model: LinearModel, measured: Measured, errors: Errors | None, *, corrected: bool) -> list[str]:
    if errors is None:
        return []
    by_hand = ", corrected by hand" if corrected else ""
    if not errors:
        return [f"the outline is automatic{by_hand}, and this model states no errors of automatic outlines"]
    changes = label_changes(model, measured, errors)
    if changes <= MOST_LABEL_CHANGES * len(errors):
        return []
    remedy = "" if corrected else "; correct the outline and give it as mask"
    as_were = "such outlines were, not corrected," if corrected else "it was"
    return [
        f"the outline is automatic{by_hand}: wrong in the way {as_were} in {len(errors)} patients of unseen sites, "
        f"the label would change in {changes} of the {len(errors)} ways{remedy}"
    ]


def _unstable(model: LinearModel, measured: Measured) -> list[str]:
    et = measured["ET"]
    error = max(ET_ERROR_SHARE * et, ET_ERROR_ML)
    low, high = max(0.0, et - error), et + error
    is_hgg = model.log_odds(measured) >= 0
    flips = [bound for bound in (low, high) if (model.log_odds(_with_et(measured, bound)) >= 0) != is_hgg]
    return [f"the label changes if the enhancing volume is {flips[0]:.1f} instead of {et:.1f} ml"] if flips else []


def _with_et(measured: Measured, et: float) -> dict[str, float]:
    return measured_from_parts(measured["NCR_NET"], measured["ED"], et, measured.get("age"))


def _range(model: LinearModel, measured: Measured) -> list[str]:
    reasons = []
    for key in model.outside_range(measured):
        quantity, position = QUANTITIES[key], model.keys.index(key)
        low, high = model.lowest[position], model.highest[position]
        reasons.append(
            f"{quantity.name.lower()} {quantity.value(measured):.3g} {quantity.unit} lies outside the training range "
            f"{low:.3g} to {high:.3g}"
        )
    return reasons
