"""A nomogram to move: points, total and survival at once, from the numbers in `result.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.charts import Chart
from GliomaRadiomicsLib.interface.fields import Field


@dataclass(frozen=True)
class NomogramReading:
    """The nomogram at some values.

    Attributes:
        points: By covariate.
        total: Their sum.
        probability: Of living ``1y``, ``3y``, ``5y``, 0 to 1.
        interval: 95 % limits by year; empty where they are not known.
        chart: Survival over time.
        outside: Covariates whose value lies outside what the training patients had, in words.
    """

    points: dict[str, float]
    total: float
    probability: dict[str, float]
    interval: dict[str, tuple[float, float]]
    chart: Chart
    outside: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class InteractiveNomogram:
    """The nomogram of a result.

    Attributes:
        fields: What can be moved.
        values: This patient's.
    """

    fields: list[Field]
    values: dict[str, Any]

    @classmethod
    def of(cls, result: CaseResult) -> InteractiveNomogram | None:
        """The nomogram of the result's survival model; None where it has none."""
        raise NotImplementedError

    def at(self, values: Mapping[str, Any]) -> NomogramReading:
        """Points, total, probabilities and chart at ``values``."""
        raise NotImplementedError
