"""A 3-D image with its place in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Volume:
    """A 3-D image and where it lies in the patient.

    Attributes:
        array: Shape ``(i, j, k)``; the axis order of nibabel (fastest axis of the file first), the reverse of
            SimpleITK's and Slicer's ``arrayFromVolume`` order.
        affine: 4x4 matrix from voxel index ``(i, j, k, 1)`` to RAS millimetres (R, A, S positive).
        name: What to call it in messages; never a patient's name.

    Raises:
        ValueError: If the array is not 3-D or the affine is not an invertible 4x4 matrix.
    """

    array: npt.NDArray
    affine: npt.NDArray[np.float64]
    name: str = ""

    def __post_init__(self) -> None:
        affine = np.asarray(self.affine, dtype=np.float64)
        if self.array.ndim != 3:
            msg = f"a Volume is 3-D; {self.name or 'this array'} has {self.array.ndim} dimensions"
            raise ValueError(msg)
        if affine.shape != (4, 4) or not np.isfinite(affine).all() or abs(np.linalg.det(affine[:3, :3])) < 1e-12:
            msg = f"the affine of {self.name or 'this volume'} is not an invertible 4x4 matrix"
            raise ValueError(msg)
        object.__setattr__(self, "affine", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along i, j, k."""
        return self.array.shape  # type: ignore[return-value]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Voxel size along i, j, k in millimetres."""
        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in cubic millimetres."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def same_grid(self, other: Volume, tolerance_mm: float = 1e-3) -> bool:
        """Whether both have the same shape and every voxel centre lies at the same place within ``tolerance_mm``."""
        return self.shape == other.shape and self.grid_distance_mm(other) <= tolerance_mm

    def grid_distance_mm(self, other: Volume) -> float:
        """Largest distance in mm between equal voxel indices of both grids (measured at this grid's corners)."""
        last = np.array(self.shape) - 1
        corners = np.array([(i, j, k, 1.0) for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])])
        return float(np.linalg.norm(corners @ (self.affine - other.affine).T, axis=1).max())

    def with_array(self, array: npt.NDArray, name: str | None = None) -> Volume:
        """The same place with other voxel values; ``array`` must have the same shape."""
        if array.shape != self.shape:
            msg = f"array of shape {array.shape} does not fit the grid {self.shape}"
            raise ValueError(msg)
        return Volume(array, self.affine, self.name if name is None else name)
