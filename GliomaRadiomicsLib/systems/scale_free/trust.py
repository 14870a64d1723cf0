"""When a prediction from these quantities may be trusted, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import Measured, Quantity

UNDECIDED = (0.35, 0.65)
MARGIN = 0.05
"""Share of the training range by which a value may lie outside without being mentioned."""


NOT_MEASURED = (
    "the outline is automatic, and this model was not measured on such outlines; correct it and give it as mask"
)
NOT_MEASURED_CORRECTED = "the outline is automatic, corrected by hand, and this model was not measured on such outlines"


def outline_reason(*, corrected: bool) -> str:
    """Why an automatic outline calls for caution, also where it was corrected by hand."""
    return NOT_MEASURED_CORRECTED if corrected else NOT_MEASURED


def trust_of(
    measured: Measured,
    ranges: Mapping[str, tuple[float, float]],
    catalogue: Mapping[str, Quantity],
    probability: float | None = None,
    *,
    automatic_outline: bool = False,
    corrected_outline: bool = False,
) -> Trust:
    """Flag and reasons for one prediction.

    Args:
        measured: Of the patient.
        ranges: Lowest and highest value of each quantity among the training patients.
        catalogue: The quantities by key.
        probability: Of the positive class, where there are two.
        automatic_outline: Whether the tumour was outlined by the segmentation.
        corrected_outline: Whether that outline was corrected by hand.
    """
    reasons = [outline_reason(corrected=corrected_outline)] if automatic_outline else []
    if probability is not None and UNDECIDED[0] < probability < UNDECIDED[1]:
        reasons.append(f"undecided: the probability lies between {UNDECIDED[0]} and {UNDECIDED[1]}")
    for key, (low, high) in ranges.items():
        value, margin = catalogue[key].value(measured), MARGIN * (high - low)
        if not low - margin <= value <= high + margin:
            unit = f" {catalogue[key].unit}".rstrip()
            reasons.append(
                f"{catalogue[key].name} {value:.3g}{unit} lies outside the training range {low:.3g} to {high:.3g}"
            )
    return Trust("caution" if reasons else "ok", reasons)
