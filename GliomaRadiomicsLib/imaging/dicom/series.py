"""Images grouped into series that each make one volume, or named for why they do not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.imaging.dicom.header import SeriesTags, Slice
from GliomaRadiomicsLib.imaging.dicom.scan import Scan
from GliomaRadiomicsLib.imaging.dicom.stack import Problem, Stack, copies_at_every_place, parallel, stack_slices
from GliomaRadiomicsLib.imaging.roles import Recognised, recognise

FEWEST_SLICES = 8
MOST_LISTED = 12
"""Series that an error lists one by one."""
_MODALITIES = {
    "CT": "computed tomography (CT)",
    "PT": "positron emission tomography (PET)",
    "NM": "nuclear medicine",
    "US": "ultrasound",
    "CR": "radiography",
    "DX": "radiography",
    "XA": "angiography",
    "OT": "a picture of another kind",
    "SC": "a screenshot",
}
_PARTS = {"P": "phase", "PHASE": "phase", "R": "real", "REAL": "real", "I": "imaginary", "IMAGINARY": "imaginary"}
_PARTS |= {"PHASE MAP": "phase", "VELOCITY": "phase"}
_MAPS = {"ADC", "EADC", "FA", "TRACEW", "TRACE", "CBF", "CBV", "RCBF", "RCBV", "MTT", "TTP", "TMAX", "PERFUSION"}
_MAPS |= {
    "SUBTRACTION",
    "MIP",
    "MNIP",
    "MAX_IP",
    "MIN_IP",
    "PROJECTION IMAGE",
    "T1 MAP",
    "T2 MAP",
    "COLFA",
    "DIFFUSION",
}
_ALONE = "leave it out; a whole T1, T1ce, T2 or FLAIR series is needed"


@dataclass(frozen=True)
class DicomSeries:
    """Images that belong together; a source for a sequence like a file.

    Attributes:
        number: Place in the list of series of its folder, from 1; ``total`` is the length of that list.
        total: See ``number``.
        slices: Images, in order where ``stack`` is there.
        stack: Order and geometry, or None where there is a problem.
        problem: Why the images cannot be used, or None.
        tags: Kind of image, from the first slice.
        recognised: Which sequence it is, as far as tags and folder names tell.
        shown: Relative paths of the slices as they may be shown.
        notes: For the passport.
    """

    number: int
    total: int
    slices: tuple[Slice, ...]
    stack: Stack | None
    problem: Problem | None
    tags: SeriesTags
    recognised: Recognised
    shown: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = field(default=())

    @property
    def key(self) -> str:
        """Equal for parts of one series."""
        return self.slices[0].keys[3]

    @property
    def derived(self) -> bool:
        """Whether the images were computed from others, as reformatted ones are."""
        return bool({"DERIVED", "MPR", "REFORMATTED", "SECONDARY"} & set(self.tags.image_type))

    @property
    def voxel_mm3(self) -> float:
        """Volume of a voxel; infinite where it is not known."""
        spacing = self.slices[0].spacing
        return float("inf") if self.stack is None or spacing is None else spacing[0] * spacing[1] * self.stack.step

    def refusal(self, where: object = None) -> RefusedInput:
        """The problem as an error; only for a series that has one."""
        assert self.problem is not None
        named = ", ".join(sorted({self.shown[index] for index in self.problem.files})[:2]) if self.shown else ""
        what = self.problem.what + (f", see {named}" if named else "")
        place = f"series {self.number} of {self.total}"
        where = place if where is None else f"{where}, {place}"
        return RefusedInput(what=what, where=where, found=self.problem.found, remedy=self.problem.remedy)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a table that a user can correct; no identifiers."""
        spacing = self.slices[0].spacing
        return {
            "series": self.number,
            "role": self.recognised.role,
            "confidence": self.recognised.confidence,
            "reasons": list(self.recognised.reasons),
            "images": len(self.slices),
            "size": [self.slices[0].size[1], self.slices[0].size[0]],
            "pixel_mm": None if spacing is None else [round(spacing[1], 4), round(spacing[0], 4)],
            "slice_mm": None if self.stack is None else round(self.stack.step, 4),
            "derived": self.derived,
            "problem": None if self.problem is None else self.problem.what,
        }


def listed(series: Sequence[DicomSeries]) -> str:
    """What each series is, with the number by which a user names it: its place in this list, not the scanner's."""
    more = len(series) - MOST_LISTED
    lines = [f"{one.number}: {_looks(one)}" for one in series[:MOST_LISTED]]
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")


def _looks(one: DicomSeries) -> str:
    """Such as ``256 x 224 pixels, 26 slices every 5.5 mm, TE 12 ms, such as IM0007``, or why it cannot be used."""
    if one.problem is not None:
        return one.problem.what
    rows, columns = one.slices[0].size
    file = f", such as {one.shown[0]}" if one.shown else ""
    apart = f" every {one.stack.step:.3g} mm" if one.stack is not None else ""
    times = (("TE", one.tags.echo_time), ("TR", one.tags.repetition_time), ("TI", one.tags.inversion_time))
    told = "".join(f", {name} {value:g} ms" for name, value in times if value)
    return f"{columns} x {rows} pixels, {len(one.slices)} slices{apart}{told}{file}"


