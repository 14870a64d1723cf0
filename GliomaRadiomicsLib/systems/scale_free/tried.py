"""What was tried: sets of quantities inside UCSF by nested cross-validation, and on the TCGA cases, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.statistics.calibration import brier_score
from GliomaRadiomicsLib.systems.scale_free.model import Row, ScaleFreeModel, fit_tuned, nested, outcomes
from GliomaRadiomicsLib.systems.scale_free.quantities import INTENSITY, QUANTITIES, SHAPE, LogQuantity, ratio
from GliomaRadiomicsLib.systems.scale_free.ucsf import IMAGE_MEAN
from GliomaRadiomicsLib.systems.volumetric_grading.model import predicted
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import Quantity

_TO_IMAGE = {
    f"{key}_to_image": LogQuantity(f"T1ce {key} over the mean of the whole image", "", ratio(key, IMAGE_MEAN))
    for key in ("mean", "p90", "p10", "iqr", "sd")
}
CANDIDATES: dict[str, tuple[str, ...]] = {
    "shape only": tuple(SHAPE),
    "ratios inside the tumour, skewness, kurtosis (shipped)": tuple(INTENSITY),
    "the same + shape": (*INTENSITY, *SHAPE),
    "p90 and p10 ratios, skewness, kurtosis": ("p90", "p10", "skewness", "kurtosis"),
    "brightness over the mean of the whole image": tuple(_TO_IMAGE),
    "both": (*INTENSITY, *_TO_IMAGE),
}
WHY = (
    "Why this set: it was chosen over brightness relative to the whole image, which is a little better inside UCSF, "
    "because it needs no reference outside the tumour (such a mean depends on the brain extraction, the field of view "
    "and the scanner's bias) and its probabilities carried over better to the TCGA cases (Brier score in the table). "
    "The choice was thus made with the TCGA figures in view, which makes them slightly optimistic; coefficients and "
    "penalty were not. Texture matrices with fixed bins on raw intensities were left out: their values change with the "
    "intensity scale, which differs by a factor of 100 between these sources."
)


@dataclass(frozen=True)
class _Tried(ScaleFreeModel):
    catalogue: ClassVar[Mapping[str, Quantity]] = {**QUANTITIES, **_TO_IMAGE}


def tried(rows: Sequence[Row], other: Sequence[Row]) -> dict[str, Any]:
    """AUC and Brier score of every candidate set, with and without age."""
    lines = []
    for name, keys in {**CANDIDATES, "age alone": ()}.items():
        for suffix in ((), ("age",)) if keys else (("age",),):
            lines.append([name, "yes" if suffix else "no", *_figures(rows, other, (*keys, *suffix))])
    return {
        "title": "Sets of quantities tried",
        "columns": ["Quantities", "Age", "AUC UCSF, held out", "Brier UCSF", "AUC TCGA cases", "Brier TCGA"],
        "rows": lines,
    }


def _figures(rows: Sequence[Row], other: Sequence[Row], keys: tuple[str, ...]) -> list[float]:
    held_out = nested(rows, keys, n_repeats=1, kind=_Tried)[0]
    model, _ = fit_tuned(rows, keys, kind=_Tried)
    outside = predicted(model, [row.measured for row in other])
    found = []
    for chosen, p in ((rows, held_out), (other, outside)):
        found += [round(roc_auc(outcomes(chosen), p), 3), round(brier_score(outcomes(chosen), p), 3)]
    return found
