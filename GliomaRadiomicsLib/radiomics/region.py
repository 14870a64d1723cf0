"""A region of a mask, cropped to its bounding box, with everything about it that does not depend on an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.neighbourhood import Neighbourhood
from GliomaRadiomicsLib.radiomics.rules import check_values
from GliomaRadiomicsLib.radiomics.settings import LABEL, RadiomicsSettings

Box = tuple[slice, slice, slice]

_EDGE_VOXELS = 1e-3


@dataclass(frozen=True)
class Region:
    """A region cropped to its bounding box.

    Attributes:
        mask: Shape ``(k, j, i)``; the region touches all six sides.
        spacing: Voxel size along k, j, i in mm.
        box: Where the region lies in the whole array, axis order (k, j, i).
        settings: How features are computed.
        origin: The region this one is a part of; None: it is a whole one.
    """

    mask: npt.NDArray[np.bool_]
    spacing: npt.NDArray[np.float64]
    box: Box
    settings: RadiomicsSettings
    origin: Region | None = None

    @property
    def whole(self) -> Region:
        """The region of the mask, before resegmentation."""
        return self.origin or self

    @cached_property
    def voxels(self) -> int:
        """Number of voxels."""
        return int(np.count_nonzero(self.mask))

    @cached_property
    def padded_mask(self) -> npt.NDArray[np.bool_]:
        """The mask with a margin of one voxel outside the region on every side."""
        return np.pad(self.mask, 1)

    @cached_property
    def adjacent(self) -> Neighbourhood:
        """Neighbours at distance 1."""
        return self._neighbourhood((1,))

    @cached_property
    def within_distances(self) -> Neighbourhood:
        """Neighbours at the distances of the settings."""
        distances = tuple(self.settings.distances)
        return self.adjacent if distances == (1,) else self._neighbourhood(distances)

    def values(self, array: npt.NDArray, box: Box | None = None) -> npt.NDArray:
        """Voxel values of the region, shape ``(voxels,)``.

        Args:
            array: The whole array, axis order (k, j, i), or the part of it in ``box``.
            box: A box that holds the region.
        """
        return array[self.box if box is None else within(self.box, box)][self.mask]

    def with_settings(self, settings: RadiomicsSettings) -> Region:
        """The same region for other settings; what both have in common is found only once."""
        if settings == self.settings:
            return self
        other = replace(self, settings=settings)
        same_plane = (settings.force2D, settings.force2Ddimension) == (
            self.settings.force2D,
            self.settings.force2Ddimension,
        )
        if same_plane:
            other.__dict__["adjacent"] = self.adjacent
            if tuple(settings.distances) == tuple(self.settings.distances):
                other.__dict__["within_distances"] = self.within_distances
        return other

    def part(self, mask: npt.NDArray[np.bool_], inner: Box) -> Region:
        """The part of this region in a box.

        Args:
            mask: Which voxels belong to it, shape as the mask of this region.
            inner: The box, in voxels of this region's own box.
        """
        if mask is self.mask and mask[inner].shape == mask.shape:
            return self
        box = tuple(slice(o.start + i.start, o.start + i.stop) for o, i in zip(self.box, inner, strict=True))
        return Region(
            np.ascontiguousarray(mask[inner]), self.spacing, (box[0], box[1], box[2]), self.settings, self.whole
        )

    def why_not(self) -> str:
        """Why pyradiomics would compute no feature of this region; empty if it would."""
        dimensions = sum(size > 1 for size in self.mask.shape)
        if dimensions == 0:
            return "the region is a single voxel"
        fewest, smallest = self.settings.minimumROIDimensions, self.settings.minimumROISize
        if dimensions < fewest:
            return f"the region has {dimensions} dimension(s), minimumROIDimensions is {fewest}"
        if smallest is not None and self.voxels <= smallest:
            return f"the region has {self.voxels} voxels, minimumROISize is {smallest}"
        return ""

    def _neighbourhood(self, distances: tuple[int, ...]) -> Neighbourhood:
        skipped = self.settings.force2Ddimension if self.settings.force2D else None
        return Neighbourhood(self.mask, distances, skipped)


def crop(inside: npt.NDArray[np.bool_], spacing: tuple[float, float, float], settings: RadiomicsSettings) -> Region:
    """The region of a boolean array.

    Args:
        inside: Shape ``(k, j, i)``; at least one voxel inside.
        spacing: Voxel size along i, j, k in mm, as `Volume.spacing` gives it.
        settings: How features are computed.
    """
    box = bounding_box(inside)
    return Region(np.ascontiguousarray(inside[box]), np.array(spacing[::-1]), box, settings)


def bounding_box(inside: npt.NDArray[np.bool_]) -> Box:
    """Smallest box that holds every voxel inside; any axis order."""
    box = []
    for axis in range(3):
        occupied = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        box.append(slice(int(occupied[0]), int(occupied[-1]) + 1))
        inside = inside[(slice(None),) * axis + (box[-1],)]
    return box[0], box[1], box[2]


def whole_box(array: npt.NDArray) -> Box:
    """The box of a whole array."""
    return slice(0, array.shape[0]), slice(0, array.shape[1]), slice(0, array.shape[2])


def within(inner: Box, outer: Box) -> Box:
    """Where a box lies in another one that holds it."""
    found = [slice(i.start - o.start, i.stop - o.start) for i, o in zip(inner, outer, strict=True)]
    return found[0], found[1], found[2]


def together(regions: Sequence[Region]) -> tuple[Box, npt.NDArray[np.bool_]]:
    """The box that holds all regions, and their union in it."""
    ends = [(min(r.box[a].start for r in regions), max(r.box[a].stop for r in regions)) for a in range(3)]
    box = slice(*ends[0]), slice(*ends[1]), slice(*ends[2])
    inside = np.zeros([stop - start for start, stop in ends], dtype=bool)
    for region in regions:
        inside[within(region.box, box)] |= region.mask
    return box, inside


def fits(image: Volume, mask: Volume, settings: RadiomicsSettings) -> bool:
    """Whether image and mask lie on the same grid."""
    return image.same_grid(mask, settings.geometryTolerance)


def check_grids(image: Volume, mask: Volume, settings: RadiomicsSettings) -> None:
    """Raise `RefusedInput` unless image and mask lie on the same grid."""
    if not fits(image, mask, settings):
        raise mismatch(image, mask, 0.0)


def mismatch(image: Volume, mask: Volume, outside_mm: float) -> RefusedInput:
    """The error for a mask on another grid, of which the region reaches ``outside_mm`` out of the image."""
    name = image.name or "image"
    apart = f"voxels are up to {image.grid_distance_mm(mask):.3g} mm apart"
    what, found = f"mask and image do not lie in the same place, {apart}", None
    if image.shape != mask.shape:
        what, found = "mask and image have different numbers of voxels", f"{mask.shape}, {name} has {image.shape}"
        what += f", the first {np.linalg.norm(image.affine[:3, 3] - mask.affine[:3, 3]):.3g} mm apart"
    remedy = f"set correctMask to bring the mask to the grid of {name}, or resample it"
    if outside_mm > 0:
        what += f", and the region reaches {outside_mm:.3g} mm out of the image"
        remedy = "check that both are of the same patient and scan, and register the mask to the image first"
    elif found is None:
        remedy += "; raise geometryTolerance (mm) only if the headers are known to be wrong"
    return RefusedInput(what=what, where=mask.name or "mask", found=found, remedy=remedy)


def outside_mm(image: Volume, mask: Volume, inside: npt.NDArray[np.bool_]) -> float:
    """How far the region of a mask on another grid reaches out of the image, in mm; 0 if it does not.

    The ends of the region's box are compared, with a tolerance of a thousandth of a voxel, as in pyradiomics 3.0.1.

    Args:
        image: The image.
        mask: Gives the place of the region.
        inside: The region on the grid of the mask, shape ``(k, j, i)``.
    """
    box = bounding_box(inside)[::-1]
    ends = np.array([[axis.start, axis.stop] for axis in box]) - 0.5
    to_image = np.linalg.inv(image.affine) @ mask.affine
    placed = to_image[:3, :3] @ ends + to_image[:3, 3:]
    below, above = -0.5 - placed.min(axis=1), placed.max(axis=1) - (np.array(image.shape) - 0.5)
    outside = np.maximum(below, above)
    return float((outside * image.spacing).max()) if outside.max() > _EDGE_VOXELS else 0.0


def select_label(mask: Volume, labels: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Voxels that have one of the labels.

    Returns:
        Shape ``(k, j, i)``.

    Raises:
        RefusedInput: If none has, naming the labels present, and for the label 0, which is the background.
    """
    for label in labels or (None,):
        check_values({"label": label}, {"label": LABEL})
    array = mask.array.T
    inside = array == labels[0] if len(labels) == 1 else np.isin(array, labels)
    if not inside.any():
        present = [f"{value:g}" for value in np.unique(array[array != 0])[:20]]
        wanted = ", ".join(str(label) for label in labels)
        raise RefusedInput(
            what=f"label {wanted} is not in the mask" if present else "the mask is empty",
            where=mask.name or "mask",
            found=f"labels {', '.join(present)}" if present else "no voxel above 0",
            remedy="choose a label that is there" if present else "draw or predict a region first",
        )
    return inside
