"""Levene's test of equal spread for every feature at once, about the median (Brown & Forsythe 1974, JASA 69:364)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.pipeline import ColumnChoice, Target, as_labels


@dataclass(frozen=True, eq=False)
class LeveneTest:
    """Statistic and p of each feature, shape (p,); NaN where a feature does not vary within any group."""

    statistic: npt.NDArray[np.float64]
    p: npt.NDArray[np.float64]
    group_sizes: tuple[int, ...]


def levene_test(table: FeatureTable, groups: npt.ArrayLike) -> LeveneTest:
    """Test every feature for equal spread between groups.

    Args:
        table: Complete features of n rows.
        groups: Shape (n,), the group of each row.

    Raises:
        RefusedInput: If values are missing, there is one group only, or a group has fewer than two rows.
    """
    table.require_complete("Levene's test")
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(member)
    if member.size != table.n or names.size < 2 or sizes.min() < 2:
        raise RefusedInput(
            what="Levene's test needs at least two groups of at least two patients",
            where="groups",
            found=f"{table.n} rows, groups of {', '.join(map(str, sizes))}",
            remedy="leave out the small group or join it to another",
        )
    distance = np.empty_like(table.values)
    for group in range(names.size):
        rows = member == group
        distance[rows] = np.abs(table.values[rows] - np.median(table.values[rows], axis=0))
    means = np.stack([distance[member == group].mean(axis=0) for group in range(names.size)])
    between = (sizes[:, None] * (means - distance.mean(axis=0)) ** 2).sum(axis=0) / (names.size - 1)
    within = ((distance - means[member]) ** 2).sum(axis=0) / (table.n - names.size)
    statistic = np.divide(between, within, out=np.full(table.p, np.nan), where=within > 0)
    p = stats.f.sf(statistic, names.size - 1, table.n - names.size)
    return LeveneTest(statistic, np.asarray(p), tuple(sizes.tolist()))


@dataclass(frozen=True)
class LeveneFilter:
    """Keeps features by Levene's test between the classes of the training patients (Jinling 2023).

    Attributes:
        level: Significance level.
        keep: "different": features whose spread differs between the classes; "equal": those where it does not, as a
            t-test afterwards supposes. The paper does not say which; "equal" also keeps features without variation.
    """

    level: float = 0.05
    keep: Literal["equal", "different"] = "different"

    def fit(self, table: FeatureTable, target: Target) -> ColumnChoice:
        """Choose columns on training patients."""
        p = levene_test(table, as_labels(target, "Levene's filter").values).p
        significant = p < self.level
        mask = significant if self.keep == "different" else ~significant
        return ColumnChoice.of(f"Levene {self.keep} (p {self.level:g})", table, mask)
