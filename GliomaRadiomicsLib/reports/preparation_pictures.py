"""Pictures of the preparation: each image before and after it, and each laid in squares over the reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.settings import BRAIN_EXTRACTIONS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop, crop_box, to_canonical
from GliomaRadiomicsLib.reports.drawing import Cut, Sheet, draw_anatomy, draw_outline
from GliomaRadiomicsLib.reports.figures import ORIENTATION, Picture, grey_window, sequence_name
from GliomaRadiomicsLib.reports.images import BrainView, ReportImages

SQUARE_MM = 20.0
_MARGIN_MM = 15.0
_BINS = 64
_FEWEST_VOXELS = 50
_SHOWN_PERCENT = (1.0, 98.5)
_AIR_SHARE = 0.9

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PreparationPictures:
    """Pictures by role.

    Attributes:
        steps: One image as given, aligned with the outline of the brain, and finished.
        boards: One image in every other square of the reference, before and after the alignment.
    """

    steps: dict[str, Picture] = field(default_factory=dict)
    boards: dict[str, Picture] = field(default_factory=dict)


@dataclass(frozen=True)
class _Head:
    """The images with the scalp, axes nearest to R, A, S; the view's sequences are the aligned ones."""

    view: BrainView
    before: dict[str, Array]
    finished: dict[str, Array]
    axial: int
    sagittal: int


def draw_preparation(images: ReportImages, record: dict[str, Any]) -> PreparationPictures:
    """Draw what was done to each image; nothing where ``images`` hold no images from before the preparation.

    Args:
        images: Their ``before``, ``aligned`` and ``volumes`` are shown.
        record: ``CaseResult.preparation``.
    """
    if not record or not images.before or not images.aligned:
        return PreparationPictures()
    head = _head(images)
    roles = [role for role in head.view.sequences if role in head.before]
    reference: str = record["reference"]
    others = [role for role in roles if role != reference and reference in roles]
    return PreparationPictures(
        {role: _draw_steps(head, role, _done(record, role)) for role in roles if role in head.finished},
        {role: _draw_board(head, role, reference) for role in others},
    )


def _head(images: ReportImages) -> _Head:
    mask = images.brain_mask
    if mask is None or not mask.array.any():
        mask = images.grid.with_array(np.ones(images.grid.shape, dtype=np.uint8))
    turned = to_canonical(mask)
    across, deep, up = (int(np.ceil(_MARGIN_MM / spacing)) for spacing in turned.spacing)
    box = crop_box(turned.array, (across, deep, up))

    def cropped(volumes: dict[str, Volume]) -> dict[str, Array]:
        order = [role for role in SEQUENCES if role in volumes]
        return {role: np.nan_to_num(to_canonical(volumes[role]).array[box].astype(np.float32)) for role in order}

    brain = crop(turned, box)
    labels = None if images.label_map is None else to_canonical(images.label_map).array[box]
    stored = images.stored or images.grid
    view = BrainView(cropped(images.aligned), labels, {}, brain.array != 0, brain.affine, stored)
    inside = np.cumsum(view.brain.sum(axis=(1, 2)))
    middle = int(np.searchsorted(inside, inside[-1] / 2))
    return _Head(view, cropped(images.before), cropped(images.volumes), view.tumour_slices()["axial"], middle)


def _done(record: dict[str, Any], role: str) -> list[str]:
    """What happened to an image once it was aligned."""
    one = record["sequences"].get(role, {})
    corrected = one.get("shading", {}).get("corrected", False)
    stripped = one.get("brain", {}).get("source") in BRAIN_EXTRACTIONS.values()
    return ["shading corrected"] * corrected + ["skull-stripped"] * stripped


def _draw_steps(head: _Head, role: str, done: list[str]) -> Picture:
    view, name = head.view, sequence_name(role)
    window = grey_window(view.sequences[role], view.brain)
    ready = grey_window(head.finished[role], view.brain)
    stripped = np.where(view.brain, head.finished[role], np.float32(ready[0]))
    unmoved = np.array_equal(head.before[role], view.sequences[role])
    panels = [
        ("As given", head.before[role], window),
        (f"{'Not moved' if unmoved else 'Aligned'}; line: brain", view.sequences[role], window),
        (" and ".join(done).capitalize() or "Ready", stripped, ready),
    ]
    cuts = [_cut(view, array, "axial", head.axial, title) for title, array, _ in panels]
    sheet = Sheet([cut.size_mm for cut in cuts])
    for axes, cut, (_, _, limits) in zip(sheet.panels, cuts, panels, strict=True):
        draw_anatomy(axes, cut, limits)
    draw_outline(sheet.panels[1], cuts[1], view.cut(view.brain, "axial", head.axial))
    caption = (
        f"{name}, axial {view.place('axial', head.axial)}: as given, laid there by its header alone; "
        f"{'not moved' if unmoved else 'aligned'}, with the outline of the brain; as it was worked on."
    )
    return Picture(sheet.png(), caption, f"{caption} {ORIENTATION}")


