"""Passport checks of each image on its own, and of the images against each other."""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.empty_slices import empty_slices
from GliomaRadiomicsLib.imaging.findings import Findings
from GliomaRadiomicsLib.imaging.foreground import Foreground
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.imaging.sequence_order import check_order

_FEW_VALUES = 8
_FIELD_OF_VIEW_MM = (80.0, 500.0)
_HEAD_ML = (400.0, 7000.0)
_MIN_OVERLAP = 0.5
_MIN_OVERLAP_OF_HEADS = 0.2
"""Heads with skull are registered, and that is checked; brains without are taken where they lie."""
_GOOD_OVERLAP = 0.85
_SAME_IMAGE = 0.9999
_SAMPLE_POINTS = 20000


def check_values(role: str, volume: Volume, findings: Findings) -> bool:
    """Refuse an image that is empty, constant, non-finite or lacks a slice inside; note negative or few values.

    Returns:
        False if refused.
    """
    name, array = SEQUENCE_NAMES[role], volume.array
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        count = int(array.size - np.isfinite(array).sum())
        remedy = "convert the image again, or replace these voxels before"
        findings.refuse("non-finite", "NaN or infinite voxels", remedy, found=f"{count} voxels", sequence=role)
        return False
    low, high = array.min(), array.max()
    if low == high:
        code, what = ("empty-image", "image of zeros only") if low == 0 else ("constant-image", "constant image")
        findings.refuse(code, what, "export the image again", found=f"{low:g} everywhere", sequence=role)
        return False
    lost = empty_slices(volume)
    if lost:
        what = f"{lost} holds nothing" if "slices" not in lost else f"{lost} hold nothing"
        remedy = "export the whole series again, or leave this image out"
        findings.refuse("empty-slice", f"{what}, between slices that do", remedy, sequence=role)
        return False
    if low < 0:
        _note_negative(role, array, findings)
    values = np.unique(array[::3, ::3, ::3])
    if 1 < len(values) <= _FEW_VALUES:
        message = f"{name} has only {len(values)} different values: is it a label map? Give the grey-value image"
        findings.add("warning", "few-values", message, role)
    return True


def _note_negative(role: str, array: npt.NDArray, findings: Findings) -> None:
    name, sample = SEQUENCE_NAMES[role], array[::2, ::2, ::2].astype(np.float64)
    inside = sample[sample != 0]
    if inside.size and abs(inside.mean()) < inside.std() and np.abs(inside).max() < 100.0:
        message = f"{name} holds negative intensities, as z-scored images do; that is accepted"
        findings.add("ok", "negative-intensities", message, role)
        return
    message = (
        f"{name} holds negative intensities down to {array.min():g}, unusual for MRI: check that it is MRI and that "
        "its number type was read rightly"
    )
    findings.add("warning", "negative-intensities", message, role)


def check_orientation(unoriented: Collection[str], findings: Findings) -> None:
    """Warn about files whose headers leave open how they lie in the patient."""
    if unoriented:
        names = ", ".join(SEQUENCE_NAMES.get(role, role) for role in unoriented)
        message = (
            f"{names}: the header does not say how the image lies in the patient (sform and qform code are 0), so left "
            "and right may be exchanged; export it again with its orientation"
        )
        findings.add("warning", "orientation-unknown", message)


def check_size(role: str, volume: Volume, front: Foreground, findings: Findings) -> None:
    """Warn about a spacing that looks like a default and about heads too small or too large."""
    name = SEQUENCE_NAMES[role]
    extent = np.array(volume.shape) * np.array(volume.spacing)
    low, high = _FIELD_OF_VIEW_MM
    implausible = extent.min() < low or extent.max() > high
    size = " x ".join(f"{side:.0f}" for side in extent)
    if np.allclose(volume.spacing, 1.0, atol=1e-6) and (implausible or extent.max() > 4 * extent.min()):
        message = f"{name} says its voxels are exactly 1 x 1 x 1 mm at {_times(volume.shape)} voxels ({size} mm): "
        findings.add("warning", "unit-spacing", message + "the spacing may be lost; export again with it", role)
    elif implausible:
        message = f"{name} covers {size} mm, unlikely for a head: check its spacing"
        findings.add("warning", "head-size", message, role)
    elif not _HEAD_ML[0] <= front.volume_ml <= _HEAD_ML[1]:
        message = f"{name} shows {front.volume_ml:.0f} ml of head or brain, which is unlikely: check spacing and crop"
        findings.add("warning", "head-size", message, role)


