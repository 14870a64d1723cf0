"""Shape features of a region in space, from its surface mesh and the spread of its voxels.

Source: pyradiomics 3.0.1 (the diameters are those of the mesh's vertices; the axis lengths come from the voxel
centres); IBSI manual, section 3.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.diameters import largest_distance, largest_in_plane_distance
from GliomaRadiomicsLib.radiomics.marching_cubes import area_and_volume, vertices_in_half_voxels
from GliomaRadiomicsLib.radiomics.region import Region

WHY_NAN = "the spread of the voxels along an axis is not above 0"


def features(region: Region) -> dict[str, float]:
    """All three-dimensional shape features."""
    area, volume = area_and_volume(region.padded_mask, region.spacing)
    return {
        "MeshVolume": volume,
        "VoxelVolume": region.voxels * float(np.prod(region.spacing)),
        "SurfaceArea": area,
        "SurfaceVolumeRatio": area / volume,
        "Sphericity": (36 * np.pi * volume**2) ** (1 / 3) / area,
        "SphericalDisproportion": area / (36 * np.pi * volume**2) ** (1 / 3),
        "Compactness1": volume / (area**1.5 * float(np.sqrt(np.pi))),
        "Compactness2": 36 * np.pi * volume**2 / area**3,
        **_diameters(region),
        **_axes(region),
    }


def _diameters(region: Region) -> dict[str, float]:
    vertices = vertices_in_half_voxels(region.padded_mask)
    half = region.spacing / 2
    return {
        "Maximum3DDiameter": largest_distance(vertices, half),
        "Maximum2DDiameterSlice": largest_in_plane_distance(vertices, half, 0),
        "Maximum2DDiameterColumn": largest_in_plane_distance(vertices, half, 1),
        "Maximum2DDiameterRow": largest_in_plane_distance(vertices, half, 2),
    }


def _axes(region: Region) -> dict[str, float]:
    spread = spread_of_centres(np.argwhere(region.padded_mask) * region.spacing)
    with np.errstate(invalid="ignore", divide="ignore"):
        least, minor, major = np.sqrt(spread)
        return {
            "MajorAxisLength": float(major * 4),
            "MinorAxisLength": float(minor * 4),
            "LeastAxisLength": float(least * 4),
            "Elongation": float(np.sqrt(spread[1] / spread[2])),
            "Flatness": float(np.sqrt(spread[0] / spread[2])),
        }


def spread_of_centres(centres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Eigenvalues of the covariance of voxel centres, ascending.

    In pyradiomics' order of operations, which decides what a spread of 0 is rounded to.

    Args:
        centres: In mm, shape ``(n, dimensions)``.
    """
    centres = centres - centres.mean(axis=0)
    centres /= np.sqrt(len(centres))
    spread = np.sort(np.linalg.eigvals(centres.T.copy() @ centres))
    spread[(spread < 0) & (spread > -1e-10)] = 0
    return spread
