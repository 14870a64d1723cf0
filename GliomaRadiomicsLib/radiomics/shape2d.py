"""Shape features of a region that is one voxel thick, in its plane, from its outline and the spread of its pixels.

The outline is that of marching squares: its corners lie in the middle between a pixel inside and one outside, and two
pixels that touch at a corner only are not connected.

Source: pyradiomics 3.0.1, ``shape2D``; W. E. Lorensen and H. E. Cline, "Marching cubes", 1987, in two dimensions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.diameters import largest_in_plane_distance
from GliomaRadiomicsLib.radiomics.marching_cubes import vertices_in_half_voxels
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.shape import spread_of_centres

WHY_NAN = "the spread of the pixels along an axis is not above 0"

_AREA = np.array([0, 1, 1, 4, 1, 2, 4, 7, 1, 4, 2, 7, 4, 7, 7, 8]) / 8
"""Part of a square of four pixel centres that lies inside; bits 1, 2, 4, 8 are its corners one after the other."""

_DIAGONALS = np.array([0, 1, 1, 0, 1, 2, 0, 1, 1, 0, 2, 1, 0, 1, 1, 0])
_ALONG_FIRST, _ALONG_SECOND = (6, 9), (3, 12)
"""Squares that the outline crosses along the first and along the second axis of the plane."""


def why_not(region: Region) -> str:
    """Why a region has no shape in a plane; empty if it has one."""
    settings = region.settings
    if not settings.force2D:
        return "shape2D needs force2D"
    thickness = region.mask.shape[settings.force2Ddimension]
    if thickness > 1:
        return f"the region is {thickness} voxels thick along force2Ddimension {settings.force2Ddimension}, not one"
    return region.why_not()


def features(region: Region) -> dict[str, float]:
    """All two-dimensional shape features of a region for which `why_not` is empty."""
    axis = region.settings.force2Ddimension
    plane = region.mask.squeeze(axis)
    sizes = np.delete(region.spacing, axis)
    surface, perimeter = area_and_perimeter(np.pad(plane, 1), sizes)
    vertices = vertices_in_half_voxels(region.padded_mask)
    sphericity = 2 * float(np.sqrt(np.pi * surface)) / perimeter
    return {
        "MeshSurface": surface,
        "PixelSurface": region.voxels * float(np.prod(sizes)),
        "Perimeter": perimeter,
        "PerimeterSurfaceRatio": perimeter / surface,
        "Sphericity": sphericity,
        "SphericalDisproportion": 1 / sphericity,
        "MaximumDiameter": largest_in_plane_distance(vertices, region.spacing / 2, axis),
        **_axes(np.argwhere(np.pad(plane, 1)) * sizes),
    }


def area_and_perimeter(plane: npt.NDArray[np.bool_], sizes: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Area (mm²) and length (mm) of the outline of a plane mask.

    Args:
        plane: Two axes, with a margin of one pixel outside on every side.
        sizes: Pixel size along both axes, in mm.
    """
    bits = plane.astype(np.uint8)
    squares = bits[:-1, :-1] + 2 * bits[:-1, 1:] + 4 * bits[1:, 1:] + 8 * bits[1:, :-1]
    counts = np.bincount(squares.ravel(), minlength=16)
    straight = sizes[0] * counts[list(_ALONG_FIRST)].sum() + sizes[1] * counts[list(_ALONG_SECOND)].sum()
    diagonal = np.linalg.norm(sizes) / 2 * (counts @ _DIAGONALS)
    return float(counts @ _AREA * np.prod(sizes)), float(straight + diagonal)


def _axes(centres: npt.NDArray[np.float64]) -> dict[str, float]:
    spread = spread_of_centres(centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        minor, major = np.sqrt(spread)
        return {
            "MajorAxisLength": float(major * 4),
            "MinorAxisLength": float(minor * 4),
            "Elongation": float(np.sqrt(spread[0] / spread[1])),
        }