def series_of(scan: Scan) -> list[DicomSeries]:
    """The series of a folder, numbered in the order of the scanner; each makes one volume or has a ``problem``."""
    by_series = sorted(scan.slices, key=lambda one: (one.series_number, one.keys[3]))
    groups: list[list[Slice]] = []
    for _, members in groupby(by_series, key=lambda one: (one.series_number, one.keys[3])):
        groups += _parts(list(members))
    groups.sort(key=lambda group: (group[0].series_number, str(min(one.path for one in group)), group[0].echo))
    return [_series(group, number, len(groups), scan) for number, group in enumerate(groups, start=1)]


def _parts(slices: list[Slice]) -> list[list[Slice]]:
    """One series cut where modality, kind of number (magnitude, phase), echo or orientation differ."""
    found: dict[tuple[object, ...], list[Slice]] = {}
    for one in slices:
        found.setdefault((one.tags.modality, _part(one), one.echo, one.colour), []).append(one)
    return [turned for part in found.values() for turned in _by_orientation(part)]


def _part(one: Slice) -> str:
    return next((_PARTS[word] for word in one.tags.image_type[2:] if word in _PARTS), "")


def _by_orientation(slices: list[Slice]) -> list[list[Slice]]:
    groups: list[list[Slice]] = []
    for one in slices:
        for group in groups:
            same = one.orientation, group[0].orientation
            if None in same or parallel(*same):  # type: ignore[arg-type]
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _series(group: list[Slice], number: int, total: int, scan: Scan) -> DicomSeries:
    slices, copies = _without_copies(group)
    tags = slices[0].tags
    stack = stack_slices(slices) if len(slices) > 1 else None
    problem = _kind_problem(slices) or _time_problem(slices)
    if problem is None and isinstance(stack, Problem):
        problem = stack
    order = stack.order if isinstance(stack, Stack) else range(len(slices))
    ordered = tuple(slices[index] for index in order)
    notes = []
    if copies:
        message = f"{copies} of its DICOM files were there twice; the copies were left out"
        notes.append(Finding("duplicate-files", "fixed", message))
    return DicomSeries(
        number=number,
        total=total,
        slices=ordered,
        stack=stack if isinstance(stack, Stack) and problem is None else None,
        problem=problem,
        tags=tags,
        recognised=recognise(tags, _place(ordered, scan.root)),
        shown=tuple(scan.shown(one.path) for one in ordered),
        notes=tuple(notes),
    )


def _without_copies(group: list[Slice]) -> tuple[list[Slice], int]:
    """The images without repeated copies of the same one (equal instance and place)."""
    seen: dict[tuple[object, ...], Slice] = {}
    for one in group:
        seen.setdefault((one.keys[4], one.position, one.frame), one)
    return list(seen.values()), len(group) - len(seen)


def _place(slices: Sequence[Slice], root: Path) -> tuple[str, ...]:
    """Names that may tell the sequence: what all file names share, then the folders, the nearest first."""
    stems = {re.sub(r"\d+$", "", one.path.stem.lower()) for one in slices}
    parent = slices[0].path.parent
    folders = parent.relative_to(root).parts or (root.resolve().name,)
    return (*(stems if len(stems) == 1 else ()), *folders[-1:-3:-1])


def _kind_problem(slices: Sequence[Slice]) -> Problem | None:
    """What the images are, where that is not a stack of magnitude MR slices."""
    first = slices[0]
    words = set(first.tags.image_type)
    modality = first.tags.modality
    if modality != "MR":
        kind = _MODALITIES.get(modality, f"images of another kind ({modality[:2]})" if modality else "no kind")
        return Problem("not-mr", f"{kind}, not magnetic resonance (MR)", _ALONE)
    if first.colour:
        return Problem("colour", "a colour picture or screenshot", _ALONE)
    if first.inverted:
        return Problem("inverted", "inverted grey values (MONOCHROME1)", "export the original images")
    if _part(first):
        return Problem("part", f"{_part(first)} images, not magnitude", _ALONE)
    if "MOSAIC" in words:
        return Problem("mosaic", "a mosaic: many slices in one picture", _ALONE)
    if words & _MAPS or any(word.startswith(("ADC", "PERF")) for word in words):
        return Problem("map", "a map computed from other images (diffusion, perfusion, projection)", _ALONE)
    few = len(slices) < FEWEST_SLICES
    if "LOCALIZER" in words or first.tags.modality == "MR" and few:
        kind = "localiser (scout)" if "LOCALIZER" in words else "too few slices for a volume, as in a localiser"
        return Problem("localiser", kind, _ALONE, f"{len(slices)} image{'s' * (len(slices) != 1)}")
    return None


def _time_problem(slices: Sequence[Slice]) -> Problem | None:
    """Several whole volumes at the same place."""
    copies = copies_at_every_place(slices)
    if copies > 1:
        what = f"4-D: {copies} images at every position, as in a time, diffusion or multi-echo series"
        found = f"{len(slices)} images at {len(slices) // copies} positions"
        return Problem("four-d", what, "a 3-D image is needed: export one time point as a series of its own", found)
    return None


def with_notes(series: DicomSeries, notes: Iterable[Finding]) -> DicomSeries:
    """The same series with further findings."""
    return replace(series, notes=(*series.notes, *notes))
