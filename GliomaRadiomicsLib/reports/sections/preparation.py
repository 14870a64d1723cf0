"""What was done to the images before anything was computed, with pictures from before and after."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.settings import BRAIN_EXTRACTIONS
from GliomaRadiomicsLib.reports.figures import sequence_name
from GliomaRadiomicsLib.reports.markup import DASH, Markup, is_number, join, number, paragraph, table, tag
from GliomaRadiomicsLib.reports.preparation_pictures import SQUARE_MM
from GliomaRadiomicsLib.reports.sections.content import Content
from GliomaRadiomicsLib.reports.sections.overview import badge
from GliomaRadiomicsLib.reports.sections.pictures import figure

STEPS = ("brain extraction", "registration", "resampling", "shading correction")
"""The steps of the preparation as `CaseResult.timing_s` names them."""
_NOT_NEEDED = ("one-grid", "skull-stripped")
_STATES = {
    "reference": ("absent", "=", "Reference", "the others were laid onto it"),
    "one grid": ("ok", "✓", "Fits", "on the grid of {reference} already"),
    "headers": ("ok", "✓", "Fits", "laid by its header; no movement fits better"),
    "registered": ("fixed", "↻", "Moved", "onto {reference}"),
    "refused": ("warning", "!", "Left out", ""),
}
"""Kind, sign and word of the badge, and what stands behind it, by state of the alignment."""


def write_preparation(content: Content) -> Markup:
    """Tables of what was done to each image, the time it took, and the pictures."""
    record = content.result.preparation
    if not record:
        return _nothing_done(content)
    parts = [paragraph(_lead(record)), _alignment_table(record), paragraph(_ALIGNMENT_NOTE, class_="note")]
    parts += [_brain_table(record), paragraph(_BRAIN_NOTE, class_="note")]
    return join([*parts, *_pictures(content, sequence_name(record["reference"])), _times(content.result.timing_s)])


_ALIGNMENT_NOTE = (
    "Movement: mean over the brain, and angle. Mutual information: how well the greys of the image foretell those of "
    "the reference, before and after (nats; higher is better; compare it within a line only). Brain overlap: Dice of "
    "the brain in this image and in the reference, each found on its own."
)
_BRAIN_NOTE = (
    "Expected Dice: what the network expects of its own brain mask. Shading: by how much the coils darkened and "
    "brightened parts of the brain, which was undone (without the 2 % of voxels at either end)."
)


def _nothing_done(content: Content) -> Markup:
    codes = {finding.code for finding in content.result.passport}
    if "skull-stripped" not in codes:
        return paragraph("No preparation was recorded in this run.", class_="absent")
    several = "one-grid" in codes
    found = "the images lay on one grid and were skull-stripped" if several else "the image was skull-stripped"
    named = [code for code in _NOT_NEEDED if code in codes]
    where = [part for code in named for part in (" and ", tag("code", code))][1:]
    return paragraph(f"Nothing was needed: {found} already (input check: ", *where, ").")


def _lead(record: dict[str, Any]) -> str:
    reference = sequence_name(record["reference"])
    text = f"All work was done on {number(record['working_spacing_mm'])} mm voxels in the position of {reference}"
    text += f"; the brain has {number(record['brain_ml'], 0)} ml."
    if any(one["brain"]["source"] == BRAIN_EXTRACTIONS["hd-bet"] for one in record["sequences"].values()):
        text += " It was found by HD-BET, which does not say how sure it is of its masks."
    if is_number(record.get("brain_agreement")):
        text += f" The two images whose brains differ most agree with a Dice of {number(record['brain_agreement'], 2)}."
    return text


def _alignment_table(record: dict[str, Any]) -> Markup:
    reference = sequence_name(record["reference"])
    rows = [
        (
            sequence_name(role),
            _state(one["alignment"], reference),
            _voxels(one["spacing_mm"]),
            *_movement(one["alignment"]),
        )
        for role, one in _in_order(record)
    ]
    columns = ("Sequence", "Alignment", "Voxel size (mm)", "Movement", "Mutual information", "Brain overlap")
    return table(columns, rows, caption="Alignment of each image", numeric=(3, 4, 5), class_="text")


def _state(alignment: dict[str, Any], reference: str) -> Markup:
    kind, sign, word, words = _STATES[alignment["state"]]
    return join([badge(kind, sign, word), " ", alignment.get("reason") or words.format(reference=reference)])


def _voxels(spacing: list[float]) -> str:
    return "\u00a0×\u00a0".join(number(side, 2) for side in spacing)


def _movement(alignment: dict[str, Any]) -> tuple[str, str, str]:
    before, after = alignment.get("mutual_information_before"), alignment.get("mutual_information_after")
    if not is_number(before):
        return DASH, DASH, DASH
    overlap = number(alignment.get("brain_overlap"), 2)
    if alignment["state"] == "headers":
        return "none", f"{number(before, 3)} (at best {number(after, 3)})", overlap
    moved = f"{number(alignment['shift_mm'], 1)} mm, {number(alignment['rotation_degrees'], 1)}°"
    return moved, f"{number(before, 3)} → {number(after, 3)}", overlap


def _brain_table(record: dict[str, Any]) -> Markup:
    rows = [
        (
            sequence_name(role),
            number(one["brain"]["volume_ml"], 0),
            number(one["brain"]["expected_dice"], 2),
            _doubts(one["brain"]),
            _shading(one.get("shading")),
        )
        for role, one in _in_order(record)
    ]
    columns = ("Sequence", "Brain (ml)", "Expected Dice", "Doubts about the brain mask", "Shading")
    return table(columns, rows, caption="Brain and shading of each image", numeric=(1, 2), class_="text")


def _doubts(brain: dict[str, Any]) -> str:
    if brain["source"] not in BRAIN_EXTRACTIONS.values():
        return "none: skull-stripped as given"
    return "; ".join(brain["doubts"]) or "none"


def _shading(shading: dict[str, Any] | None) -> str:
    if shading is None:
        return "image not used"
    if not shading["corrected"]:
        return f"not corrected: {shading['reason']}"
    percents = [round(100 * (bound - 1)) for bound in shading["range"]]
    if not any(percents):
        return "below 1\u00a0%"
    low, high = (f"{percent:+d}".replace("-", "−").replace("+0", "0") for percent in percents)
    return f"{low}\u00a0to\u00a0{high}\u00a0%"


def _in_order(record: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(role, record["sequences"][role]) for role in SEQUENCE_NAMES if role in record["sequences"]]


def _pictures(content: Content, reference: str) -> list[Markup]:
    drawn = content.preparation
    if not drawn.steps:
        return [paragraph("No pictures of the preparation in this run.", class_="absent")]
    parts = []
    if drawn.boards:
        intro = (
            f"Squares of {SQUARE_MM:.0f} mm come in turn from {reference} and from the other image, which for this is "
            "recoloured to similar greys. Where they fit, edges such as the skull, the ventricles and the furrows run "
            "on from square to square."
        )
        parts += [tag("h3", "Do the images fit?"), paragraph(intro), *(figure(one) for one in drawn.boards.values())]
    summary = tag("summary", f"Each image as given, aligned and finished: {len(drawn.steps)} pictures")
    return [*parts, tag("details", summary, *(figure(one) for one in drawn.steps.values()))]


def _times(timings: dict[str, Any]) -> Markup | None:
    known = [(step, timings[step]) for step in STEPS if is_number(timings.get(step))]
    if not known:
        return None
    each = ", ".join(f"{step} {number(seconds, 1)} s" for step, seconds in known)
    return paragraph(
        f"Time taken: {each}; together {number(sum(seconds for _, seconds in known), 1)} s.", class_="note"
    )
