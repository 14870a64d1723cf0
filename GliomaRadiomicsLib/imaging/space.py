"""The chain between the grids of the images as they were given and the one grid the work is done on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop, crop_box, resample_like, uncrop

WORKING_SPACING_MM = 1.0
MARGIN_MM = 12.0
_EXACT_MM = 1e-4

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Space:
    """Where the images lie, and how results come back to them.

    Attributes:
        reference: Role of the image on whose grid results are written.
        working: The grid all work is done on; its voxels are not read.
        native: The grid of each image as it was given, by role; voxels are not read.
        movements: By role, the rigid 4x4 matrix that takes a place (RAS mm) in the working grid to the same tissue's
            place in that image.
    """

    reference: str
    working: Volume
    native: dict[str, Volume]
    movements: dict[str, Matrix]

    @classmethod
    def unchanged(cls, reference: str, volumes: dict[str, Volume]) -> Space:
        """The chain that does nothing: every image lies on one grid, and that is worked on."""
        native = {role: grid_of(volume) for role, volume in volumes.items()}
        return cls(reference, native[reference], native, {role: np.eye(4) for role in volumes})

    def is_exact(self, role: str | None = None) -> bool:
        """Whether an image lies on the working grid as it is, so that nothing is interpolated either way."""
        role = role or self.reference
        return moved(self.native[role], self.movements[role]).same_grid(self.working, _EXACT_MM)

    def to_working(self, volume: Volume, role: str, *, label: bool = False, outside: float = 0.0) -> Volume:
        """An image or label map that lies on the grid of ``role``, on the working grid."""
        there = moved(volume, self.movements[role])
        if label:
            return resample_labels(there, self.working)
        return resample_like(there, self.working, outside=outside)

    def to_native(self, volume: Volume, role: str | None = None, *, label: bool = False) -> Volume:
        """An image or label map on the working grid, on the grid of ``role`` (default: the reference)."""
        role = role or self.reference
        target = moved(self.native[role], self.movements[role])
        found = resample_labels(volume, target) if label else resample_like(volume, target)
        return Volume(found.array, self.native[role].affine, volume.name)

    def aligned_affine(self, role: str) -> Matrix:
        """Affine that lays an image, its voxels untouched, onto the reference image in the reference's own place."""
        return np.asarray(np.linalg.inv(self.movement_from_reference(role)) @ self.native[role].affine)

    def movement_from_reference(self, role: str) -> Matrix:
        """4x4 from a place (RAS mm) in the reference image to the same tissue's place in the image of ``role``."""
        return np.asarray(self.movements[role] @ np.linalg.inv(self.movements[self.reference]))

    def renamed(self, roles: dict[str, str], reference: str) -> Space:
        """The same chain with other names: old role to new."""
        native = {roles.get(role, role): grid for role, grid in self.native.items()}
        movements = {roles.get(role, role): matrix for role, matrix in self.movements.items()}
        return Space(reference, self.working, native, movements)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the provenance: enough to repeat every resampling."""
        return {
            "reference": self.reference,
            "working": _grid_dict(self.working),
            "native": {role: _grid_dict(grid) for role, grid in self.native.items()},
            "working_to_image_ras_mm": {role: matrix.tolist() for role, matrix in self.movements.items()},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Space:
        """The inverse of `to_dict`."""
        movements = {role: np.array(matrix) for role, matrix in data["working_to_image_ras_mm"].items()}
        native = {role: _grid_from(grid) for role, grid in data["native"].items()}
        return cls(data["reference"], _grid_from(data["working"]), native, movements)


def grid_of(volume: Volume) -> Volume:
    """The grid of ``volume`` with voxels that take no memory and are not to be read."""
    return Volume(np.broadcast_to(np.uint8(0), volume.shape), volume.affine, volume.name)


def moved(volume: Volume, movement: Matrix) -> Volume:
    """``volume`` with the header that undoes ``movement`` (working grid to image); no voxel is touched."""
    return Volume(volume.array, np.linalg.inv(movement) @ volume.affine, volume.name)


def working_grid(brain: Volume, spacing_mm: float = WORKING_SPACING_MM, margin_mm: float = MARGIN_MM) -> Volume:
    """A grid of isotropic voxels along right, anterior, superior that holds the non-zero voxels of ``brain``.

    Raises:
        RefusedInput: If the mask is empty.
    """
    box = crop_box(brain.array)
    corners = np.array(
        [
            (i, j, k, 1.0)
            for i in (box[0].start, box[0].stop - 1)
            for j in (box[1].start, box[1].stop - 1)
            for k in (box[2].start, box[2].stop - 1)
        ]
    )
    places = (corners @ brain.affine.T)[:, :3]
    low, high = places.min(0) - margin_mm, places.max(0) + margin_mm
    shape = np.ceil((high - low) / spacing_mm).astype(int) + 1
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = np.floor(low)
    return Volume(np.broadcast_to(np.uint8(0), tuple(int(n) for n in shape)), affine, "working grid")


def resample_labels(label_map: Volume, target: Volume) -> Volume:
    """A label map on another grid.

    Every label is interpolated as a share from 0 to 1; where they fill more than half together, the largest wins. So
    outlines stay smooth, no label appears that was not there, and no hole opens between two labels. Voxels themselves,
    unchanged, where both grids are the same.
    """
    if label_map.same_grid(target, tolerance_mm=_EXACT_MM):
        return Volume(label_map.array, target.affine, label_map.name)
    found = np.zeros(target.shape, dtype=label_map.array.dtype)
    inside = label_map.array != 0
    if not inside.any():
        return Volume(found, target.affine, label_map.name)
    near = crop(label_map, crop_box(inside, 1))
    box = _box_on(near, target)
    part = crop(grid_of(target), box)
    values = [value for value in np.unique(near.array) if value != 0]
    shares = [resample_like(near.with_array((near.array == v).astype(np.float32)), part).array for v in values]
    chosen = np.array(values)[np.argmax(shares, axis=0)] * (np.sum(shares, axis=0) > 0.5)
    whole = uncrop(part.with_array(chosen.astype(found.dtype)), box, target)
    return Volume(whole.array, target.affine, label_map.name)


def _box_on(part: Volume, target: Volume) -> tuple[slice, slice, slice]:
    """Slices of ``target`` that hold all of ``part``; at least one voxel wide."""
    ends = np.array([[-0.5, n - 0.5] for n in part.shape])
    corners = np.array([(i, j, k, 1.0) for i in ends[0] for j in ends[1] for k in ends[2]])
    index = corners @ (np.linalg.inv(target.affine) @ part.affine).T
    size = np.array(target.shape)
    low = np.clip(np.floor(index.min(0)[:3]).astype(int), 0, size - 1)
    high = np.clip(np.ceil(index.max(0)[:3]).astype(int) + 1, low + 1, size)
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def _grid_dict(grid: Volume) -> dict[str, Any]:
    return {"shape": list(grid.shape), "index_to_ras_mm": grid.affine.tolist()}


def _grid_from(data: dict[str, Any]) -> Volume:
    return Volume(np.broadcast_to(np.uint8(0), tuple(data["shape"])), np.array(data["index_to_ras_mm"]))
