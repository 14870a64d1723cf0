"""The four non-texture features of a section.

Source: Han 2020, table 2; M. Vallieres et al., Phys. Med. Biol. 60, 2015. The toolbox fits an ellipsoid and a hull in
space, which a single section has not; eccentricity and solidity are therefore those of the plane figure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.diameters import largest_in_plane_distance


def features(region: npt.NDArray[np.uint8], spacing: tuple[float, float, float]) -> dict[str, float]:
    """Volume, size, solidity and eccentricity.

    Args:
        region: Shape ``(i, j, 1)``, 1 inside, not empty.
        spacing: Voxel size along i, j, k in mm.
    """
    pixels = np.argwhere(region[:, :, 0] > 0)
    size = np.array(spacing[:2])
    area = len(pixels) * float(np.prod(size))
    corners = np.unique((pixels[:, None, :] + np.array([(0, 0), (0, 1), (1, 0), (1, 1)])).reshape(-1, 2), axis=0)
    in_plane = np.column_stack([np.zeros(len(corners), dtype=np.int64), corners])
    return {
        "Volume": area * spacing[2],
        "Size": largest_in_plane_distance(in_plane, np.array([1.0, *size]), 0),
        "Solidity": area / _hull_area(corners * size),
        "Eccentricity": _eccentricity(pixels * size, size),
    }


def _hull_area(points: npt.NDArray[np.float64]) -> float:
    from scipy.spatial import ConvexHull

    return float(ConvexHull(points).volume)


def _eccentricity(centres: npt.NDArray[np.float64], size: npt.NDArray[np.float64]) -> float:
    """Of the ellipse with the second moments of the pixels, each a rectangle and not a point."""
    apart = centres - centres.mean(axis=0)
    moments = apart.T @ apart / len(centres) + np.diag(size**2 / 12)
    minor, major = np.linalg.eigvalsh(moments)
    return float(np.sqrt(max(0.0, 1 - minor / major)))
