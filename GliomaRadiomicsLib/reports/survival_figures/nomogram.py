"""A nomogram: points of each covariate, total points, survival at each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import (
    COLOURS,
    INK,
    SOFT,
    counted,
    head,
    new_figure,
    years_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_YEAR = 365.25
_ROW_INCHES, _FRAME_INCHES = 0.62, 1.0
_LETTER, _GAP = 0.0115, 0.008
"""Width of a letter and least gap between labels, as shares of the axis; nearer ones are left out, their tick stays."""


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``nomogram`` (a `statistics.nomogram.Nomogram` as plain data, with ``words``).

    Args:
        chart: ``axes``, ``total_ticks``, ``scales``, ``words`` and, for one patient, ``patient``: the value of each
            covariate; it is marked on every axis.
    """
    axes_data, scales = chart["axes"], chart["scales"]
    total = max((tick["points"] for tick in chart["total_ticks"]), default=0.0) or 1.0
    figure = new_figure(8.2, _FRAME_INCHES + _ROW_INCHES * (len(axes_data) + len(scales) + 2))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(axes_data) + len(scales) + 1.6, -0.5))
    head(figure, chart["title"], counted(chart["n"], chart["n_events"]))
    points = [{"label": str(value), "points": float(value)} for value in range(0, 101, 10)]
    _row(axes, 0, "Points", points, 100.0, INK)
    for row, axis in enumerate(axes_data, start=1):
        name, levels = axis["term"]["name"], bool(axis["term"]["levels"])
        ends = [] if levels else [_points(axis, axis[end]) for end in ("low", "high")]
        ticks = [{**tick, "label": value_words(axis, tick["label"])} for tick in axis["ticks"]]
        _row(axes, row, chart["words"].get(name, name), ticks, 100.0, COLOURS[0], every=levels, ends=ends)
    place = len(axes_data) + 1
    _row(axes, place, "Total points", chart["total_ticks"], total, INK)
    for row, scale in enumerate(scales, start=place + 1):
        _row(
            axes, row, f"Survival at {years_words(round(scale['time'] / _YEAR, 1))}", scale["ticks"], total, COLOURS[1]
        )
    _mark_patient(axes, chart, total)
    return figure


def value_words(axis: Mapping[str, Any], value: Any) -> str:
    """A value as it is said: no and yes on an axis of 0 and 1, a word, or a number of four digits."""
    if {tick["label"] for tick in axis["ticks"]} == {"0", "1"} and not axis["term"]["levels"]:
        return "yes" if float(value) else "no"
    return value if isinstance(value, str) else f"{value:.4g}"


def _row(
    axes: Axes,
    row: int,
    name: str,
    ticks: list[dict[str, Any]],
    length: float,
    colour: str,
    *,
    every: bool = False,
    ends: Sequence[float] = (),
) -> None:
    """One axis, from its first to its last tick or further where it ``ends``.

    With ``every`` a label too near the one before stands above the line instead of being left out.
    """
    axes.text(-0.02, row, name, ha="right", va="center", fontsize=9, color=INK)
    if not ticks:
        axes.text(0, row, "outside the range drawn", ha="left", va="center", fontsize=8, color=SOFT)
        return
    ordered = sorted(ticks, key=lambda tick: tick["points"])
    places = [tick["points"] / length for tick in ordered]
    reach = [*places, *(end / length for end in ends)]
    axes.plot([min(reach), max(reach)], [row, row], color=colour, linewidth=1.4, clip_on=False)
    end = -1.0
    for place, tick in zip(places, ordered, strict=True):
        text = tick["label"]
        half = len(text) * _LETTER / 2
        axes.plot([place, place], [row, row + 0.14], color=colour, linewidth=1, clip_on=False)
        if place - half >= end + _GAP:
            axes.text(place, row + 0.22, text, ha="center", va="top", fontsize=8, color=INK)
            end = place + half
        elif every:
            axes.text(place, row - 0.1, text, ha="center", va="bottom", fontsize=8, color=INK)


def _mark_patient(axes: Axes, chart: Mapping[str, Any], total: float) -> None:
    """A diamond at the patient's value on every axis, at the total and at its survival."""
    patient = chart.get("patient")
    if not patient:
        return
    points = patient_points(chart)
    whole = sum(points)
    marks = [(row, value / 100.0) for row, value in enumerate(points, start=1)]
    first = len(points) + 1
    marks += [(row, whole / total) for row in range(first, first + 1 + len(chart["scales"]))]
    for row, place in marks:
        axes.plot(place, row, "D", color=INK, markersize=6, clip_on=False)


def patient_points(chart: Mapping[str, Any]) -> list[float]:
    """Points of the chart's patient on each axis."""
    return [_points(axis, chart["patient"][axis["term"]["name"]]) for axis in chart["axes"]]


def _points(axis: Mapping[str, Any], value: Any) -> float:
    levels = axis["term"]["levels"]
    if levels:
        return float(axis["level_points"][list(levels).index(value)])
    return float(axis["points_per_unit"]) * (float(value) - float(axis["zero"]))
