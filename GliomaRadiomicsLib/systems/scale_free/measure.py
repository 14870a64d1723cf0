"""Measuring the quantities: on a case's T1ce and label map, or from a row of a pyradiomics table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from GliomaRadiomicsLib.core.labels import LABEL_VALUES
from GliomaRadiomicsLib.radiomics.extraction import shape_rows
from GliomaRadiomicsLib.radiomics.firstorder import moments, order_statistics
from GliomaRadiomicsLib.radiomics.region import crop
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.systems.protocol import CaseData

SMALLEST_TUMOUR_ML = 0.5
"""Below this, percentiles and surface say nothing."""

_FIRST_ORDER = {
    "p90": "90Percentile",
    "p10": "10Percentile",
    "median": "Median",
    "iqr": "InterquartileRange",
    "mean": "Mean",
    "skewness": "Skewness",
    "kurtosis": "Kurtosis",
}
_SHAPE = {"sphericity": "Sphericity", "elongation": "Elongation", "flatness": "Flatness"}
_VOLUME = "MeshVolume"


def why_not(case: CaseData) -> str:
    """Why the quantities cannot be measured on this case; empty if they can."""
    if not np.isin(case.label_map.array, LABEL_VALUES).any():
        return "no tumour was found, so there is nothing to measure"
    if "t1ce" not in case.volumes:
        return "there is no T1ce, on which this prediction rests; add the T1ce where it exists"
    inside = tumour(case)
    volume_ml = float(inside.sum()) * case.label_map.voxel_volume_mm3 / 1000
    if volume_ml < SMALLEST_TUMOUR_ML:
        return f"the tumour measures {volume_ml:.2f} ml; below {SMALLEST_TUMOUR_ML} ml its brightness says nothing"
    values = np.asarray(case.volumes["t1ce"].array[inside], dtype=np.float64)
    if not np.isfinite(values).all() or np.ptp(values) == 0:
        return "the T1ce is constant or not finite inside the tumour"
    if np.percentile(values, 10) <= 0:
        return (
            "the T1ce has values of zero or below inside the tumour, so that brightness ratios mean nothing; "
            "give the images as the scanner made them, without z-scores"
        )
    return ""


def tumour(case: CaseData) -> np.ndarray:
    """Voxels of the whole tumour, bool, on the label map's grid."""
    return np.isin(case.label_map.array, LABEL_VALUES)


def measure(case: CaseData) -> dict[str, float]:
    """What `quantities.QUANTITIES` are computed from, with ``age`` where known; needs `why_not` to be empty."""
    inside = tumour(case)
    values = np.asarray(case.volumes["t1ce"].array[inside], dtype=np.float64)
    found = {**order_statistics(values), **moments(values)}
    region = crop(np.ascontiguousarray(inside.T), case.label_map.spacing, RadiomicsSettings())
    shape = {name.rsplit("_", 1)[1]: value for name, value, _ in shape_rows(region)}
    return _collected(found, shape, case.clinical.age)


def from_pyradiomics(row: Mapping[str, float], age: float | None) -> dict[str, float]:
    """The same from a row with pyradiomics' names (``original_firstorder_Mean``, ...)."""
    found = {name: float(row[f"original_firstorder_{name}"]) for name in (*_FIRST_ORDER.values(), "Variance")}
    shape = {name: float(row[f"original_shape_{name}"]) for name in (*_SHAPE.values(), _VOLUME)}
    return _collected(found, shape, age)


def _collected(found: Mapping[str, float], shape: Mapping[str, float], age: float | None) -> dict[str, float]:
    measured = {key: float(found[name]) for key, name in _FIRST_ORDER.items()}
    measured["sd"] = float(np.sqrt(found["Variance"]))
    measured |= {key: float(shape[name]) for key, name in _SHAPE.items()}
    measured["volume"] = float(shape[_VOLUME]) / 1000
    return measured if age is None else {**measured, "age": float(age)}
