"""Clinical items of the nomograms: what is known or measured of a patient, and its coding as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.labels import ET, LABEL_VALUES
from GliomaRadiomicsLib.imaging.grid import to_canonical
from GliomaRadiomicsLib.systems.protocol import CaseData

SIGNATURE = "signature"
NUMBERS = ("age", "male", "grade_3", "right_sided", "enhancing")
CATEGORIES = ("histology", "location")
WORDS = {
    SIGNATURE: "Deep-radiomics signature",
    "age": "Age (years)",
    "male": "Men (against women)",
    "grade_3": "WHO grade 3 (against 2)",
    "right_sided": "Right side (against left)",
    "enhancing": "Contrast enhancement",
}
ENHANCING_ML = 0.1
"""Less enhancing tumour counts as none."""

OTHER = "other"
_LEAST_KNOWN = 0.8
_LEAST_SHARE = 0.1

Items = Mapping[str, float | str]


def items_of(case: CaseData) -> dict[str, float | str]:
    """What is known of a patient (age, sex, grade, histology, location) and measured (side, enhancement)."""
    clinical = case.clinical
    items: dict[str, float | str] = {"right_sided": _is_right(case), "enhancing": _is_enhancing(case)}
    if clinical.age is not None:
        items["age"] = float(clinical.age)
    if clinical.sex is not None:
        items["male"] = float(clinical.sex == "M")
    if clinical.grade in (2, 3):
        items["grade_3"] = float(clinical.grade == 3)
    for name, value in (("histology", clinical.histology), ("location", clinical.location)):
        if value:
            items[name] = value.strip().lower()
    return items


@dataclass(frozen=True)
class Coding:
    """Items used and how categories become columns.

    Attributes:
        items: Items every training patient has.
        levels: Levels of each category, the reference first; `OTHER` last where rare ones were put together.
    """

    items: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for item in self.items for name in self._names(item))

    def is_known(self, items: Items) -> bool:
        """Whether a patient has every item, and categories only in levels that were seen."""
        return all(item in items and self._is_level(item, items[item]) for item in self.items)

    def columns(self, items: Items) -> dict[str, float]:
        """Columns of what is known of a patient, in the order of ``names``."""
        known = [item for item in self.items if item in items and self._is_level(item, items[item])]
        return {name: value for item in known for name, value in self._coded(item, items[item]).items()}

    def strange(self, items: Items) -> list[str]:
        """What is given in words no training patient had, each with those that are known."""
        return [
            f"{item} '{items[item]}' is unknown to the model, which knows {', '.join(levels)}"
            for item, levels in self.levels.items()
            if item in items and not self._is_level(item, items[item])
        ]

    def words(self) -> dict[str, str]:
        """Names of the columns, and of the signature, as people say them."""
        named = dict(WORDS)
        for item, levels in self.levels.items():
            named |= {f"{item}={level}": f"{item.capitalize()}: {level} (against {levels[0]})" for level in levels[1:]}
        return named

    def _names(self, item: str) -> list[str]:
        return [f"{item}={level}" for level in self.levels[item][1:]] if item in self.levels else [item]

    def _is_level(self, item: str, value: float | str) -> bool:
        return item not in self.levels or value in self.levels[item] or OTHER in self.levels[item]

    def _coded(self, item: str, value: float | str) -> dict[str, float]:
        if item not in self.levels:
            return {item: float(value)}
        level = value if value in self.levels[item] else OTHER
        return {f"{item}={name}": float(name == level) for name in self.levels[item][1:]}


def coding_of(cohort: Sequence[Items]) -> Coding:
    """Items that at least four of five patients have and that differ between them; rare levels are put together.

    The outcome is not looked at.
    """
    used, levels = [], {}
    for item in (*NUMBERS, *CATEGORIES):
        values = [patient[item] for patient in cohort if item in patient]
        if len(values) < _LEAST_KNOWN * len(cohort) or len(set(values)) < 2:
            continue
        if item in CATEGORIES:
            common = [str(level) for level, n in Counter(values).most_common() if n >= _LEAST_SHARE * len(values)]
            levels[item] = tuple(common) if len(common) == len(set(values)) else (*common, OTHER)
            if len(levels[item]) < 2 or not common:
                del levels[item]
                continue
        used.append(item)
    return Coding(tuple(used), levels)


def _is_right(case: CaseData) -> float:
    """Whether the tumour's centre lies right of the middle of the head."""
    tumour = np.isin(to_canonical(case.label_map).array, LABEL_VALUES)
    image = to_canonical(next(iter(case.volumes.values()))).array
    head = np.flatnonzero((image != 0).any(axis=(1, 2)))
    middle = (head[0] + head[-1]) / 2 if head.size else (tumour.shape[0] - 1) / 2
    return float(np.argwhere(tumour)[:, 0].mean() > middle)


def _is_enhancing(case: CaseData) -> float:
    volume = float((case.label_map.array == ET).sum()) * case.label_map.voxel_volume_mm3 / 1000
    return float(volume >= ENHANCING_ML)
