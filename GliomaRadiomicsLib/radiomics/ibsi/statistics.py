"""First-order and intensity-histogram features of the IBSI convention.

Source: IBSI reference manual, sections 3.3 and 3.4. Kurtosis is the excess over that of a normal distribution; both
skewness and kurtosis of a constant region are 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics import firstorder
from GliomaRadiomicsLib.radiomics.measured import Measured

Array = npt.NDArray[np.float64]


def first_order(found: Measured) -> dict[str, float]:
    """Features of the voxel values, with entropy and uniformity of the grey levels."""
    values = found.values.astype(np.float64)
    energy = float(np.sum(values**2))
    shares = found.levels.counts / found.levels.counts.sum()
    return {
        **_describe(values),
        "Energy": energy,
        "RootMeanSquared": float(np.sqrt(energy / len(values))),
        "Entropy": -float(np.sum(shares * np.log2(shares))),
        "Uniformity": float(np.sum(shares**2)),
    }


def histogram(found: Measured) -> dict[str, float]:
    """Features of the grey levels and of the slope of their histogram."""
    levels = found.levels
    return {
        **_describe(levels.present[levels.index]),
        "Mode": _mode(levels.present, levels.counts),
        **_gradients(levels.present, levels.counts),
    }


def _describe(values: Array) -> dict[str, float]:
    ordered, moments = firstorder.order_statistics(values), firstorder.moments(values)
    lower, upper = (float(value) for value in np.percentile(values, [25, 75]))
    constant = moments["Variance"] == 0
    return {
        **ordered,
        **moments,
        "Kurtosis": 0.0 if constant else moments["Kurtosis"] - 3,
        "MedianAbsoluteDeviation": float(np.abs(values - ordered["Median"]).mean()),
        "CoefficientOfVariation": _ratio(float(np.sqrt(moments["Variance"])), moments["Mean"]),
        "QuartileCoefficientOfDispersion": _ratio(upper - lower, upper + lower),
    }


def _ratio(above: float, below: float) -> float:
    if below == 0:
        return 0.0 if above == 0 else float("nan")
    return above / below


def _mode(levels: Array, counts: npt.NDArray[np.int64]) -> float:
    """The most frequent level; of several, the one nearest to the mean."""
    most = levels[counts == counts.max()]
    mean = float(levels @ counts) / float(counts.sum())
    return float(most[np.argmin(np.abs(most - mean))])


def _gradients(levels: Array, counts: npt.NDArray[np.int64]) -> dict[str, float]:
    """Slope of the histogram from level 1 to the highest, by central differences; 0 for a single level."""
    histogram = np.zeros(int(levels[-1]))
    histogram[levels.astype(np.int64) - 1] = counts
    slope = np.gradient(histogram) if len(histogram) > 1 else np.zeros(1)
    return {
        "MaximumGradient": float(slope.max()),
        "MaximumGradientLevel": float(np.argmax(slope) + 1),
        "MinimumGradient": float(slope.min()),
        "MinimumGradientLevel": float(np.argmin(slope) + 1),
    }
