"""Image and mask on voxels of another size, as IBSI asks for it.

Source: IBSI reference manual, section 2.4: the centres of both grids coincide, the new grid has as many voxels as the
old one has length, rounded up; beyond the outermost voxel centres the image goes on with their values. The mask is
interpolated linearly, and voxels with at least half of it belong to the region.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import check_voxel_count, nothing_left

ORDERS = {"sitkNearestNeighbor": 0, "sitkLinear": 1, "sitkBSpline": 3, 1: 0, 2: 1, 3: 3}
"""Order of the spline by name and number of the interpolator."""

INSIDE = 0.5
_ROUNDING = 1e-6

Array = npt.NDArray[np.float64]


def interpolated_image(image: Volume, spacing: tuple[float, ...], interpolator: str | int | None) -> Volume:
    """An image on the new grid.

    Args:
        image: The image.
        spacing: New voxel size along i, j, k in mm; 0 keeps that axis.
        interpolator: A key of `ORDERS`.

    Raises:
        RefusedInput: For another interpolator, and a grid of too many voxels.
    """
    order = ORDERS.get(interpolator) if interpolator is not None else None
    if order is None:
        raise RefusedInput(
            what="interpolator not in the ibsi convention",
            where="interpolator",
            found=interpolator,
            remedy=f"choose from {', '.join(str(name) for name in ORDERS)}",
        )
    grid = _Grid(image, spacing)
    return Volume(grid.sample(image.array.astype(np.float64), order), grid.affine, image.name)


def interpolated_mask(mask: Volume, labels: tuple[int, ...], spacing: tuple[float, ...]) -> Volume:
    """The region of some labels on the new grid; its voxels have the first of the labels, all others 0.

    Args:
        mask: The mask.
        labels: Labels whose union is the region.
        spacing: New voxel size along i, j, k in mm; 0 keeps that axis.

    Raises:
        RefusedInput: If no voxel of the region is left, or the grid has too many.
    """
    grid = _Grid(mask, spacing)
    inside = grid.sample(np.isin(mask.array, labels).astype(np.float64), 1) >= INSIDE - _ROUNDING
    if not inside.any():
        raise nothing_left(mask.name, grid.spacing)
    return Volume(np.where(inside, labels[0], 0), grid.affine, mask.name)


class _Grid:
    """A grid of other voxels with the same centre and axes as that of a volume.

    Attributes:
        spacing: Voxel size along i, j, k in mm.
        affine: 4x4 matrix from voxel index to RAS millimetres.
    """

    def __init__(self, volume: Volume, spacing: tuple[float, ...]) -> None:
        old, wanted = np.array(volume.spacing), np.array(spacing, dtype=np.float64)
        self.spacing: Array = np.where(wanted == 0, old, wanted)
        self._ratio = self.spacing / old
        size = np.array(volume.shape)
        voxels = np.ceil(size / self._ratio - _ROUNDING)
        check_voxel_count(voxels, self.spacing)
        self._size = voxels.astype(int)
        self._first = (size - 1) / 2 - (self._size - 1) / 2 * self._ratio
        self.affine = volume.affine.copy()
        self.affine[:3, 3] += volume.affine[:3, :3] @ self._first
        self.affine[:3, :3] *= self._ratio

    def sample(self, array: Array, order: int) -> Array:
        """An array of the volume's shape on this grid, by splines of this order."""
        from scipy.ndimage import affine_transform

        return affine_transform(
            array, self._ratio, offset=self._first, output_shape=tuple(self._size), order=order, mode="nearest"
        )