def to_reference(
    role: str, volume: Volume, reference: Volume, fronts: dict[str, Foreground], main: str, findings: Findings
) -> Volume | None:
    """``volume`` on the grid of ``reference`` (role ``main``), or None where it does not show the same place."""
    name, overlap = SEQUENCE_NAMES[role], _overlap(fronts[main], fronts[role])
    both_stripped = fronts[main].stripped and fronts[role].stripped
    if overlap < (_MIN_OVERLAP if both_stripped else _MIN_OVERLAP_OF_HEADS):
        apart = float(np.linalg.norm(fronts[main].centre - fronts[role].centre))
        findings.refuse(
            "no-overlap",
            f"covers {overlap:.0%} of the head in {SEQUENCE_NAMES[main]}; the centres lie {apart:.0f} mm apart",
            "check that both are of one patient and session, and that their headers are right",
            sequence=role,
        )
        return None
    if overlap < _GOOD_OVERLAP and both_stripped:
        message = f"{name} covers only {overlap:.0%} of the brain in {SEQUENCE_NAMES[main]}: align or re-export it"
        findings.add("warning", "poor-overlap", message, role)
    if volume.same_grid(reference):
        return Volume(volume.array, reference.affine, volume.name)
    background = fronts[role].background
    outside = background if background is not None else float(min(volume.array.min(), 0))
    message = (
        f"{name} ({_grid_text(volume)}) lies on another grid than {SEQUENCE_NAMES[main]} ({_grid_text(reference)}); "
        "analyze and preprocess align it and resample it to 1 mm, check only looks"
    )
    findings.add("ok", "grid-resampled", message, role)
    return resample_like(volume, reference, outside=outside)


def _overlap(of: Foreground, by: Foreground) -> float:
    """Share of the foreground ``of`` that lies inside the foreground ``by``, measured in patient space."""
    points = np.argwhere(of.mask.array)
    if not len(points):
        return 0.0
    points = points[:: max(1, len(points) // _SAMPLE_POINTS)]
    to_index = np.linalg.inv(by.mask.affine) @ of.mask.affine
    index = np.rint(points @ to_index[:3, :3].T + to_index[:3, 3]).astype(int)
    valid = ((index >= 0) & (index < by.mask.shape)).all(axis=1)
    return float(by.mask.array[tuple(index[valid].T)].sum() / len(points))


def check_distinct(images: dict[str, Volume], brain: npt.NDArray[np.bool_], findings: Findings) -> None:
    """Refuse two roles that show the same image (voxelwise correlation above 0.9999 inside ``brain``)."""
    values = {role: image.array[brain].astype(np.float64) for role, image in images.items()}
    for a, b in combinations(values, 2):
        if values[a].size > 2 and _correlation(values[a], values[b]) > _SAME_IMAGE:
            findings.refuse(
                "duplicate-image",
                f"{SEQUENCE_NAMES[a]} and {SEQUENCE_NAMES[b]} are the same image",
                "give the image of each sequence once and leave a missing one out",
            )
    if len(images) > 1 and not findings.has("duplicate-image"):
        findings.add("ok", "images-distinct", "no image was given twice")


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) or 1.0))


def check_roles(
    images: dict[str, Volume], brain: npt.NDArray[np.bool_], stripped: bool, findings: Findings
) -> tuple[str, str] | None:
    """The two roles that are clearly swapped by the contrasts, where there are; a warning where it is less clear.

    Only told for skull-stripped images.
    """
    verdict = check_order(images, brain) if stripped else None
    if verdict is None or not verdict.checked:
        alone = "there is no second image" if len(images) < 2 else "these images alone do not tell clearly"
        reason = alone if stripped else "it needs skull-stripped images"
        findings.add("ok", "sequence-order-not-checked", f"whether sequences are swapped was not checked: {reason}")
        return None
    wrong = [role for role, looks in verdict.looks_like.items() if looks != role]
    if verdict.exchanged:
        return verdict.exchanged
    if not verdict.suspicious:
        findings.add("ok", "sequence-order", "the contrasts agree with the sequence names")
    elif len(wrong) == 2:
        first, second = (SEQUENCE_NAMES[role] for role in wrong)
        findings.add("warning", "sequences-swapped", f"{first} and {second} look swapped: check and swap them")
    else:
        text = ", ".join(f"{SEQUENCE_NAMES[r]} looks like {SEQUENCE_NAMES[verdict.looks_like[r]]}" for r in wrong)
        findings.add("warning", "sequences-swapped", f"the sequences look mixed up ({text}): check and reorder them")
    return None


def _times(numbers: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in numbers)


def _grid_text(volume: Volume) -> str:
    return f"{_times(volume.shape)} voxels of {' x '.join(f'{side:.2f}' for side in volume.spacing)} mm"
