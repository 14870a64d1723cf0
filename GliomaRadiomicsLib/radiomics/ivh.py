"""Features of the intensity-volume histogram: which share of a region reaches which intensity.

Source: IBSI reference manual, section 3.5; I. El Naqa et al., "Exploring feature-based approaches in PET images for
predicting cancer treatment outcomes", Pattern Recognition 42(6), 2009. Whole numbers (CT) are taken as they are, other
values (arbitrary units, as in MRI) in 1,000 bins, unless the settings say otherwise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.measured import Measured
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

BINS = 1000

Array = npt.NDArray[np.float64]


def features(found: Measured) -> dict[str, float]:
    """All six features."""
    grid, steps = _steps(found.values.astype(np.float64), found.region.settings)
    counts = np.bincount(np.clip(steps, 0, len(grid) - 1), minlength=len(grid))
    reached = np.append(counts[::-1].cumsum()[::-1], 0) / len(steps)
    above = np.append(grid, grid[-1] + (grid[1] - grid[0] if len(grid) > 1 else 0.0))
    share = np.arange(len(grid)) / max(len(grid) - 1, 1)
    v10, v90 = (float(reached[:-1][share >= wanted - 1e-12].max(initial=0.0)) for wanted in (0.1, 0.9))
    i10, i90 = (float(above[np.argmax(reached <= wanted)]) for wanted in (0.1, 0.9))
    return {
        "VolumeAtIntensity10": v10,
        "VolumeAtIntensity90": v90,
        "IntensityAtVolume10": i10,
        "IntensityAtVolume90": i90,
        "VolumeDifference": v10 - v90,
        "IntensityDifference": i10 - i90,
    }


def _steps(values: Array, settings: RadiomicsSettings) -> tuple[Array, npt.NDArray[np.int64]]:
    """The intensities of the histogram, ascending and evenly spaced, and the position of each voxel among them."""
    lowest, highest = _ends(values, settings)
    width = settings.ivhBinWidth
    if width is not None:
        number = max(1, int(np.ceil((highest - lowest) / width)))
        grid = lowest + (np.arange(number) + 0.5) * width
        return grid, np.floor((values - lowest) / width).astype(np.int64)
    bins = settings.ivhBinCount
    if bins is None and (values == np.round(values)).all():
        return np.arange(lowest, highest + 1), (values - lowest).astype(np.int64)
    bins = bins or BINS
    lowest, highest = values.min(), values.max()
    if highest == lowest:
        return np.array([lowest]), np.zeros(len(values), dtype=np.int64)
    return np.arange(1.0, bins + 1), np.floor(bins * (values - lowest) / (highest - lowest)).astype(np.int64)


def _ends(values: Array, settings: RadiomicsSettings) -> tuple[float, float]:
    chosen = settings.resegmentRange
    if chosen is not None and settings.resegmentMode == "absolute":
        ordered = sorted(chosen)
        return ordered[0], ordered[1] if len(ordered) == 2 else float(values.max())
    return float(values.min()), float(values.max())
