"""Slices to a stack: order along the slice normal, geometry, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.imaging.dicom.header import Slice

_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
SAME_PLACE_MM = 0.01
_MISSING = 1.5
_EVEN_MM, _EVEN = 0.01, 0.02
_DRIFT_MM = 0.2
_SAME_SIZE = 1e-3
_PARALLEL = 0.02


@dataclass(frozen=True)
class Problem:
    """Why images cannot be used as one volume; without identifiers.

    Attributes:
        code: Stable machine name.
        what: What is wrong.
        remedy: What the user can do.
        found: The value found.
        files: Numbers of the slices concerned, in the order they were given.
    """

    code: str
    what: str
    remedy: str
    found: str | None = None
    files: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stack:
    """Slices in order.

    Attributes:
        order: Index of each slice, from the lowest position along the normal to the highest.
        affine: RAS mm of the voxel (column, row, slice).
        places: Position of every slice along the normal, from the first, mm.
        step: Distance of the slices of ``affine``, mm.
        depth: Number of slices on the even grid of ``affine``.
        even: Whether the slices lie on that grid as they are; otherwise they are to be interpolated.
    """

    order: tuple[int, ...]
    affine: npt.NDArray[np.float64]
    places: npt.NDArray[np.float64]
    step: float
    depth: int
    even: bool


def normal_of(orientation: Sequence[float]) -> npt.NDArray[np.float64]:
    """Unit vector across the slices; LPS."""
    normal = np.cross(orientation[:3], orientation[3:])
    return normal / (np.linalg.norm(normal) or 1.0)


def parallel(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether two slices are turned the same way (to about one degree)."""
    return bool(np.abs(np.subtract(a, b)).max() < _PARALLEL)


def stack_slices(slices: Sequence[Slice]) -> Stack | Problem:
    """Order and geometry of the images of one volume, or why they are none.

    The geometry is that of ITK's series reader: axes at right angles, slices at the mean distance along their normal.
    """
    problem = _plane_problem(slices)
    if problem is not None:
        return problem
    first = slices[0]
    assert first.orientation is not None
    assert first.spacing is not None
    row = np.array(first.orientation[:3]) / np.linalg.norm(first.orientation[:3])
    normal = normal_of(first.orientation)
    positions = np.array([one.position for one in slices], dtype=np.float64)
    order = np.argsort(positions @ normal, kind="stable")
    ordered = positions[order]
    places = (ordered - ordered[0]) @ normal
    problem = _gap_problem(places, order) or _drift_problem(ordered, places, normal)
    if problem is not None:
        return problem
    even, step, depth = _grid(places)
    affine = np.eye(4)
    affine[:3, 0] = row * first.spacing[1]
    affine[:3, 1] = np.cross(normal, row) * first.spacing[0]
    affine[:3, 2] = normal * step
    affine[:3, 3] = ordered[0]
    return Stack(tuple(int(index) for index in order), _LPS @ affine, places, step, depth, even)


def copies_at_every_place(slices: Sequence[Slice]) -> int:
    """How many images lie at each position: 1 in a volume, more in a time series; 0 where it differs or is unknown."""
    if any(one.position is None or one.orientation is None for one in slices):
        return 0
    normal = normal_of(slices[0].orientation or (1, 0, 0, 0, 1, 0))
    places = np.sort(np.array([one.position for one in slices]) @ normal)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(places) > SAME_PLACE_MM]))
    counts = np.diff(np.append(starts, len(places)))
    return int(counts[0]) if (counts == counts[0]).all() else 0


def _plane_problem(slices: Sequence[Slice]) -> Problem | None:
    again = "export the series again"
    lost = tuple(n for n, one in enumerate(slices) if None in (one.position, one.orientation, one.spacing))
    if lost:
        what = "the header does not say where the slices lie in the patient"
        return Problem("no-position", what, f"{again} with its geometry", f"{len(lost)} images", lost)
    sizes = [one.size for one in slices]
    usual = max(set(sizes), key=sizes.count)
    odd = tuple(n for n, size in enumerate(sizes) if size != usual)
    if odd:
        text = f"{len(odd)} of {_times(sizes[odd[0]])} among {_times(usual)} pixels"
        return Problem("slice-sizes", "slices of different size", f"{again}, or remove the odd ones", text, odd)
    spacings = np.array([one.spacing for one in slices])
    if np.ptp(spacings, axis=0).max() > _SAME_SIZE or spacings.min() <= 0:
        text = f"{spacings.min():.4g} to {spacings.max():.4g} mm"
        return Problem("pixel-sizes", "slices with different or no pixel spacing", again, text)
    first = slices[0].orientation
    assert first is not None
    if np.linalg.norm(np.cross(first[:3], first[3:])) < 1.0 - _PARALLEL:
        return Problem("bad-orientation", "the orientation in the header is damaged", again)
    return None


def _gap_problem(places: npt.NDArray[np.float64], order: npt.NDArray[np.intp]) -> Problem | None:
    gaps = np.diff(places)
    double = np.flatnonzero(gaps < SAME_PLACE_MM)
    if len(double):
        files = tuple(int(order[n]) for index in double for n in (index, index + 1))
        what = "several images at the same position"
        remedy = "keep one of them, or export the series again"
        return Problem("duplicate-positions", what, remedy, f"{len(double)} of {len(places)} too many", files)
    usual = float(np.median(gaps))
    wide = np.flatnonzero(gaps > _MISSING * usual)
    if len(wide):
        missing = int(sum(max(1, round(gaps[n] / usual) - 1) for n in wide))
        after = ", ".join(f"between slices {n + 1} and {n + 2}" for n in wide[:3])
        text = f"{gaps[wide].max():.2f} mm instead of {usual:.2f} mm {after}"
        what = f"{missing} slice{' is' if missing == 1 else 's are'} missing in the middle"
        remedy = "export or copy the series again, whole"
        return Problem("missing-slices", what, remedy, text, tuple(int(order[n]) for n in wide))
    return None


def _drift_problem(
    ordered: npt.NDArray[np.float64], places: npt.NDArray[np.float64], normal: npt.NDArray[np.float64]
) -> Problem | None:
    sideways = ordered - ordered[0] - places[:, None] * normal
    drift = np.linalg.norm(sideways, axis=1)
    if drift.max() <= _DRIFT_MM:
        return None
    steady = sideways[-1] * (places / places[-1])[:, None]
    remedy = "export the series with the tilt removed, or resample it onto an ordinary grid"
    if np.linalg.norm(sideways - steady, axis=1).max() <= _DRIFT_MM:
        angle = np.degrees(np.arctan2(drift[-1], places[-1]))
        return Problem("gantry-tilt", "sheared volume, as from a tilted gantry", remedy, f"{angle:.1f} degrees")
    what = "slices are shifted against each other, not stacked"
    return Problem("shifted-slices", what, "export the series again", f"up to {drift.max():.1f} mm sideways")


def _grid(places: npt.NDArray[np.float64]) -> tuple[bool, float, int]:
    """Whether the slices are even, the step of the grid, and its number of slices."""
    count = len(places)
    step = float(places[-1] / (count - 1))
    off = float(np.abs(places - step * np.arange(count)).max())
    if off <= _EVEN_MM + _EVEN * step:
        return True, step, count
    steps = max(1, round(places[-1] / float(np.median(np.diff(places)))))
    return False, float(places[-1] / steps), steps + 1


def _times(size: tuple[int, int]) -> str:
    return f"{size[1]} x {size[0]}"
