"""Steps that learn location, scale or fill-in values of each feature from training patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.median_absolute_deviation import row_medians
from GliomaRadiomicsLib.statistics.pipeline import Target


@dataclass(frozen=True, eq=False)
class FittedScaling:
    """Mean and standard deviation of each training column; a constant column is only centred."""

    names: tuple[str, ...]
    centre: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    name: str = "z-score"

    def apply(self, table: FeatureTable) -> FeatureTable:
        """Columns of the training table, centred and scaled."""
        chosen = table.columns(self.names)
        return chosen.after(self.name, (chosen.values - self.centre) / self.spread)


@dataclass(frozen=True)
class ZScore:
    """Centres and scales each feature by the training patients' mean and standard deviation (n in the divisor)."""

    def fit(self, table: FeatureTable, target: Target) -> FittedScaling:
        """Learn means and standard deviations; the outcome is not looked at."""
        del target
        table.require_complete("z-scores")
        centre, spread = table.values.mean(axis=0), table.values.std(axis=0)
        constant = spread <= 1e-12 * np.maximum(np.abs(centre), 1e-300)
        return FittedScaling(tuple(table.names), centre, np.where(constant, 1.0, spread))


@dataclass(frozen=True, eq=False)
class FittedImputation:
    """Median of each training column, put in where a value is missing."""

    names: tuple[str, ...]
    medians: npt.NDArray[np.float64]
    name: str = "median imputation"

    def apply(self, table: FeatureTable) -> FeatureTable:
        """The table without gaps."""
        chosen = table.columns(self.names)
        missing = np.isnan(chosen.values)
        return chosen.after(self.name, np.where(missing, self.medians, chosen.values) if missing.any() else None)


@dataclass(frozen=True)
class MedianImputation:
    """Fills missing values with the training patients' median."""

    def fit(self, table: FeatureTable, target: Target) -> FittedImputation:
        """Learn medians; the outcome is not looked at.

        Raises:
            RefusedInput: If a column has no value at all in the training patients.
        """
        del target
        empty = np.flatnonzero(np.isnan(table.values).all(axis=0))
        if empty.size:
            raise RefusedInput(
                what="no training patient has a value", where=table.names[empty[0]], remedy="leave the column out"
            )
        gaps = np.isnan(table.values).any(axis=0)
        medians = row_medians(np.ascontiguousarray(table.values.T))
        medians[gaps] = np.nanmedian(table.values[:, gaps], axis=0)
        return FittedImputation(tuple(table.names), medians)
