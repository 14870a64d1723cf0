"""Features of the intensity-volume histogram: which share of a region reaches which intensity.

Source: IBSI reference manual, section 3.5; I. El Naqa et al., "Exploring feature-based approaches in PET images for
predicting cancer treatment outcomes", Pattern Recognition 42(6), 2009. Whole numbers (CT) are taken as they are, other
values (arbitrary units, as in MRI) in 1,000 bins, unless the settings say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.radiomics.measured import Measured
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

BINS = 1000
_ROUNDING = 1e-9

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Scale:
    """Evenly spaced intensities.

    Attributes:
        steps: Which of them each voxel has, shape ``(voxels,)``.
        number: How many there are.
        first: The lowest.
        width: From one to the next.
    """

    steps: Array
    number: float
    first: float
    width: float = 1.0

    def volume_at(self, share: float) -> float:
        """Share of voxels that reach a share of the intensity range."""
        return float((self.steps >= np.ceil(share * (self.number - 1) - _ROUNDING)).mean())

    def intensity_at(self, share: float) -> float:
        """Lowest intensity that no more than a share of the voxels reach."""
        allowed = int(np.floor(share * len(self.steps) + _ROUNDING))
        highest_refused = np.sort(self.steps)[::-1][allowed]
        return float(self.first + (highest_refused + 1) * self.width)


def features(found: Measured) -> dict[str, float]:
    """All six features."""
    scale = _scale(found.values.astype(np.float64), found.region.settings)
    v10, v90, i10, i90 = scale.volume_at(0.1), scale.volume_at(0.9), scale.intensity_at(0.1), scale.intensity_at(0.9)
    return {
        "VolumeAtIntensity10": v10,
        "VolumeAtIntensity90": v90,
        "IntensityAtVolume10": i10,
        "IntensityAtVolume90": i90,
        "VolumeDifference": v10 - v90,
        "IntensityDifference": i10 - i90,
    }


def _scale(values: Array, settings: RadiomicsSettings) -> _Scale:
    lowest, highest = _ends(values, settings)
    width, bins = settings.ivhBinWidth, settings.ivhBinCount
    if width is not None:
        number = max(1, np.ceil((highest - lowest) / width))
        steps = np.clip(np.floor((values - lowest) / width), 0, number - 1)
        return _Scale(steps, number, lowest + width / 2, width)
    if bins is None and (values == np.round(values)).all():
        return _Scale(values - lowest, highest - lowest + 1, lowest)
    lowest, highest, bins = float(values.min()), float(values.max()), bins or BINS
    if highest == lowest:
        return _Scale(np.zeros(len(values)), 1, 1)
    return _Scale(np.minimum(np.floor(bins * (values - lowest) / (highest - lowest)), bins - 1), bins, 1)


def _ends(values: Array, settings: RadiomicsSettings) -> tuple[float, float]:
    chosen = settings.resegmentRange
    if chosen is not None and settings.resegmentMode == "absolute":
        ordered = sorted(chosen)
        return ordered[0], ordered[1] if len(ordered) == 2 else float(values.max())
    return float(values.min()), float(values.max())
