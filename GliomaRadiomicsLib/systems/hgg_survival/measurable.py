"""A step that leaves out features most training patients have no value of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target


@dataclass(frozen=True)
class MeasurableFilter:
    """Keeps features that at least a share of the training patients have a value of; the others keep no median.

    Attributes:
        share: Smallest share, above 0.
    """

    share: float = 0.5

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients; the outcome is not looked at."""
        del target
        known = 1 - np.isnan(table.values).mean(axis=0)
        return ColumnChoice.of(f"measured in {100 * self.share:g} %", table, known >= self.share)
