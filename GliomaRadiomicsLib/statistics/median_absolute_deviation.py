"""Median absolute deviation of every feature, and the filter that drops features without spread (Han 2020)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target


def median_absolute_deviation(table: FeatureTable) -> npt.NDArray[np.float64]:
    """Median distance from the median, unscaled, shape (p,).

    Raises:
        RefusedInput: If values are missing.
    """
    table.require_complete("the median absolute deviation")
    columns = np.ascontiguousarray(table.values.T)
    return row_medians(np.abs(columns - row_medians(columns)[:, None]))


def row_medians(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Median of each row; one partition instead of numpy's two passes."""
    n = rows.shape[1]
    middle = n // 2
    if n % 2:
        return np.partition(rows, middle, axis=1)[:, middle]
    halves = np.partition(rows, middle, axis=1)
    return (halves[:, :middle].max(axis=1) + halves[:, middle]) / 2


@dataclass(frozen=True)
class MadFilter:
    """Keeps features whose median absolute deviation in the training patients is above a threshold."""

    threshold: float = 0.0

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients; the outcome is not looked at."""
        del target
        return ColumnChoice.of(f"MAD > {self.threshold:g}", table, median_absolute_deviation(table) > self.threshold)
