"""A nomogram to move: points, total, survival with interval and curve at once, from the numbers in `result.json`.

A survival system has a model for every combination of what may be known; the one that uses most of it is read, so that
an item may be set to not known. Nothing is fitted here and no model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.charts import VERMILION, YEAR, Chart, Series, survival_chart
from GliomaRadiomicsLib.interface.fields import Field
from GliomaRadiomicsLib.interface.nomogram_items import Item, items_of
from GliomaRadiomicsLib.reports.markup import number
from GliomaRadiomicsLib.reports.measured import whole_points

_Z = 1.959963984540054
"""Of a two-sided interval of 95 %."""
_MONTH = 30.4375


@dataclass(frozen=True)
class NomogramReading:
    """The nomogram at some values.

    Attributes:
        points: By the key of the field; only of what is known.
        total: Their sum as shown, in whole points.
        probability: Of living ``1y``, ``3y``, ``5y``, 0 to 1, as far as the follow-up of the model reaches.
        interval: 95 % limits by year.
        median: In words, to the month.
        chart: Survival over time at these values, beside this patient's own.
        outside: What lies outside the values of the training patients, one sentence each.
        rests_on: ``400 patients, 203 deaths``.
    """

    points: dict[str, float]
    total: float
    probability: dict[str, float]
    interval: dict[str, tuple[float, float]]
    median: str
    chart: Chart
    outside: list[str] = field(default_factory=list)
    rests_on: str = ""


class _Model:
    """One Cox model of the result as arrays."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.axes = {axis["name"]: axis for axis in data["axes"]}
        self.patient: dict[str, float] = dict(data["patient"])
        self.years, self.n, self.n_events = list(data["years"]), int(data["n"]), int(data["n_events"])
        names = ("coefficients", "means", "covariance", "days", "cumulative_hazard", "variance", "drift")
        arrays = {name: np.asarray(data[name], np.float64) for name in names}
        self._coefficients, self._means, self._covariance = (arrays[name] for name in names[:3])
        self.days, self._hazard, self._variance, self._drift = (arrays[name] for name in names[3:])

    def curves(self, columns: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Survival, lower and upper limit at ``days``; formulas of `statistics.cox_prediction`."""
        centred = np.array([columns[name] for name in self.axes]) - self._means
        lever = self._hazard[:, None] * centred - self._drift
        variance = self._variance + np.einsum("kp,pq,kq->k", lever, self._covariance, lever)
        error = np.sqrt(variance) / np.where(self._hazard > 0, self._hazard, 1.0)
        own = self._hazard * np.exp(float(centred @ self._coefficients))
        return np.exp(-own), np.exp(-own * np.exp(_Z * error)), np.exp(-own * np.exp(-_Z * error))

    def points(self, name: str, value: float) -> float:
        """Points of one column; those of the nomogram's axis."""
        axis = self.axes[name]
        return float(axis["points_per_unit"]) * (value - float(axis["zero"]))


@dataclass(frozen=True, eq=False)
class InteractiveNomogram:
    """The nomogram of a result.

    Attributes:
        fields: What can be moved.
        values: This patient's, by the key of the field; None or an empty choice where not known.
    """

    fields: list[Field]
    values: dict[str, Any]
    _items: tuple[Item, ...]
    _models: tuple[_Model, ...]
    _own: Series | None

    @classmethod
    def of(cls, result: CaseResult) -> InteractiveNomogram | None:
        """The nomogram of the result's survival models; None where there is none, as after an abstention."""
        data = result.survival.get("movable") or []
        models = tuple(_Model(one) for one in data)
        if not models:
            return None
        items = items_of([axis for model in models for axis in model.axes.values()], _is_optional(models))
        patient = {name: value for model in models for name, value in model.patient.items()}
        chart = survival_chart(result.survival)
        own = None if chart is None else chart.series[-1]
        return cls([item.field for item in items], {i.key: i.value_of(patient) for i in items}, items, models, own)

    def at(self, values: Mapping[str, Any]) -> NomogramReading:
        """Points, total, probabilities and chart at ``values``; what is missing is not known.

        Raises:
            RefusedInput: If too little is known for any model, or a value is not one of the field's.
        """
        columns = {name: value for item in self._items for name, value in item.columns(values.get(item.key)).items()}
        model = self._model_of(columns)
        unmoved = [item for item in self._items if values.get(item.key) == self.values[item.key]]
        columns |= {name: model.patient[name] for item in unmoved for name in item.names if name in model.patient}
        survival, lower, upper = model.curves(columns)
        used = self._used(model)
        points = {
            item.key: sum(model.points(name, columns[name]) for name in item.names if name in model.axes)
            for item in used
        }
        at = {f"{year}y": int(np.searchsorted(model.days, year * YEAR)) for year in model.years}
        return NomogramReading(
            points=points,
            total=whole_points(points.values()),
            probability={year: float(survival[i]) for year, i in at.items()},
            interval={year: (float(lower[i]), float(upper[i])) for year, i in at.items()},
            median=_median(model.days, survival),
            chart=self._chart(model, survival, lower, upper),
            outside=[text for item in used for text in item.outside(values.get(item.key))],
            rests_on=f"{model.n} patients, {model.n_events} deaths",
        )

    def _model_of(self, columns: Mapping[str, float]) -> _Model:
        usable = [model for model in self._models if model.axes.keys() <= columns.keys()]
        if not usable:
            raise RefusedInput(what="too little is known to read the nomogram", remedy=self._missing(columns))
        return max(usable, key=lambda model: len(self._used(model)))

    def _missing(self, columns: Mapping[str, float]) -> str:
        """What would have to be known besides; the shortest ways only."""
        needs = {
            tuple(item.field.label for item in self._used(model) if not set(item.names) <= columns.keys())
            for model in self._models
        }
        ways = sorted((need for need in needs if not any(set(other) < set(need) for other in needs)), key=len)
        return "fill in " + ", or ".join(" and ".join(way) for way in ways)

    def _used(self, model: _Model) -> list[Item]:
        return [item for item in self._items if set(item.names) & model.axes.keys()]

    def _chart(self, model: _Model, survival: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Chart:
        years, percent = (model.days / YEAR).tolist(), lambda curve: (100.0 * curve).tolist()
        moved = Series(
            "At the values chosen, with 95 % interval",
            years,
            percent(survival),
            step=True,
            colour=VERMILION,
            lower=percent(lower),
            upper=percent(upper),
        )
        own = [] if self._own is None else [replace(self._own, name="This patient", dashed=True, lower=[], upper=[])]
        note = f"Cox model of {model.n} patients, {model.n_events} deaths."
        return Chart("Survival at the values chosen", "Time (years)", "Patients alive (%)", [*own, moved], note)


def _is_optional(models: tuple[_Model, ...]) -> frozenset[str]:
    """Columns without which there is still a model."""
    every = {name for model in models for name in model.axes}
    return frozenset(name for name in every if any(name not in model.axes for model in models))


def _median(days: np.ndarray, survival: np.ndarray) -> str:
    reached = np.flatnonzero(survival <= 0.5)  # noqa: PLR2004 - the median
    if not reached.size:
        return f"beyond {number(float(days[-1]) / YEAR, 1)} years"
    low, high = (number(float(days[i]) / _MONTH, 0) for i in (reached[0] - 1, reached[0]))
    return f"{low} to {high} months" if low != high else f"about {high} months"
