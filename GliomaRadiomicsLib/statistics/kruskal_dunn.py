"""Kruskal-Wallis test of several groups, and Dunn's comparison of all pairs by their joint ranks.

Kruskal & Wallis 1952, JASA 47:583; Dunn 1964, Technometrics 6:241, p adjusted by Bonferroni as he does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import stats

from GliomaRadiomicsLib.core.errors import RefusedInput


@dataclass(frozen=True)
class DunnPair:
    """Two groups: ``z`` is positive where the first ranks higher; ``adjusted_p`` counts all pairs."""

    first: str
    second: str
    z: float
    p: float
    adjusted_p: float


@dataclass(frozen=True)
class KruskalDunn:
    """``h`` and its p, then the pairs in the order of the groups; all NaN where every value is the same."""

    h: float
    p: float
    pairs: tuple[DunnPair, ...]

    @property
    def highest(self) -> str:
        """The group that ranks significantly (adjusted p < .05) above every other; empty where there is none."""
        names = {name for pair in self.pairs for name in (pair.first, pair.second)}
        beaten: dict[str, int] = dict.fromkeys(names, 0)
        for pair in self.pairs:
            if pair.adjusted_p < 0.05:
                beaten[pair.first if pair.z > 0 else pair.second] += 1
        return next((name for name, count in beaten.items() if count == len(names) - 1), "")


def kruskal_dunn(groups: Mapping[str, npt.ArrayLike]) -> KruskalDunn:
    """Compare groups of separate observations.

    Args:
        groups: Finite values by the group's name; two groups or more.

    Raises:
        RefusedInput: For fewer than two groups, an empty one, or a value that is not finite.
    """
    samples = {name: np.asarray(values, dtype=np.float64).ravel() for name, values in groups.items()}
    bad = [name for name, values in samples.items() if values.size == 0 or not np.isfinite(values).all()]
    if len(samples) < 2 or bad:
        raise RefusedInput(
            what="the Kruskal-Wallis test needs at least two groups of finite values",
            where="groups",
            found=f"{len(samples)} groups{', at fault: ' + bad[0] if bad else ''}",
            remedy="leave out empty groups and missing values",
        )
    everything = np.concatenate(list(samples.values()))
    if np.ptp(everything) == 0:
        empty = [DunnPair(a, b, float("nan"), float("nan"), float("nan")) for a, b in combinations(samples, 2)]
        return KruskalDunn(float("nan"), float("nan"), tuple(empty))
    h, p = stats.kruskal(*samples.values())
    return KruskalDunn(float(h), float(p), _pairs(samples, everything))


def _pairs(samples: Mapping[str, npt.NDArray[np.float64]], everything: npt.NDArray[np.float64]) -> tuple[DunnPair, ...]:
    n = everything.size
    ranks = stats.rankdata(everything)
    ties = np.unique(everything, return_counts=True)[1].astype(np.float64)
    spread = n * (n + 1) / 12.0 - (ties**3 - ties).sum() / (12.0 * (n - 1))
    ends = np.cumsum([values.size for values in samples.values()])
    mean = {name: part.mean() for name, part in zip(samples, np.split(ranks, ends[:-1]), strict=True)}
    names = list(combinations(samples, 2))
    found = []
    for first, second in names:
        z = (mean[first] - mean[second]) / np.sqrt(spread * (1 / samples[first].size + 1 / samples[second].size))
        p = 2.0 * float(stats.norm.sf(abs(z)))
        found.append(DunnPair(first, second, float(z), p, min(1.0, p * len(names))))
    return tuple(found)
