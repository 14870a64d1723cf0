"""Who trains, who chooses the weights, who is measured: patients, never slices.

The only input is one outcome per patient, so a split by slice, with which slices of one patient would lie on both
sides, cannot be written with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.resampling import grouped_stratified_folds
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings

FEWEST_FOLDS = 2


@dataclass(frozen=True)
class Split:
    """Names of patients; no name is in two of the three."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def splits_of(labels: Mapping[str, bool], settings: MgmtSettings) -> list[Split]:
    """The paper's split (90 % and 10 % of the patients, then 85 % and 15 % of the 90 %), or one per fold.

    All are stratified by outcome; the paper says so of the second only.

    Args:
        labels: Outcome by patient.
        settings: Shares, folds, and the seed.

    Raises:
        RefusedInput: If a part of a split would lack a class.
    """
    patients = sorted(labels)
    if settings.folds:
        held_out = _folds(patients, labels, settings)
    else:
        held_out = [_drawn(patients, labels, settings.test_share, settings.seed)]
    found = [_completed(patients, labels, test, settings) for test in held_out]
    for split in found:
        for part, names in (("training", split.train), ("validation", split.validation), ("test", split.test)):
            _check(part, names, labels, settings)
    return found


def final_split(labels: Mapping[str, bool], settings: MgmtSettings) -> Split:
    """Everyone for training and validation, for the model that is kept after folds."""
    return _completed(sorted(labels), labels, (), settings)


def _completed(
    patients: Sequence[str], labels: Mapping[str, bool], test: tuple[str, ...], settings: MgmtSettings
) -> Split:
    rest = [name for name in patients if name not in set(test)]
    validation = _drawn(rest, labels, settings.validation_share, settings.seed + 1)
    return Split(tuple(name for name in rest if name not in set(validation)), validation, test)


def _drawn(patients: Sequence[str], labels: Mapping[str, bool], share: float, seed: int) -> tuple[str, ...]:
    """About ``share`` of the patients of either class, one at least where there are two."""
    generator = np.random.default_rng(seed)
    chosen: list[str] = []
    for positive in (True, False):
        names = [name for name in patients if labels[name] is positive]
        count = min(max(1, round(share * len(names))), max(0, len(names) - 1))
        chosen += [names[i] for i in generator.permutation(len(names))[:count]]
    return tuple(sorted(chosen))


def _folds(patients: Sequence[str], labels: Mapping[str, bool], settings: MgmtSettings) -> list[tuple[str, ...]]:
    outcome = [labels[name] for name in patients]
    try:
        folds = grouped_stratified_folds(outcome, patients, n_splits=settings.folds, seed=settings.seed)
    except ValueError as error:
        remedy = "give fewer folds, or add patients of the rarer class"
        if min(sum(outcome), len(outcome) - sum(outcome)) < FEWEST_FOLDS:
            remedy = "add patients of the rarer class: every fold needs some of either"
        raise RefusedInput(
            what=str(error),
            where=f"folds, column '{settings.target}'",
            found=_counts(patients, labels, settings),
            remedy=remedy,
        ) from error
    return [tuple(patients[i] for i in held_out) for _, held_out in folds]


def _check(part: str, names: Sequence[str], labels: Mapping[str, bool], settings: MgmtSettings) -> None:
    if len({labels[name] for name in names}) < 2:
        raise RefusedInput(
            what=f"the {part} patients are not of both classes",
            where=f"column '{settings.target}'",
            found=f"{_counts(names, labels, settings)} of {_counts(list(labels), labels, settings)} in all",
            remedy="add patients of the rarer class: training, validation and test need some of either",
        )


def _counts(names: Sequence[str], labels: Mapping[str, bool], settings: MgmtSettings) -> str:
    positive = sum(labels[name] for name in names)
    return f"{positive} {settings.words.positive} and {len(names) - positive} {settings.words.negative}"
