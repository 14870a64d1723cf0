"""The quantities: ratios and shape of the brightness distribution inside the tumour, its size and form, and age.

Every intensity quantity is unchanged when the image is multiplied by a constant, which is how scanners differ most;
none needs a reference outside the tumour, so a missing or rough brain mask changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from GliomaRadiomicsLib.systems.volumetric_grading.quantities import Measured, Quantity


@dataclass(frozen=True)
class LogQuantity(Quantity):
    """A quantity above zero that the model sees as its logarithm."""

    def entry(self, measured: Measured) -> float:
        """What the model sees."""
        return math.log(max(self.value(measured), 1e-6))


def ratio(part: str, whole: str) -> Callable[[Measured], float]:
    """One measurement over another."""
    return lambda measured: measured[part] / measured[whole]


def _plain(key: str) -> Callable[[Measured], float]:
    return lambda measured: measured[key]


INTENSITY: dict[str, Quantity] = {
    "p90": LogQuantity("T1ce 90th percentile over median", "", ratio("p90", "median")),
    "p10": LogQuantity("T1ce 10th percentile over median", "", ratio("p10", "median")),
    "iqr": LogQuantity("T1ce interquartile range over median", "", ratio("iqr", "median")),
    "cv": LogQuantity("T1ce coefficient of variation", "", ratio("sd", "mean")),
    "skewness": Quantity("T1ce skewness", "", _plain("skewness")),
    "kurtosis": LogQuantity("T1ce kurtosis", "", _plain("kurtosis")),
}
"""Of the voxels of the whole tumour on T1ce."""

SHAPE: dict[str, Quantity] = {
    "volume": LogQuantity("Whole tumour volume", "ml", _plain("volume")),
    "sphericity": Quantity("Whole tumour sphericity", "", _plain("sphericity")),
    "elongation": Quantity("Whole tumour elongation", "", _plain("elongation")),
    "flatness": Quantity("Whole tumour flatness", "", _plain("flatness")),
}
"""Of the surface of the whole tumour, as pyradiomics defines them."""

AGE: dict[str, Quantity] = {"age": Quantity("Age", "years", _plain("age"))}

QUANTITIES: Mapping[str, Quantity] = {**INTENSITY, **SHAPE, **AGE}


def value_of_entry(key: str, entry: float) -> float:
    """The value of which the model sees ``entry``."""
    return math.exp(entry) if isinstance(QUANTITIES[key], LogQuantity) else entry
