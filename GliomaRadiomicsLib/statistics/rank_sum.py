"""Wilcoxon's rank-sum test between two classes, for many variables at once.

Kobayashi et al. 2021 name the signed-rank test; that one compares pairs, and patients of two grades are no pairs. The
rank-sum test (Mann & Whitney 1947) is the one that suits two separate groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.statistics.likelihood_ratio import checked_two_classes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankSums:
    """One test per variable, each of shape (p,).

    Attributes:
        p: Two-sided, normal approximation with correction for ties and continuity; NaN for a variable that does not
            vary.
        superiority: Probability that a patient of the positive class has the larger value, ties counting half; .5 says
            that neither class has.
    """

    p: Floats
    superiority: Floats


def rank_sums(values: npt.ArrayLike, outcome: npt.ArrayLike) -> RankSums:
    """Test each variable.

    Args:
        values: Shape (n, p), finite.
        outcome: Shape (n,), 1 for the positive class.

    Raises:
        RefusedInput: If shapes differ, a value is missing, or there is one class only.
    """
    table, y = checked_two_classes(values, outcome, "the rank-sum test")
    varies = np.ptp(table, axis=0) > 0
    p, superiority = np.full(table.shape[1], np.nan), np.full(table.shape[1], 0.5)
    if varies.any():
        found = stats.mannwhitneyu(table[y][:, varies], table[~y][:, varies], axis=0, method="asymptotic")
        p[varies] = found.pvalue
        superiority[varies] = found.statistic / (int(y.sum()) * int((~y).sum()))
    return RankSums(p, superiority)
