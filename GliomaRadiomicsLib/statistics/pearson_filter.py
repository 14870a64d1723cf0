"""Removes features that repeat another: greedy, deterministic filter on Pearson's correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target
from GliomaRadiomicsLib.statistics.univariable_concordance import univariable_concordance

_BLOCK = 128


def uncorrelated(
    table: FeatureTable, threshold: float = 0.85, priority: npt.ArrayLike | None = None
) -> npt.NDArray[np.bool_]:
    """Which features to keep so that no two have ``|r| >= threshold``, shape (p,).

    Features are taken by falling priority, equal ones in the order of the table; each is kept unless it is too close
    to one already kept. A constant feature has no correlation and is kept.

    Args:
        table: Complete features.
        threshold: Smallest absolute correlation that counts as a repetition.
        priority: Shape (p,), higher is taken first; None: order of the table.

    Raises:
        RefusedInput: If values are missing.
    """
    table.require_complete("the correlation filter")
    scores = np.zeros(table.p) if priority is None else np.asarray(priority, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    rows = np.ascontiguousarray((table.values - table.values.mean(axis=0)).T)[order]
    length = np.linalg.norm(rows, axis=1)
    varies = length > 1e-12 * np.maximum(np.abs(table.values).max(axis=0)[order], 1e-300)
    rows = np.divide(rows, length[:, None], out=np.zeros_like(rows), where=varies[:, None])
    kept = np.zeros(table.p, dtype=bool)
    chosen = np.empty((0, table.n))
    for start in range(0, table.p, _BLOCK):
        block = rows[start : start + _BLOCK]
        free = ~(np.abs(block @ chosen.T) >= threshold).any(axis=1)
        close = np.abs(block @ block.T) >= threshold
        for j in np.flatnonzero(free):
            if free[j]:
                free[j + 1 :] &= ~close[j, j + 1 :]
        kept[order[start : start + _BLOCK]] = free
        chosen = np.concatenate([chosen, block[free]])
    return kept


@dataclass(frozen=True)
class PearsonFilter:
    """Keeps of each group of correlated features the first one.

    Attributes:
        threshold: Smallest absolute correlation that counts as a repetition (Han 2020: .85).
        first: "concordance": the feature with the stronger univariable C-index in the training patients stays (with
            classes instead of survival, and by "order", the one further left in the table).
    """

    threshold: float = 0.85
    first: Literal["concordance", "order"] = "concordance"

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        priority = None
        if self.first == "concordance" and isinstance(target, Outcome):
            priority = np.abs(univariable_concordance(table, target) - 0.5).round(12)
        return ColumnChoice.of(f"|r| < {self.threshold:g}", table, uncorrelated(table, self.threshold, priority))