def _draw_board(head: _Head, role: str, reference: str) -> Picture:
    view, name, other = head.view, sequence_name(role), sequence_name(reference)
    fixed, after = view.sequences[reference], view.sequences[role]
    recoloured = _Recolouring(after, fixed, view.brain)
    unmoved = np.array_equal(head.before[role], after)
    states = {"": after} if unmoved else {", as given": head.before[role], ", aligned": after}
    slices = {"axial": head.axial, "sagittal": head.sagittal}
    cuts = []
    for plane, index in slices.items():
        for state, array in states.items():
            pair = (_cut(view, image, plane, index, f"{plane.capitalize()}{state}") for image in (fixed, array))
            still, laid = pair
            cuts.append(_in_squares(still, recoloured.of(laid.pixels)))
    sheet = Sheet([cut.size_mm for cut in cuts])
    for axes, cut in zip(sheet.panels, cuts, strict=True):
        draw_anatomy(axes, cut, recoloured.window)
    states_text = "as given; it was not moved" if unmoved else "as given and after the alignment"
    places = ", ".join(f"{plane} {view.place(plane, index)}" for plane, index in slices.items())
    caption = f"{name} in every other square of {other}, {states_text}: {places}."
    return Picture(sheet.png(), caption, f"{caption} Squares of {SQUARE_MM:.0f} mm. {ORIENTATION}")


class _Recolouring:
    """Gives an image the greys of another: the mean that the other has in the brain wherever this one is so bright.

    Args:
        image: The image to recolour, aligned.
        target: The image whose greys it gets, same grid.
        brain: Where the greys are learned.

    Attributes:
        window: The greys to show both in, narrow, so that edges are seen.
    """

    def __init__(self, image: Array, target: Array, brain: npt.NDArray[np.bool_]) -> None:
        values, wanted = image[brain], target[brain]
        low, high = np.percentile(values, (2.0, 99.9))
        edges = np.linspace(low, max(high, low + 1e-6), _BINS + 1)
        bins = np.clip(np.digitize(values, edges) - 1, 0, _BINS - 1)
        counts = np.bincount(bins, minlength=_BINS)
        means = np.bincount(bins, weights=wanted, minlength=_BINS) / np.maximum(counts, 1)
        used = counts >= min(_FEWEST_VOXELS, int(counts.max()))
        greys = (means - wanted.mean()) * _ratio(wanted.std(), means[bins].std()) + wanted.mean()
        least, most = (float(bound) for bound in np.percentile(wanted, _SHOWN_PERCENT))
        self.window = least, max(most, least + 1e-6)
        # What is far darker than the brain is air or bone, dark in every image.
        air = float(image.min()) + (float(low) - float(image.min())) * _AIR_SHARE
        self._values = np.concatenate([[air], ((edges[:-1] + edges[1:]) / 2)[used]])
        self._greys = np.concatenate([[float(target.min())], greys[used]])

    def of(self, pixels: npt.NDArray) -> npt.NDArray:
        """``pixels`` of the image in the greys of the other."""
        return np.interp(pixels, self._values, self._greys)


def _ratio(wanted: float, found: float) -> float:
    return float(np.clip(wanted / found, 1.0, 3.0)) if found > 0 else 1.0


def _in_squares(still: Cut, laid: npt.NDArray) -> Cut:
    across, down = still.centres()
    odd = (np.floor(down / SQUARE_MM)[:, None] + np.floor(across / SQUARE_MM)[None, :]) % 2 == 1
    return Cut(np.where(odd, laid, still.pixels), still.pixel_mm, still.plane, still.title)


def _cut(view: BrainView, array: npt.NDArray, plane: str, index: int, title: str) -> Cut:
    return Cut(view.cut(array, plane, index), view.pixel_mm(plane), plane, title)
