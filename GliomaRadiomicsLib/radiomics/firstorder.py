"""First-order features: the distribution of the voxel values, without their places.

Source: pyradiomics 3.0.1 (Kurtosis is not the excess kurtosis: 3 for a normal distribution); IBSI manual, sections 3.3
and 3.4. Entropy and Uniformity are those of the grey levels, all others of the voxel values.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.discretisation import GreyLevels
from GliomaRadiomicsLib.radiomics.region import Region

WHY_NAN = "no voxel lies between the 10th and the 90th percentile"
EPSILON = float(np.spacing(1))


def features(region: Region, values: npt.NDArray, levels: GreyLevels) -> dict[str, float]:
    """All first-order features.

    Args:
        region: The region.
        values: Its voxel values, shape ``(voxels,)``.
        levels: Its grey levels.
    """
    values = values.astype(np.float64)
    shares = levels.counts / levels.counts.sum()
    energy = float(np.sum((values + region.settings.voxelArrayShift) ** 2))
    return {
        "Energy": energy,
        "TotalEnergy": energy * float(np.prod(region.spacing)),
        "RootMeanSquared": float(np.sqrt(energy / len(values))),
        "Entropy": -float(np.sum(shares * np.log2(shares + EPSILON))),
        "Uniformity": float(np.sum(shares**2)),
        **order_statistics(values),
        **moments(values),
    }


def order_statistics(values: npt.NDArray[np.float64]) -> dict[str, float]:
    """Features of the sorted values; percentiles by linear interpolation."""
    low, quarter, median, three_quarters, high = np.percentile(values, [10, 25, 50, 75, 90])
    minimum, maximum = values.min(), values.max()
    return {
        "10Percentile": float(low),
        "90Percentile": float(high),
        "Median": float(median),
        "InterquartileRange": float(three_quarters - quarter),
        "Minimum": float(minimum),
        "Maximum": float(maximum),
        "Range": float(maximum - minimum),
        "RobustMeanAbsoluteDeviation": _mean_absolute_deviation(values[(values >= low) & (values <= high)]),
    }


def _mean_absolute_deviation(values: npt.NDArray[np.float64]) -> float:
    return float(np.abs(values - values.mean()).mean()) if len(values) else float("nan")


def moments(values: npt.NDArray[np.float64]) -> dict[str, float]:
    """Features of the mean and the deviations from it."""
    mean = values.mean()
    deviations = values - mean
    squares = deviations * deviations
    variance = float(squares.mean())
    scale = variance or 1.0
    return {
        "Mean": float(mean),
        "MeanAbsoluteDeviation": float(np.abs(deviations).mean()),
        "Variance": variance,
        "StandardDeviation": float(np.sqrt(variance)),
        "Skewness": float((squares * deviations).mean() / scale**1.5),
        "Kurtosis": float((squares * squares).mean() / scale**2),
    }
