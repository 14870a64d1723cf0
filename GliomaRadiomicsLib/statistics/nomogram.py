"""Nomogram of a Cox model: points per covariate, total points, survival; plain data that sliders can move on.

Points are a linear change of scale of the model's linear predictor, so they lose nothing: total points give back the
linear predictor to rounding. Source: Iasonos et al. 2008, J Clin Oncol 26:1364.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.columns import complete_column
from GliomaRadiomicsLib.statistics.covariates import Columns, Term, encode, require_columns, term_slices
from GliomaRadiomicsLib.statistics.cox import CoxModel

LONGEST_AXIS = 100.0
"""Points of the covariate with the largest span."""

SURVIVAL_TICKS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.01)


@dataclass(frozen=True)
class NomogramTick:
    """A label on an axis and where it lies, in points."""

    label: str
    points: float


@dataclass(frozen=True)
class NomogramAxis:
    """One covariate.

    Attributes:
        term: The covariate; its levels are empty for a number.
        low: Smallest value drawn; 0 for a category.
        high: Largest value drawn; 0 for a category.
        zero: Value worth 0 points: ``low``, or ``high`` if higher values are better; 0 for a category.
        points_per_unit: Points of one unit more; 0 for a category.
        level_points: Points of each level of a category, in the order of its levels.
        ticks: Labels to draw; of a number that has two values only (0 and 1, say) these.
    """

    term: Term
    low: float
    high: float
    zero: float
    points_per_unit: float
    level_points: tuple[float, ...]
    ticks: tuple[NomogramTick, ...]


@dataclass(frozen=True)
class NomogramScale:
    """Survival at one time: ``exp(-cumulative_hazard * exp(linear predictor))``; ``ticks`` lie on total points."""

    time: float
    cumulative_hazard: float
    ticks: tuple[NomogramTick, ...]


@dataclass(frozen=True)
class NomogramReading:
    """One patient on the nomogram: points of each axis, their total and the survival at each scale's time."""

    points: tuple[float, ...]
    total: float
    linear_predictor: float
    survival: tuple[float, ...]


@dataclass(frozen=True)
class Nomogram:
    """A nomogram as plain data.

    Attributes:
        axes: One per covariate.
        points_per_log_hazard: Points of one unit of the linear predictor.
        offset: Linear predictor at 0 total points.
        total_ticks: Labels of the axis of total points, from 0 to the largest total.
        scales: Survival at each time asked for.
        n: Patients of the fit.
        n_events: Events of the fit.
    """

    axes: tuple[NomogramAxis, ...]
    points_per_log_hazard: float
    offset: float
    total_ticks: tuple[NomogramTick, ...]
    scales: tuple[NomogramScale, ...]
    n: int
    n_events: int

    def linear_predictor(self, total: float) -> float:
        """Linear predictor of the Cox model (centred at the cohort's means) at some total points."""
        return self.offset + total / self.points_per_log_hazard

    def survival(self, total: float) -> tuple[float, ...]:
        """Survival at each scale's time."""
        relative = np.exp(self.linear_predictor(total))
        return tuple(float(np.exp(-scale.cumulative_hazard * relative)) for scale in self.scales)

    def read(self, patient: Mapping[str, object]) -> NomogramReading:
        """Points, total and survival of one patient; values outside an axis are read off its extension.

        Raises:
            RefusedInput: If a covariate is missing or text, or a level is unknown.
        """
        require_columns(patient, tuple(axis.term.name for axis in self.axes))
        points = tuple(_points(axis, patient[axis.term.name]) for axis in self.axes)
        total = float(np.sum(points))
        return NomogramReading(points, total, self.linear_predictor(total), self.survival(total))


