"""Shape features of the IBSI convention: pyradiomics' with asphericity and densities beside them.

Source: IBSI reference manual, section 3.1 (its reference values come from the covariance of the voxel centres divided
by N - 1, that of pyradiomics by N); the area of an ellipsoid by L. R. M. Maas, "On the surface area of an
ellipsoid and related integrals of elliptic integrals", 1994.
"""

from __future__ import annotations

import numpy as np

from GliomaRadiomicsLib.radiomics import shape
from GliomaRadiomicsLib.radiomics.marching_cubes import vertices_in_half_voxels
from GliomaRadiomicsLib.radiomics.region import Region

WHY_NAN = shape.WHY_NAN
AXES = ("MajorAxisLength", "MinorAxisLength", "LeastAxisLength")
TERMS = 20
"""Terms of the series for the area of an ellipsoid."""


def features(region: Region) -> dict[str, float]:
    """All three-dimensional shape features."""
    known = shape.features(region)
    unbiased = np.sqrt(region.voxels / (region.voxels - 1))
    known.update({name: known[name] * unbiased for name in AXES})
    area, volume = known["SurfaceArea"], known["MeshVolume"]
    return {
        **known,
        "Asphericity": known["SphericalDisproportion"] - 1,
        **_densities("Box", area, volume, *_box(region)),
        **_densities("Ellipsoid", area, volume, *_ellipsoid(*(known[name] / 2 for name in AXES))),
        **_densities("ConvexHull", area, volume, *_convex_hull(region)),
    }


def _densities(name: str, area: float, volume: float, around_area: float, around_volume: float) -> dict[str, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        densities = np.divide([volume, area], [around_volume, around_area])
    volume_density, area_density = np.where(np.isfinite(densities), densities, np.nan)
    return {f"VolumeDensity{name}": float(volume_density), f"AreaDensity{name}": float(area_density)}


def _box(region: Region) -> tuple[float, float]:
    """Area and volume of the axis-aligned bounding box."""
    k, j, i = np.array(region.mask.shape) * region.spacing
    return float(2 * (k * j + k * i + j * i)), float(k * j * i)


def _ellipsoid(a: float, b: float, c: float) -> tuple[float, float]:
    """Area and volume of an ellipsoid with half axes a >= b >= c; NaN where it has no thickness."""
    if not c > 0:
        return float("nan"), float("nan")
    volume = 4 / 3 * np.pi * a * b * c
    alpha2, beta2 = max(1 - (b / a) ** 2, 0.0), max(1 - (c / a) ** 2, 0.0)
    return 4 * np.pi * a * b * _legendre_series(alpha2, beta2), volume


def _legendre_series(alpha2: float, beta2: float) -> float:
    """Sum of (alpha beta)^n P_n((alpha² + beta²) / (2 alpha beta)) / (1 - 4 n²), by the recurrence of its numerators.

    The recurrence needs no division, so it also holds where an eccentricity is 0.
    """
    before, now, total = 0.0, 1.0, 1.0
    for n in range(TERMS):
        before, now = now, ((2 * n + 1) * (alpha2 + beta2) / 2 * now - n * alpha2 * beta2 * before) / (n + 1)
        total += now / (1 - 4 * (n + 1) ** 2)
    return total


def _convex_hull(region: Region) -> tuple[float, float]:
    """Area and volume of the convex hull of the surface."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(vertices_in_half_voxels(region.padded_mask) * (region.spacing / 2))
    return float(hull.area), float(hull.volume)
