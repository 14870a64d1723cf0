"""The part of the system that is fitted on feature tables: selection, support vector machine, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.explain.linear_attribution import exact_shapley
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.pipeline import FittedSteps, Labels, fit_steps
from GliomaRadiomicsLib.statistics.resampling import Fold
from GliomaRadiomicsLib.statistics.scaling import FittedImputation, FittedScaling
from GliomaRadiomicsLib.systems.fused_grading.machine import Machine
from GliomaRadiomicsLib.systems.fused_grading.selection import inner_folds, steps_of
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.helpers import on_scale_of
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

Floats = npt.NDArray[np.float64]
Helpers = tuple[FeatureTable, npt.NDArray[np.int_]]
"""Raw features and grades of helper cases."""

_BACKGROUND = 64


@dataclass(frozen=True, eq=False)
class Fusion:
    """What was learned of the training patients.

    Attributes:
        names: The features kept.
        medians: Put in where a feature is missing, shape (features,).
        centre: Training means, shape (features,).
        spread: Training standard deviations, shape (features,).
        machine: On standardised features.
        platt: From decisions to probabilities.
        background: Standardised features of training patients, which Shapley values refer to.
        ranges: Smallest and largest standardised training value of each feature, shape (features, 2).
    """

    names: tuple[str, ...]
    medians: Floats
    centre: Floats
    spread: Floats
    machine: Machine
    platt: Platt
    background: Floats
    ranges: Floats

    @classmethod
    def fit(
        cls,
        table: FeatureTable,
        grades: npt.NDArray[np.int_],
        settings: FusedSettings,
        helpers: Helpers | None = None,
    ) -> Fusion:
        """Select, fit and calibrate on training patients.

        The calibration sees decisions of inner folds in which selection and machine were fitted anew.

        Args:
            table: Raw features, one row per patient.
            grades: 1 for WHO grade 4.
            settings: How.
            helpers: Join the patients where features are selected and the machine is fitted, brought to the patients'
                mean and spread of every feature; not in the calibration.
        """
        labels = Labels(np.asarray(grades))
        decisions = np.full(table.n, np.nan)
        for train, held_out in inner_folds(labels.values, settings.inner_folds, settings.seed):
            steps, machine, _ = _fit(table.take(train), labels.take(train), settings, helpers)
            decisions[held_out] = machine.decision(steps.apply(table.take(held_out)).values)
        steps, machine, fitted_on = _fit(table, labels, settings, helpers)
        chosen = steps.apply(table)
        rows = np.random.default_rng(settings.seed).permutation(table.n)[:_BACKGROUND]
        ranges = np.stack([fitted_on.min(axis=0), fitted_on.max(axis=0)], axis=1)
        return cls(
            tuple(chosen.names),
            *_learned(steps, tuple(chosen.names)),
            machine,
            Platt.fit(decisions, labels.values),
            np.asarray(chosen.values[np.sort(rows)]),
            ranges,
        )

    def standardised(self, table: FeatureTable) -> Floats:
        """The kept features of a raw table, shape (n, features)."""
        values = table.columns(self.names).values
        return (np.where(np.isnan(values), self.medians, values) - self.centre) / self.spread

    def log_odds(self, table: FeatureTable) -> Floats:
        """Of WHO grade 4, shape (n,)."""
        return self.platt.log_odds(self.machine.decision(self.standardised(table)))

    def probability(self, table: FeatureTable) -> Floats:
        """Of WHO grade 4, shape (n,)."""
        return self.platt.probability(self.machine.decision(self.standardised(table)))

    def contributions(self, table: FeatureTable) -> Floats:
        """Exact Shapley value of each kept feature of the one patient in the table, in log-odds."""

        def score(rows: Floats) -> Floats:
            return self.platt.log_odds(self.machine.decision(rows))

        return exact_shapley(score, self.standardised(table)[0], self.background)

    def outside(self, table: FeatureTable) -> list[str]:
        """Kept features of the one patient that lie beyond the training range by half of it."""
        values = self.standardised(table)[0]
        reach = 0.5 * (self.ranges[:, 1] - self.ranges[:, 0])
        beyond = (values < self.ranges[:, 0] - reach) | (values > self.ranges[:, 1] + reach)
        return [name for name, flag in zip(self.names, beyond, strict=True) if flag]

    @cached_property
    def deep(self) -> dict[int, int]:
        """Number of each deep feature that was kept, by its place among the kept ones."""
        return {place: int(name[5:]) for place, name in enumerate(self.names) if name.startswith("deep_")}


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Probabilities of held-out patients, shape (n,), and what was learned in each fold."""

    probability: Floats
    fusions: tuple[Fusion, ...]


def cross_validated(
    table_of: Callable[[int], FeatureTable],
    grades: npt.NDArray[np.int_],
    folds: Sequence[Fold],
    settings: FusedSettings,
    helpers_of: Callable[[int], Helpers | None] = lambda _: None,
) -> HeldOut:
    """Everything that is fitted is fitted on the training patients of each fold.

    Args:
        table_of: Raw features of all patients in a fold; deep ones are those of the fold's network.
        grades: 1 for WHO grade 4.
        folds: Rows of training and held-out patients.
        settings: How.
        helpers_of: Helper cases in a fold, as `Fusion.fit`.
    """
    probability, fusions = np.full(len(grades), np.nan), []
    for number, (train, held_out) in enumerate(folds):
        table = table_of(number)
        fusion = Fusion.fit(table.take(train), grades[train], settings, helpers_of(number))
        probability[held_out] = fusion.probability(table.take(held_out))
        fusions.append(fusion)
    return HeldOut(probability, tuple(fusions))


def _fit(
    table: FeatureTable, labels: Labels, settings: FusedSettings, helpers: Helpers | None = None
) -> tuple[FittedSteps, Machine, Floats]:
    """Steps, machine and the standardised values they were fitted on, patients first."""
    count, chosen_on = table.n, slice(None)
    if helpers is not None:
        others, grades = helpers
        names = [*table.patients, *(f"helper {number}" for number in range(others.n))]
        values = on_scale_of(np.asarray(table.values), np.asarray(others.columns(table.names).values))
        table = FeatureTable(np.vstack([table.values, values]), table.names, names)
        labels = Labels(np.concatenate([labels.values, grades]))
        chosen_on = slice(count, None) if settings.select_on_helpers else chosen_on
    rows = np.arange(table.n)[chosen_on]
    steps, _ = fit_steps(steps_of(settings), table.take(rows), labels.take(rows))
    chosen = steps.apply(table)
    values = np.asarray(chosen.values)
    return steps, Machine.fit(values, labels.values, settings, count), values


def _learned(steps: FittedSteps, names: tuple[str, ...]) -> tuple[Floats, Floats, Floats]:
    """Medians, means and standard deviations of the kept features."""
    imputation = next(step for step in steps.steps if isinstance(step, FittedImputation))
    scaling = next(step for step in steps.steps if isinstance(step, FittedScaling))
    medians = dict(zip(imputation.names, imputation.medians, strict=True))
    scales = dict(zip(scaling.names, zip(scaling.centre, scaling.spread, strict=True), strict=True))
    return (
        np.array([medians[name] for name in names]),
        np.array([scales[name][0] for name in names]),
        np.array([scales[name][1] for name in names]),
    )
