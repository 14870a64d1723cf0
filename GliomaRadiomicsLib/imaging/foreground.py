"""Where the head or the brain is: found from the background, for checks and for cropping; no brain extraction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop_box, resample_like

_EQUAL_CORNERS = 6
_MIN_BACKGROUND_SHARE = 0.15
_LARGEST_BRAIN_ML = 2200.0


@dataclass(frozen=True)
class Foreground:
    """Head or brain of one image.

    Attributes:
        mask: Boolean volume.
        stripped: Whether the background is one constant and what is left has at most the size of a brain.
        background: The constant, or None.
    """

    mask: Volume
    stripped: bool
    background: float | None

    @property
    def volume_ml(self) -> float:
        """Volume of the mask in millilitres."""
        return float(self.mask.array.sum() * self.mask.voxel_volume_mm3 / 1000.0)

    @property
    def centre(self) -> npt.NDArray[np.float64]:
        """Centre of mass in RAS millimetres; the centre of the grid where the mask is empty."""
        inside = np.argwhere(self.mask.array)
        index = inside.mean(axis=0) if len(inside) else (np.array(self.mask.shape) - 1) / 2.0
        return (self.mask.affine @ [*index, 1.0])[:3]


def coarse(volume: Volume, spacing_mm: float = 3.0) -> Volume:
    """Every n-th voxel of ``volume``, so that the spacing comes near ``spacing_mm``; a view, nothing is averaged."""
    steps = [max(1, round(spacing_mm / spacing)) for spacing in volume.spacing]
    affine = volume.affine.copy()
    affine[:3, :3] *= steps
    return Volume(volume.array[:: steps[0], :: steps[1], :: steps[2]], affine, volume.name)


def foreground(volume: Volume) -> Foreground:
    """Foreground of ``volume`` (best of a `coarse` one): what differs from a constant background, else by Otsu."""
    background = _constant_background(volume.array)
    if background is not None:
        found = Foreground(volume.with_array(volume.array != background), True, background)
        if found.volume_ml <= _LARGEST_BRAIN_ML:
            return found
    return Foreground(volume.with_array(_above_otsu(_roots(volume.array))), False, background)


def brain_mask(images: list[Volume], backgrounds: list[float | None]) -> Volume:
    """Full-resolution uint8 mask: where any of the skull-stripped ``images`` (one grid) differs from its background.

    Holes are filled and only the largest part is kept.
    """
    inside = np.zeros(images[0].shape, dtype=bool)
    for image, background in zip(images, backgrounds, strict=True):
        inside |= image.array != (background or 0.0)
    return images[0].with_array(_solid(inside, closing=0), "brain mask")


def head_mask(image: Volume) -> Volume:
    """Full-resolution uint8 mask of the head, skull and scalp included, by Otsu's threshold at about 3 mm."""
    small = coarse(image)
    head = small.with_array(_solid(_above_otsu(_roots(small.array)), closing=2), "head mask")
    return resample_like(head, image, label=True)


def _roots(array: npt.NDArray) -> npt.NDArray[np.float32]:
    """Square roots of the intensities, so that bright fluid does not hide the rest of the head from the threshold."""
    return np.sqrt(array.astype(np.float32) - float(array.min()))


def _constant_background(array: npt.NDArray) -> float | None:
    corners = array[:: max(array.shape[0] - 1, 1), :: max(array.shape[1] - 1, 1), :: max(array.shape[2] - 1, 1)]
    values, counts = np.unique(corners, return_counts=True)
    if counts.max() < min(_EQUAL_CORNERS, corners.size):
        return None
    value = values[counts.argmax()]
    return float(value) if (array == value).mean() >= _MIN_BACKGROUND_SHARE else None


def _above_otsu(array: npt.NDArray) -> npt.NDArray[np.bool_]:
    from skimage.filters import threshold_otsu

    sample = array[
        :: max(array.shape[0] // 90, 1), :: max(array.shape[1] // 90, 1), :: max(array.shape[2] // 90, 1)
    ].ravel()
    sample = np.clip(sample.astype(np.float32), *np.percentile(sample, (1, 99)))
    if sample.min() == sample.max():
        return array != array.min()
    return array > threshold_otsu(sample)


def _solid(inside: npt.NDArray[np.bool_], *, closing: int) -> npt.NDArray[np.uint8]:
    result = np.zeros(inside.shape, dtype=np.uint8)
    if not inside.any():
        return result
    box = crop_box(inside, closing + 1)
    image = sitk.GetImageFromArray(inside[box].astype(np.uint8))
    if closing:
        image = sitk.BinaryMorphologicalClosing(image, [closing] * 3)
    image = sitk.BinaryFillhole(image)
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(image), sortByObjectSize=True)
    result[box] = sitk.GetArrayViewFromImage(parts) == 1
    return result
