"""Volumes and diameters of the regions, with the Dice measured on unseen patients beside them."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import LABELS, REGION_NAMES, REGIONS, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import OutlineSource, SegmentationResult
from GliomaRadiomicsLib.reports.markup import (
    DASH,
    Markup,
    headline,
    is_number,
    join,
    number,
    paragraph,
    table,
)
from GliomaRadiomicsLib.reports.measured import (
    diameters_mm,
    dice_patients,
    dice_words,
    millimetres,
    outline_is_automatic,
    patients_count,
    volume_words,
)
from GliomaRadiomicsLib.reports.parts import parts_words
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.swatch import swatch
from GliomaRadiomicsLib.reports.wording import CORRECTED

_OWN_ESTIMATE = "expected_dice_"
UNCERTAINTY_WORDS = {"entropy": "Mean entropy of the label probabilities; 0 is certain."}
"""What an uncertainty figure means, by how its name begins."""


def write_volumes(content: Content) -> Markup:
    """Volumes and diameters with the Dice measured on unseen patients, then what the network itself expects."""
    segmentation = content.result.segmentation
    if segmentation is None:
        return paragraph("Not available: the tumour was not segmented in this run.", class_="absent")
    automatic = outline_is_automatic(content.result)
    parts: list[Markup | None] = [
        _how(content.result.outline_source, segmentation),
        _table(content, segmentation, automatic),
    ]
    if not segmentation.volumes_ml.get("WT"):
        parts.append(paragraph(f"{DASH} shares cannot be given: the label map is empty.", class_="note"))
    if content.parts_ml:
        parts.append(paragraph(parts_words(content.parts_ml)))
    parts.append(_diameter_note(content))
    if automatic:
        parts += [_own_estimate(segmentation), _uncertainty(segmentation)]
    return join(parts)


def _how(source: OutlineSource | None, segmentation: SegmentationResult) -> Markup:
    if source == "corrected":
        return paragraph(f"The outline is {CORRECTED}; so there is no Dice to state for it.")
    if source != "automatic":
        text = "The outline was given with the case, not made by this program; so there is no Dice to state for it."
        return paragraph(text)
    used = ", ".join(SEQUENCE_NAMES.get(role, role) for role in segmentation.sequences_used)
    model = f"Segmented automatically by {segmentation.model}{f' from {used}' if used else ''}. "
    if not segmentation.evidence.get("dice"):
        return paragraph(model, "Its Dice was not measured on unseen patients for these sequences.")
    on = dice_patients(segmentation.evidence)
    what = f"The Dice in the table is its overlap with reference outlines on {on} given exactly these sequences: "
    return paragraph(model, what, "mean and 95 % interval; 1 is full overlap.")


def _table(content: Content, segmentation: SegmentationResult, automatic: bool) -> Markup:
    within = f"within one {content.slice_plane} slice" if content.slice_plane else "within one slice"
    columns = ["Region", "Made of", "Volume", "Share of whole tumour", "Largest diameter", f"The same {within}"]
    rows = [_row(region, content, segmentation) for region in REGIONS]
    if segmentation.evidence.get("dice") and automatic:
        columns.append(f"Dice on {dice_patients(segmentation.evidence)}{patients_count(segmentation.evidence)}")
        rows = [
            [*row, dice_words(segmentation.evidence, region) or DASH] for row, region in zip(rows, REGIONS, strict=True)
        ]
    caption = "Volumes and diameters of the tumour regions"
    return table(columns, rows, caption=caption, numeric=range(2, len(columns)), class_="text")


def _row(region: str, content: Content, segmentation: SegmentationResult) -> list[object]:
    volumes = segmentation.volumes_ml
    name = join([swatch(region), " "]) if len(REGIONS[region]) == 1 else Markup("")
    parts = " + ".join(label.key.replace("_", "/") for label in LABELS if label.value in REGIONS[region])
    share, whole = volumes.get(region), volumes.get("WT")
    percent = f"{100 * share / whole:.1f} %" if is_number(share) and whole and share is not None else DASH
    diameters = (millimetres(value) for value in diameters_mm(content.features, region))
    return [join([name, REGION_NAMES[region]]), parts, volume_words(segmentation, region), percent, *diameters]


def _diameter_note(content: Content) -> Markup:
    if not any(is_number(diameters_mm(content.features, region)[0]) for region in REGIONS):
        return paragraph("Diameters were not measured in this run.", class_="note")
    text = "Largest distance between two points of a region's surface, across all its parts where it has several."
    return paragraph(f"Diameters: {text[0].lower()}{text[1:]}", class_="note")


def _own_estimate(segmentation: SegmentationResult) -> Markup | None:
    found = {
        name.removeprefix(_OWN_ESTIMATE): value
        for name, value in segmentation.uncertainty.items()
        if name.startswith(_OWN_ESTIMATE)
    }
    if not found:
        return None
    values = ", ".join(
        f"{REGION_NAMES.get(region, region).lower()} {number(value, 2)}" for region, value in found.items()
    )
    lead = "The network's own estimate of its Dice for this patient, which tends to be too high: "
    return paragraph(f"{lead}{values}.", class_="note")


def _uncertainty(segmentation: SegmentationResult) -> Markup | None:
    rows = [
        (headline(name), number(value), _meaning(name))
        for name, value in segmentation.uncertainty.items()
        if not name.startswith(_OWN_ESTIMATE)
    ]
    if segmentation.uncertainty and not rows:
        return None
    if not rows:
        return paragraph("No uncertainty was computed for this segmentation.", class_="note")
    columns = ("Figure", "Value", "Meaning")
    return table(columns, rows, caption="How sure the segmentation was", numeric=(1,), class_="text")


def _meaning(name: str) -> str:
    return next((text for start, text in UNCERTAINTY_WORDS.items() if name.startswith(start)), "See the model card.")
