"""What every normalisation is, and the linear one that most of them are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
_FLAT = 1e-6


class Normalisation(Protocol):
    """A normalisation fitted to one image; all arrays of any shape and unit, the mask of the same shape."""

    @property
    def method(self) -> str:
        """Name in the registry."""

    def apply(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """Normalised float32 intensities."""

    def inverse(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """The intensities that `apply` was given, as far as they can be known."""

    def parameters(self) -> dict[str, Any]:
        """Plain data that says what was done, for the provenance and `registry.from_parameters`."""


@dataclass(frozen=True)
class LinearNormalisation:
    """Intensity minus ``centre``, over ``width``.

    Attributes:
        method: Name in the registry.
        centre: In units of the image.
        width: In units of the image; 0 for a flat image or an empty mask, where everything becomes 0.
        whole_image: Applied to every voxel; else only inside the mask, with 0 outside.
        clip: Limits of the result, or None. The inverse of what was clipped is the limit.
    """

    method: str
    centre: float
    width: float
    whole_image: bool = False
    clip: tuple[float, float] | None = None

    def apply(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """Normalised float32 intensities, 0 outside ``mask`` unless ``whole_image``.

        Raises:
            ValueError: If the shapes differ.
        """
        inside = self._where(array, mask)
        result = np.zeros(array.shape, dtype=np.float32)
        if self.width > 0:
            values = (array[inside].astype(np.float64) - self.centre) / self.width
            result[inside] = values if self.clip is None else np.clip(values, *self.clip)
        return result

    def inverse(self, array: npt.NDArray, mask: npt.NDArray) -> Array:
        """The intensities before, exact to float32 inside ``mask``, 0 outside (not kept), unless ``whole_image``.

        Where ``clip`` cut something off, the limit comes back.
        """
        inside = self._where(array, mask)
        result = np.zeros(array.shape, dtype=np.float32)
        result[inside] = array[inside].astype(np.float64) * self.width + self.centre
        return result

    def parameters(self) -> dict[str, Any]:
        """Plain data: method, centre, width, whole_image, clip."""
        return {**asdict(self), "clip": None if self.clip is None else list(self.clip)}

    def _where(self, array: npt.NDArray, mask: npt.NDArray) -> Any:
        return ... if self.whole_image else inside_mask(array, mask)


def inside_mask(array: npt.NDArray, mask: npt.NDArray) -> npt.NDArray[np.bool_]:
    """Boolean mask of the same shape.

    Raises:
        ValueError: If the shapes differ.
    """
    if array.shape != mask.shape:
        msg = f"mask of shape {mask.shape} does not fit the image of shape {array.shape}"
        raise ValueError(msg)
    return np.asarray(mask) != 0


def values_in(array: npt.NDArray, mask: npt.NDArray) -> npt.NDArray[np.float64]:
    """Intensities inside the mask, 1-D."""
    return array[inside_mask(array, mask)].astype(np.float64)


def width_or_flat(width: float, centre: float) -> float:
    """``width``, or 0 where it is nothing beside rounding."""
    return float(width) if width > _FLAT * max(1.0, abs(centre)) else 0.0
