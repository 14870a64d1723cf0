"""Steps that are fitted on training patients only and then applied to others.

A `Pipeline` holds settings, never anything learned. `Pipeline.fit` learns from the patients it is given and returns a
`FittedPipeline`. Cross-validation takes the former and fits it anew inside every fold; it refuses the latter, and it
refuses a table to which a fitted step has been applied (`FeatureTable.applied`). So nothing can be chosen outside the
fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome


@dataclass(frozen=True, eq=False)
class Labels:
    """A class per row, for steps and models of a classification.

    Attributes:
        values: Shape (n,), 0 or 1.
        name: Column, for messages.
    """

    values: npt.NDArray[np.intp]
    name: str = "label"

    def __post_init__(self) -> None:
        array = np.asarray(self.values)
        bad = [value for value in array.ravel().tolist() if isinstance(value, str) or value not in (0, 1)]
        if array.ndim != 1 or bad:
            raise RefusedInput(
                what="labels must be 0 or 1, one per row", where=self.name, found=bad[:1] or f"shape {array.shape}"
            )
        object.__setattr__(self, "values", array.astype(np.intp))

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.values.size)

    def take(self, rows: npt.ArrayLike) -> Labels:
        """Some rows, by index or mask."""
        return Labels(self.values[np.asarray(rows)], self.name)


Target = Outcome | Labels


class FittedStep(Protocol):
    """What a step has learned."""

    @property
    def name(self) -> str:
        """What was done, for the report."""

    def apply(self, table: FeatureTable) -> FeatureTable:
        """The table after the step, marked as such."""


class Step(Protocol):
    """Settings of a filter or transformation."""

    def fit(self, table: FeatureTable, target: Target) -> FittedStep:
        """Learn from training patients."""


class FittedModel(Protocol):
    """A model that gives a risk."""

    def risk(self, table: FeatureTable) -> npt.NDArray[np.float64]:
        """Score per row, higher = worse, shape (n,)."""


ModelT = TypeVar("ModelT", bound=FittedModel, covariant=True)


class Model(Protocol[ModelT]):
    """Settings of a model."""

    def fit(self, table: FeatureTable, target: Target) -> ModelT:
        """Learn from training patients."""


@dataclass(frozen=True, eq=False)
class ColumnChoice:
    """Fitted filter: the columns kept.

    Attributes:
        name: Rule, for the report.
        kept: Names in the order of the table.
        n_before: Number of columns before.
    """

    name: str
    kept: tuple[str, ...]
    n_before: int

    @classmethod
    def of(cls, name: str, table: FeatureTable, mask: npt.NDArray[np.bool_]) -> ColumnChoice:
        """The columns where ``mask`` is True."""
        kept = tuple(column for column, flag in zip(table.names, mask.tolist(), strict=True) if flag)
        return cls(name, kept, table.p)

    def apply(self, table: FeatureTable) -> FeatureTable:
        """The kept columns of a table."""
        return table.columns(self.kept).after(self.name)


@dataclass(frozen=True)
class StepReport:
    """One line of what happened: a step's name and the number of features before and after."""

    name: str
    n_before: int
    n_after: int


@dataclass(frozen=True, eq=False)
class FittedSteps:
    """Fitted steps in order, with what each did to the training table."""

    steps: tuple[FittedStep, ...]
    report: tuple[StepReport, ...]

    def apply(self, table: FeatureTable) -> FeatureTable:
        """Apply every step; a table that has already been through steps is refused.

        Raises:
            RefusedInput: If a column is missing or the table is not raw.
        """
        table.require_raw("applying a pipeline")
        for step in self.steps:
            table = step.apply(table)
        return table


def fit_steps(steps: Sequence[Step], table: FeatureTable, target: Target) -> tuple[FittedSteps, FeatureTable]:
    """Fit steps one after the other on training patients; also returns the table after them.

    Raises:
        RefusedInput: If a step is already fitted, the table is not raw, or rows and outcomes differ in number.
    """
    table.require_raw("fitting a pipeline")
    if table.n != target.n:
        raise RefusedInput(what=f"{table.n} rows of features but {target.n} outcomes", where="features")
    fitted, report = [], []
    for step in steps:
        require_unfitted(step)
        learned = step.fit(table, target)
        after = learned.apply(table)
        fitted.append(learned)
        report.append(StepReport(learned.name, table.p, after.p))
        table = after
    return FittedSteps(tuple(fitted), tuple(report)), table


@dataclass(frozen=True, eq=False)
class FittedPipeline:
    """Fitted steps and model, ready for other patients."""

    steps: FittedSteps
    model: FittedModel

    def risk(self, table: FeatureTable) -> npt.NDArray[np.float64]:
        """Score per row of a raw table, higher = worse, shape (n,)."""
        return self.model.risk(self.steps.apply(table))


@dataclass(frozen=True)
class Pipeline:
    """Steps, then a model; all unfitted."""

    steps: tuple[Step, ...]
    model: Model[FittedModel]

    def fit(self, table: FeatureTable, target: Target) -> FittedPipeline:
        """Fit every step and the model on these patients.

        Raises:
            RefusedInput: As `fit_steps`.
        """
        steps, reduced = fit_steps(self.steps, table, target)
        require_unfitted(self.model)
        return FittedPipeline(steps, self.model.fit(reduced, target))


def require_unfitted(part: object) -> None:
    """Refuse what has already learned from patients.

    Raises:
        RefusedInput: If the object has no ``fit``.
    """
    if not callable(getattr(part, "fit", None)):
        raise RefusedInput(
            what="not a step to be fitted: what was learned elsewhere cannot enter a fold",
            where=type(part).__name__,
            remedy="give the settings (for example ConcordanceFilter(.66)), not the fitted result",
        )


def as_outcome(target: Target, purpose: str) -> Outcome:
    """The target as a survival outcome.

    Raises:
        RefusedInput: If it holds classes.
    """
    if not isinstance(target, Outcome):
        raise RefusedInput(what=f"{purpose} needs survival times and events", where=target.name)
    return target


def as_labels(target: Target, purpose: str) -> Labels:
    """The target as classes.

    Raises:
        RefusedInput: If it is a survival outcome.
    """
    if not isinstance(target, Labels):
        raise RefusedInput(what=f"{purpose} needs a class per patient", where=target.event_name)
    return target
