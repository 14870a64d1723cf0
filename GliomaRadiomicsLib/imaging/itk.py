"""Volumes to SimpleITK images and back: RAS and (i, j, k) on our side, LPS and (k, j, i) arrays on ITK's."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.volume import Volume

_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def to_itk(volume: Volume) -> sitk.Image:
    """SimpleITK image with the same voxels at the same place; booleans become uint8, half floats float32."""
    array = volume.array
    if array.dtype == np.bool_:
        array = array.astype(np.uint8)
    elif array.dtype == np.float16:
        array = array.astype(np.float32)
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(2, 1, 0)))
    set_itk_geometry(image, volume)
    return image


def set_itk_geometry(image: sitk.Image, volume: Volume) -> None:
    """Give ``image`` the origin, spacing and direction of ``volume``."""
    lps = _LPS @ volume.affine
    spacing = np.array(volume.spacing)
    image.SetSpacing(spacing.tolist())
    image.SetDirection(direction(volume))
    image.SetOrigin(lps[:3, 3].tolist())


def direction(volume: Volume) -> list[float]:
    """ITK's direction cosines; numbers too small to matter are zero, because ITK's inversion fails on some of them."""
    lps = _LPS @ volume.affine
    cosines = lps[:3, :3] / np.array(volume.spacing)
    return np.where(np.abs(cosines) < 1e-15, 0.0, cosines).ravel().tolist()


def from_itk(image: sitk.Image, name: str = "") -> Volume:
    """Volume with the voxels and the place of a 3-D scalar SimpleITK image."""
    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
    affine[:3, 3] = image.GetOrigin()
    return Volume(sitk.GetArrayFromImage(image).transpose(2, 1, 0), _LPS @ affine, name)
