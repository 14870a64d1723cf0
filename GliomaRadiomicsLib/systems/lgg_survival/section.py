"""The axial section with the largest tumour, three sequences as channels, in pixels of 1 mm; and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import LABEL_VALUES, SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import from_canonical, to_canonical
from GliomaRadiomicsLib.systems.protocol import CaseData

_LIMITS = (1.0, 99.0)
LEAST_PIXELS = 20
"""A smaller section of the tumour says nothing."""

Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Section:
    """Where a section lies in the canonical (closest to RAS) label map.

    Attributes:
        number: Index along axis k.
        centre: Pixel in the middle of the section, along i and j.
        step: Pixels of the label map per pixel of the section, along i and j.
        size: Pixels of the section along each side.
    """

    number: int
    centre: tuple[float, float]
    step: tuple[float, float]
    size: int

    def take(self, array: npt.NDArray) -> Image:
        """The section of a canonical image, shape (size, size); 0 outside."""
        plane = np.asarray(array[:, :, self.number], dtype=np.float32)
        offset = [c - (self.size - 1) / 2 * step for c, step in zip(self.centre, self.step, strict=True)]
        return ndimage.affine_transform(plane, self.step, offset, (self.size, self.size), order=1)

    def put_back(self, image: npt.NDArray, native: Volume) -> Volume:
        """The section at its place on the grid of ``native``, 0 elsewhere."""
        canonical = to_canonical(native)
        half = (self.size - 1) / 2
        offset = [half - c / step for c, step in zip(self.centre, self.step, strict=True)]
        step = [1 / one for one in self.step]
        plane = ndimage.affine_transform(image.astype(np.float32), step, offset, canonical.shape[:2], order=1)
        array = np.zeros(canonical.shape, dtype=np.float32)
        array[:, :, self.number] = plane
        return from_canonical(Volume(array, canonical.affine), native)


def why_not(case: CaseData, sequences: tuple[str, ...]) -> str:
    """Why a case has no section to look at; empty if it has one."""
    absent = [SEQUENCE_NAMES[role] for role in sequences if role not in case.volumes]
    if absent:
        return f"there is no {' and no '.join(absent)}, on which this prediction rests"
    inside = np.isin(to_canonical(case.label_map).array, LABEL_VALUES)
    largest = int(inside.sum(axis=(0, 1)).max())
    if largest == 0:
        return "no tumour was found, so there is no section of it"
    if largest < LEAST_PIXELS:
        return f"the largest section of the tumour has {largest} pixels; below {LEAST_PIXELS} it says nothing"
    for role in sequences:
        values = np.asarray(case.volumes[role].array)
        if not np.isfinite(values).all() or np.ptp(values) == 0:
            return f"the {SEQUENCE_NAMES[role]} is constant or not finite"
    return ""


def section_of(case: CaseData, size: int) -> Section:
    """The section with the most tumour pixels (the first of several), centred on the head."""
    labels = to_canonical(case.label_map)
    number = int(np.isin(labels.array, LABEL_VALUES).sum(axis=(0, 1)).argmax())
    head = _head(case)[:, :, number]
    where = np.argwhere(head if head.any() else np.ones_like(head))
    centre = (where.min(axis=0) + where.max(axis=0)) / 2
    step = [1.0 / spacing for spacing in labels.spacing[:2]]
    return Section(number, (float(centre[0]), float(centre[1])), (step[0], step[1]), size)


def channels_of(case: CaseData, section: Section, sequences: tuple[str, ...]) -> Image:
    """The section's channels, shape (3, size, size), 0..1 from the 1st to the 99th percentile of the head."""
    head = _head(case)
    planes = []
    for role in sequences:
        array = to_canonical(case.volumes[role]).array
        low, high = np.percentile(array[head] if head.any() else array, _LIMITS)
        scaled = np.clip((np.asarray(array, dtype=np.float32) - low) / max(high - low, 1e-6), 0, 1)
        planes.append(section.take(np.where(head, scaled, 0)))
    return np.stack(planes)


def _head(case: CaseData) -> npt.NDArray[np.bool_]:
    """Inside the brain mask, else where the first sequence is not 0; canonical."""
    if case.brain_mask is not None:
        return to_canonical(case.brain_mask).array != 0
    return to_canonical(case.volumes[next(iter(case.volumes))]).array != 0
