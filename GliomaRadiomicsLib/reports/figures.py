"""The pictures of a report: three planes, all sequences, heat maps; each a PNG with caption and alternative text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, region_mask
from GliomaRadiomicsLib.reports.drawing import Cut, Sheet, draw_anatomy, draw_heatmap, draw_labels, draw_outline
from GliomaRadiomicsLib.reports.heatmap_kinds import HeatmapKind, kind_of
from GliomaRadiomicsLib.reports.heatmap_words import lying_words, which
from GliomaRadiomicsLib.reports.images import PLANES, BrainView, strongest_slices

MAX_HEATMAPS = 6
"""Heat maps drawn; the others stay files in the output folder."""
HEATMAP_THRESHOLD = 0.3
"""A heat map is shown where it reaches this share of its largest absolute value."""
ORIENTATION = "Radiological orientation: the patient's right is on the image's left."


@dataclass(frozen=True)
class Picture:
    """A drawn picture: PNG bytes, what it shows (caption) and the same for who cannot see it (alt)."""

    png: bytes
    caption: str
    alt: str


def sequence_name(role: str) -> str:
    """``t1ce`` -> ``T1ce``."""
    return SEQUENCE_NAMES.get(role, role)


def draw_planes(view: BrainView) -> Picture:
    """Axial, coronal and sagittal slice through the largest section of the tumour, with the label map."""
    slices, anatomy = view.tumour_slices(), view.anatomy
    cuts = [_cut(view, view.sequences[anatomy], plane, slices[plane]) for plane in PLANES]
    sheet = Sheet([cut.size_mm for cut in cuts])
    window = grey_window(view.sequences[anatomy], view.brain)
    for axes, cut in zip(sheet.panels, cuts, strict=True):
        draw_anatomy(axes, cut, window)
        if view.labels is not None:
            draw_labels(axes, cut, view.cut(view.labels, cut.plane, slices[cut.plane]))
    places = "; ".join(f"{plane} {view.place(plane, slices[plane])}" for plane in PLANES)
    caption = f"{sequence_name(anatomy)} in three planes, {_where(view)}.{_tilt(view)}"
    return Picture(sheet.png(), caption, f"{caption} {places[:1].upper()}{places[1:]}. {ORIENTATION}")


def draw_axial(view: BrainView) -> list[Picture]:
    """The axial slice with the largest tumour section in every sequence: plain and, with a tumour, outlined.

    One sequence fills one picture with both; without a tumour there is none, as the three planes show that slice.
    """
    if len(view.sequences) > 1:
        return [draw_sequences(view, outlined) for outlined in (False, True)[: 1 + view.has_tumour]]
    return [_draw_side_by_side(view)] if view.has_tumour else []


def draw_sequences(view: BrainView, outlined: bool) -> Picture:
    """Every sequence in the axial slice with the largest tumour section, plain or with the labels' outlines."""
    index, names = view.tumour_slices()["axial"], list(view.sequences)
    cuts = {name: _cut(view, view.sequences[name], "axial", index, sequence_name(name)) for name in names}
    sheet = Sheet([cut.size_mm for cut in cuts.values()])
    for axes, name in zip(sheet.panels, names, strict=True):
        draw_anatomy(axes, cuts[name], grey_window(view.sequences[name], view.brain))
        if outlined and view.labels is not None:
            draw_labels(axes, cuts[name], view.cut(view.labels, "axial", index))
    caption = f"{_and([sequence_name(name) for name in names])}, axial {view.place('axial', index)}"
    caption += ", with the outlines of the labels." if outlined else ", without outlines."
    return Picture(sheet.png(), caption, f"{caption} {ORIENTATION}")


def _draw_side_by_side(view: BrainView) -> Picture:
    """The one sequence there is, plain and with the outlines of the labels."""
    index, name = view.tumour_slices()["axial"], view.anatomy
    plain, outlined = (
        _cut(view, view.sequences[name], "axial", index, f"{sequence_name(name)}, {how}")
        for how in ("plain", "outlined")
    )
    sheet = Sheet([plain.size_mm, outlined.size_mm])
    for axes, cut in zip(sheet.panels, (plain, outlined), strict=True):
        draw_anatomy(axes, cut, grey_window(view.sequences[name], view.brain))
    if view.labels is not None:
        draw_labels(sheet.panels[1], outlined, view.cut(view.labels, "axial", index))
    caption = f"{sequence_name(name)}, axial {view.place('axial', index)}, plain and with the outlines of the labels."
    return Picture(sheet.png(), caption, f"{caption} {ORIENTATION}")


