"""Volumes of the regions, and how sure the segmentation was."""

from __future__ import annotations

from GliomaRadiomicsLib.core.labels import LABELS, REGION_NAMES, REGIONS, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.results import SegmentationResult
from GliomaRadiomicsLib.reports.markup import (
    DASH,
    Markup,
    headline,
    is_number,
    join,
    millilitres,
    number,
    paragraph,
    table,
)
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.swatch import swatch

UNCERTAINTY_WORDS = {
    "expected_dice": "Overlap (Dice) with the true region that the network itself expects; 1 is full overlap.",
    "entropy": "Mean entropy of the label probabilities; 0 is certain.",
}
"""What an uncertainty figure means, by how its name begins."""


def write_volumes(content: Content) -> Markup:
    """Volumes in ml and as a share of the whole tumour, then the uncertainty figures."""
    segmentation = content.result.segmentation
    if segmentation is None:
        return paragraph("Not available: the tumour was not segmented in this run.", class_="absent")
    volumes = segmentation.volumes_ml
    rows = [_row(region, volumes) for region in REGIONS]
    parts = [_how(segmentation)]
    columns = ("Region", "Made of", "Volume", "Share of whole tumour")
    parts.append(table(columns, rows, caption="Volumes of the tumour regions", numeric=(2, 3)))
    if not volumes.get("WT"):
        parts.append(paragraph(f"{DASH} shares cannot be given: the label map is empty.", class_="note"))
    return join([*parts, _uncertainty(segmentation)])


def _how(segmentation: SegmentationResult) -> Markup:
    used = ", ".join(SEQUENCE_NAMES.get(role, role) for role in segmentation.sequences_used)
    return paragraph(f"Segmented by {segmentation.model}{f' from {used}' if used else ''}.")


def _row(region: str, volumes: dict[str, float]) -> tuple[Markup, str, str, str]:
    name = join([swatch(region), " "]) if len(REGIONS[region]) == 1 else Markup("")
    parts = " + ".join(label.key.replace("_", "/") for label in LABELS if label.value in REGIONS[region])
    values = " + ".join(str(value) for value in REGIONS[region])
    share, whole = volumes.get(region), volumes.get("WT")
    percent = f"{100 * share / whole:.1f} %" if is_number(share) and whole and share is not None else DASH
    return join([name, REGION_NAMES[region]]), f"{parts} (label {values})", millilitres(share), percent


def _uncertainty(segmentation: SegmentationResult) -> Markup | None:
    if not segmentation.uncertainty:
        return paragraph("No uncertainty was computed for this segmentation.", class_="note")
    rows = [(headline(name), number(value), _meaning(name)) for name, value in segmentation.uncertainty.items()]
    columns = ("Figure", "Value", "Meaning")
    return table(columns, rows, caption="How sure the segmentation was", numeric=(1,), class_="text")


def _meaning(name: str) -> str:
    return next((text for start, text in UNCERTAINTY_WORDS.items() if name.startswith(start)), "See the model card.")
