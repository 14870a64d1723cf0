"""Volumes of the tumour's regions, before and after an edit, and how sure the outline is."""

from __future__ import annotations

from dataclasses import dataclass

from GliomaRadiomicsLib.core.labels import LABELS, REGION_NAMES, REGIONS
from GliomaRadiomicsLib.core.results import CaseResult, SegmentationResult
from GliomaRadiomicsLib.reports.markup import is_number, number
from GliomaRadiomicsLib.reports.measured import (
    dice_patients,
    dice_words,
    outline_is_automatic,
    patients_count,
    volume_words,
)
from GliomaRadiomicsLib.reports.wording import CORRECTED

_ORDER = ("WT", "TC", "ET", "NCR_NET", "ED")
_EXPECTED = "expected_dice_"


@dataclass(frozen=True)
class TumourRow:
    """One region.

    Attributes:
        region: Key of `core.labels.REGIONS`.
        name: In words.
        colour_rgb: 0 to 1, as the segment is drawn; None for a region that is several segments together.
        volume_ml: Volume in ml; None where it could not be seen or was not measured.
        volume_text: The volume with its unit, or why there is none.
        before_ml: Volume before the edit; None without one.
        change_percent: Change against before; None without one, or where before was 0.
        shown_as_segment: Whether the region is a segment of its own, to be shown and hidden.
        dice_text: Dice measured on unseen patients, empty where not measured or the outline was given.
    """

    region: str
    name: str
    colour_rgb: tuple[float, float, float] | None
    volume_ml: float | None
    volume_text: str
    before_ml: float | None
    change_percent: float | None
    shown_as_segment: bool
    dice_text: str = ""

    @property
    def change_text(self) -> str:
        """``from 12.3 ml, +4 %``; empty without a before."""
        if self.before_ml is None:
            return ""
        change = "" if self.change_percent is None else f", {self.change_percent:+.0f} %".replace("-", "−")
        return f"from {number(self.before_ml, 1)} ml{change}"


def tumour_rows(result: CaseResult, before: CaseResult | None = None) -> list[TumourRow]:
    """One row for each region, whole tumour first; none where the tumour was not outlined.

    Args:
        result: Of the run.
        before: Of the run before the outline was edited.
    """
    if result.segmentation is None:
        return []
    earlier = before.segmentation if before is not None else None
    automatic = outline_is_automatic(result)
    return [_row(region, result.segmentation, earlier, automatic) for region in _ORDER]


def _row(region: str, now: SegmentationResult, before: SegmentationResult | None, automatic: bool) -> TumourRow:
    volume = _volume(now, region)
    earlier = None if before is None else _volume(before, region)
    change = None if volume is None or not earlier else 100.0 * (volume - earlier) / earlier
    single = len(REGIONS[region]) == 1
    colour = next((label.colour for label in LABELS if single and label.value in REGIONS[region]), None)
    return TumourRow(
        region=region,
        name=REGION_NAMES[region],
        colour_rgb=colour,
        volume_ml=volume,
        volume_text=volume_words(now, region),
        before_ml=earlier,
        change_percent=change,
        shown_as_segment=single,
        dice_text=(dice_words(now.evidence, region) or "") if automatic else "",
    )


def _volume(segmentation: SegmentationResult, region: str) -> float | None:
    if region == "ET" and segmentation.sequences_used and "t1ce" not in segmentation.sequences_used:
        return None
    value = segmentation.volumes_ml.get(region)
    return value if is_number(value) else None


def notes(result: CaseResult) -> list[str]:
    """What to know about the outline, one sentence each."""
    segmentation = result.segmentation
    if segmentation is None:
        return ["The tumour was not outlined in this run."]
    if result.outline_source == "corrected":
        return [f"The outline is {CORRECTED}; so there is no accuracy to state for it."]
    if not outline_is_automatic(result):
        return ["The outline was given, not made by this program; so there is no accuracy to state for it."]
    found = [f"Outlined automatically by {segmentation.model}. Check it before using any figure: all rest on it."]
    if not segmentation.volumes_ml.get("WT"):
        found.insert(0, "No tumour was found.")
    return [*found, _measured(segmentation), *_expected(segmentation), *_uncertainty(segmentation)]


def _measured(segmentation: SegmentationResult) -> str:
    evidence = segmentation.evidence
    measured = [(region, dice_words(evidence, region)) for region in ("WT", "TC", "ET")]
    listed = ", ".join(f"{REGION_NAMES[region].lower()} {dice}" for region, dice in measured if dice)
    if not listed:
        return "Its overlap with experts' outlines (Dice) was not measured on unseen patients for these sequences."
    where = f"{dice_patients(evidence)}{patients_count(evidence)}"
    return f"Overlap with experts' outlines on {where} (Dice, 1 is full overlap): {listed}."


def _expected(segmentation: SegmentationResult) -> list[str]:
    found = {
        key.removeprefix(_EXPECTED): value
        for key, value in segmentation.uncertainty.items()
        if key.startswith(_EXPECTED) and is_number(value)
    }
    if not found:
        return []
    listed = ", ".join(f"{REGION_NAMES.get(key, key).lower()} {number(value, 2)}" for key, value in found.items())
    return [f"The network's own estimate of its Dice for this patient, which tends to be too high: {listed}."]


def _uncertainty(segmentation: SegmentationResult) -> list[str]:
    entropy = next(
        (value for key, value in segmentation.uncertainty.items() if key.startswith("entropy") and is_number(value)),
        None,
    )
    return [] if entropy is None else [f"Mean uncertainty of the labels: {number(entropy, 2)} bits; 0 is certain."]