def draw_heatmaps(view: BrainView) -> dict[str, Picture]:
    """Those of `chosen_heatmaps`, by name, each through its own strongest slices."""
    return {name: draw_one_heatmap(view, name) for name in chosen_heatmaps(list(view.heatmaps))}


def chosen_heatmaps(names: Sequence[str]) -> list[str]:
    """Which heat maps are drawn: the first of every system, then more up to `MAX_HEATMAPS`; a system's together."""
    systems = [name.partition("-")[0] for name in names]
    firsts = [name for place, name in enumerate(names) if systems[place] not in systems[:place]]
    others = [name for name in names if name not in firsts]
    chosen = {*firsts, *others[: max(MAX_HEATMAPS - len(firsts), 0)]}
    return [name for system in dict.fromkeys(systems) for name in names
            if name in chosen and name.partition("-")[0] == system]  # fmt: skip


def draw_one_heatmap(view: BrainView, name: str) -> Picture:
    """One heat map over the anatomy in three planes, with colour bar, threshold and tumour outline."""
    values = np.nan_to_num(np.asarray(view.heatmaps[name], dtype=np.float32), posinf=0.0, neginf=0.0)
    empty = not values.any()
    peak = float(np.abs(values).max()) or 1.0
    threshold = HEATMAP_THRESHOLD * peak
    signed = float(values.min()) <= -threshold
    strong = np.where(np.abs(values) >= threshold, np.abs(values), 0)
    slices = view.tumour_slices() if empty else strongest_slices(strong)
    anatomy = view.sequences[view.anatomy]
    cuts = [_cut(view, anatomy, plane, slices[plane]) for plane in PLANES]
    sheet = Sheet([cut.size_mm for cut in cuts], colour_bar=True)
    shown = None
    for axes, cut in zip(sheet.panels, cuts, strict=True):
        draw_anatomy(axes, cut, grey_window(anatomy, view.brain))
        limits = (-peak, peak) if signed else (threshold, peak)
        shown = draw_heatmap(axes, cut, view.cut(values, cut.plane, slices[cut.plane]), threshold, limits)
        if view.labels is not None:
            draw_outline(axes, cut, view.cut(region_mask(view.labels, "WT"), cut.plane, slices[cut.plane]))
    kind = kind_of(name)
    sheet.add_colour_bar(shown, kind.bar_label, threshold, signed)
    caption = f"{which(name)} Heat map over {sequence_name(view.anatomy)}"
    caption += "" if empty else ", through the slices where it is strongest"
    caption += "; white line: whole tumour." if view.has_tumour else "."
    caption += " Nowhere in this case: the map is zero everywhere." if empty else _shown(kind, threshold, peak, signed)
    caption = " ".join(filter(None, [caption.strip(), lying_words(name, view.shares.get(name))]))
    return Picture(sheet.png(), caption, f"{name}. {caption} {ORIENTATION}")


def _shown(kind: HeatmapKind, threshold: float, peak: float, signed: bool) -> str:
    share = f"{100 * HEATMAP_THRESHOLD:.0f} % of the largest, {kind.amount(peak)}"
    if not signed:
        return f" Shown from {kind.amount(threshold)} ({share}) upwards."
    least = kind.amount(threshold)
    return f" Shown where it is at least {least} in size ({share}): red where positive, blue where negative."


def _cut(view: BrainView, array: npt.NDArray, plane: str, index: int, title: str = "") -> Cut:
    number, total = view.slice_number(plane, index)
    title = title or f"{plane.capitalize()}, slice {number} of {total}\n{view.side(plane, index)}"
    return Cut(view.cut(array, plane, index), view.pixel_mm(plane), plane, title)


def grey_window(array: npt.NDArray, brain: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Grey window: 0.5th to 99.7th percentile inside the brain."""
    inside = array[brain & np.isfinite(array)]
    if not inside.size:
        return 0.0, 1.0
    step = max(inside.size // 200_000, 1)
    low, high = np.percentile(inside[::step], [0.5, 99.7])
    return float(low), float(high) if high > low else float(low) + 1.0


def _where(view: BrainView) -> str:
    if view.has_tumour:
        return "each through the largest section of the tumour"
    return "through the largest section of the brain (no tumour labelled)"


def _tilt(view: BrainView) -> str:
    degrees = view.tilt_degrees
    return f" The images were acquired tilted by {degrees:.0f}° to the patient's axes." if degrees >= 5 else ""


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