def make_nomogram(
    model: CoxModel,
    columns: Columns,
    times: Sequence[float],
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> Nomogram:
    """Nomogram of a fitted model.

    Args:
        model: The fit.
        columns: The cohort; the range of each number is drawn.
        times: Times of the survival scales, within the follow-up of the fit.
        ranges: Lowest and highest value to draw instead, by covariate.

    Raises:
        RefusedInput: If a column is missing, a range is empty, or a time is before the first event of the fit or beyond
            its follow-up.
    """
    spans = [
        _contributions(model, term, own, columns, ranges)
        for term, own in zip(model.terms, term_slices(model.terms), strict=True)
    ]
    largest = max(float(np.ptp(effects)) for _, effects, _ in spans)
    if largest <= 0:
        raise RefusedInput(what="no covariate has any effect", where="coefficients", remedy="a nomogram has no length")
    scale = LONGEST_AXIS / largest
    axes = tuple(
        _axis(term, effects, ends, scale, _is_two_valued(columns, term))
        for term, (_, effects, ends) in zip(model.terms, spans, strict=True)
    )
    total = float(sum(np.ptp(effects) for _, effects, _ in spans)) * scale
    offset = float(sum(centre + effects.min() for centre, effects, _ in spans))
    return Nomogram(
        axes=axes,
        points_per_log_hazard=scale,
        offset=offset,
        total_ticks=tuple(NomogramTick(f"{value:g}", value) for value in pretty(0.0, total, 8)),
        scales=tuple(_scale(model, float(time), offset, scale, total) for time in times),
        n=model.n,
        n_events=model.n_events,
    )


def pretty(low: float, high: float, about: int = 6) -> tuple[float, ...]:
    """Round values from ``low`` to ``high``, about ``about`` of them, in steps of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return tuple(float(f"{i * step:.12g}") + 0.0 for i in np.arange(first, last + 1))


def _contributions(
    model: CoxModel, term: Term, own: slice, columns: Columns, ranges: Mapping[str, tuple[float, float]] | None
) -> tuple[float, np.ndarray, tuple[float, float]]:
    """Effect of the mean (negative), effects to choose from (at both ends, or of each level), and the ends."""
    coefficients = np.array(model.coefficients[own])
    centre = -float(coefficients @ np.array(model.means[own]))
    if term.levels:
        return centre, np.append(0.0, coefficients), (0.0, 0.0)
    if ranges is not None and term.name in ranges:
        low, high = (float(end) for end in ranges[term.name])
    else:
        require_columns(columns, (term.name,))
        values = complete_column(columns[term.name], term.name)
        low, high = float(values.min()), float(values.max())
    if not low < high:
        raise RefusedInput(
            what="the range to draw is empty", where=term.name, found=f"{low:g} to {high:g}", remedy="give low < high"
        )
    return centre, coefficients[0] * np.array([low, high]), (low, high)


def _is_two_valued(columns: Columns, term: Term) -> bool:
    return term.name in columns and not term.levels and len(set(np.asarray(columns[term.name]).tolist())) == 2  # noqa: PLR2004


def _axis(term: Term, effects: np.ndarray, ends: tuple[float, float], scale: float, two_valued: bool) -> NomogramAxis:
    if term.levels:
        points = tuple(((effects - effects.min()) * scale).tolist())
        ticks = tuple(NomogramTick(level, value) for level, value in zip(term.levels, points, strict=True))
        return NomogramAxis(term, 0.0, 0.0, 0.0, 0.0, points, ticks)
    low, high = ends
    per_unit = float((effects[1] - effects[0]) / (high - low) * scale)
    zero = low if per_unit >= 0 else high
    shown = ends if two_valued else pretty(low, high)
    ticks = tuple(NomogramTick(f"{value:g}", per_unit * (value - zero)) for value in shown)
    return NomogramAxis(term, low, high, zero, per_unit, (), ticks)


def _points(axis: NomogramAxis, value: object) -> float:
    encoded = encode((axis.term,), {axis.term.name: np.array([value], dtype=object)})[0]
    if not axis.term.levels:
        return axis.points_per_unit * (float(encoded[0]) - axis.zero)
    return axis.level_points[int(np.argmax(encoded)) + 1 if encoded.any() else 0]


def _scale(model: CoxModel, time: float, offset: float, scale: float, total: float) -> NomogramScale:
    baseline = model.baseline
    if not baseline.time[0] <= time <= baseline.last_time:
        raise RefusedInput(
            what="the time is outside the follow-up of the model",
            where="times",
            found=f"{time:g}",
            remedy=f"choose times from {baseline.time[0]:g} to {baseline.last_time:g}, in the same unit",
        )
    hazard = baseline.cumulative_hazard[int(np.searchsorted(baseline.time, time, side="right")) - 1]
    places = [(share, (np.log(-np.log(share) / hazard) - offset) * scale) for share in SURVIVAL_TICKS]
    ticks = tuple(NomogramTick(f"{share:g}", float(place)) for share, place in places if 0 <= place <= total)
    return NomogramScale(time, hazard, ticks)
