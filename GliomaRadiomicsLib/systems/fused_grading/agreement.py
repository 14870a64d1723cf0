"""How well the radiomic features of two outlines of the same tumours agree, such as an automatic and a manual one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.icc import intraclass_correlation

GOOD = 0.75
"""From which the paper calls the agreement of a feature good; all of its features lie above."""
LEAST_PATIENTS = 3


@dataclass(frozen=True)
class FeatureAgreement:
    """Agreement of one feature.

    Attributes:
        feature: Its name.
        icc: Two-way random effects, absolute agreement, single outline (ICC2,1 of Shrout and Fleiss 1979).
        interval: 95 % interval.
        n: Patients in whom both outlines gave a value.
    """

    feature: str
    icc: float
    interval: tuple[float, float]
    n: int


def feature_agreement(
    first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]]
) -> list[FeatureAgreement]:
    """ICC of every feature, worst first; a feature that does not vary or is hardly measured is left out.

    Args:
        first: Features of each patient by one outline, as `patch.radiomics_of` gives them.
        second: Of the same patients, in the same order, by the other.

    Raises:
        RefusedInput: If the patients differ in number or are fewer than `LEAST_PATIENTS`.
    """
    if len(first) != len(second) or len(first) < LEAST_PATIENTS:
        raise RefusedInput(
            what=f"agreement needs both outlines of at least {LEAST_PATIENTS} patients",
            where="features",
            found=f"{len(first)} and {len(second)}",
            remedy="measure every patient on both outlines",
        )
    found = [_agreement(name, first, second) for name in first[0]]
    return sorted((one for one in found if one is not None), key=lambda one: one.icc)


def share_good(agreements: Sequence[FeatureAgreement]) -> float:
    """Share of the features whose ICC is above `GOOD`."""
    return float(np.mean([one.icc > GOOD for one in agreements])) if agreements else float("nan")


def _agreement(
    name: str, first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]]
) -> FeatureAgreement | None:
    pairs = np.array([(one[name], other[name]) for one, other in zip(first, second, strict=True)], dtype=np.float64)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < LEAST_PATIENTS or np.ptp(pairs) <= 1e-12 * max(1.0, float(np.abs(pairs).max())):
        return None
    found = intraclass_correlation(pairs, name=name)["ICC2"]
    return FeatureAgreement(name, found.value, found.interval, len(pairs))
