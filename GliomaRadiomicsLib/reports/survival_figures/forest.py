"""Forest plot of a Cox table: hazard ratios with intervals on a logarithmic axis, numbers beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import (
    COLOURS,
    MARKERS,
    SOFT,
    counted,
    dress,
    head,
    new_figure,
    p_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_INCHES, _FRAME_INCHES = 0.42, 1.6
_WIDTH = 34
_WIDEST = (0.02, 50.0)
"""Limits of the axis where an interval is wider; an arrow shows that it goes on."""


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``forest``: ``rows`` with ``covariate``, ``model``, ``hazard_ratio``, limits and ``p``."""
    rows = chart["rows"]
    figure = new_figure(8.2, _FRAME_INCHES + _ROW_INCHES * (len(rows) + 1))
    axes = figure.subplots()
    low, high = _limits(rows)
    axes.set_xscale("log")
    axes.set(xlim=(low, high), ylim=(len(rows) - 0.4, -1.0))
    axes.axvline(1, color=SOFT, linewidth=0.8)
    kinds = list(dict.fromkeys(row["model"] for row in rows))
    for place, row in enumerate(rows):
        _row(axes, row, place, kinds.index(row["model"]), (low, high))
    head(figure, chart["title"], f"{counted(chart['n'], chart['n_events'])}; right of 1: shorter life")
    dress(axes, "Hazard ratio (logarithmic)", "")
    names = [f"{textwrap.fill(row['covariate'], _WIDTH)}\n{row['model']}" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8.5)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda value, _: "")
    axes.set_xticks([tick for tick in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if low <= tick <= high])
    axes.text(
        1.02, -0.65, "Hazard ratio (95 % interval)", transform=axes.get_yaxis_transform(), fontsize=8.5, va="center"
    )
    return figure


def _row(axes: Axes, row: Mapping[str, Any], place: int, kind: int, limits: tuple[float, float]) -> None:
    left, right = max(row["lower"], limits[0]), min(row["upper"], limits[1])
    axes.plot([left, right], [place, place], color=COLOURS[kind], linewidth=1.6)
    axes.plot(row["hazard_ratio"], place, MARKERS[kind], color=COLOURS[kind], markersize=6)
    if row["lower"] < limits[0]:
        axes.plot(limits[0], place, "<", color=COLOURS[kind], markersize=6, clip_on=False)
    if row["upper"] > limits[1]:
        axes.plot(limits[1], place, ">", color=COLOURS[kind], markersize=6, clip_on=False)
    text = f"{_number(row['hazard_ratio'])} ({_number(row['lower'])} to {_number(row['upper'])}), {p_words(row['p'])}"
    axes.text(1.02, place, text, transform=axes.get_yaxis_transform(), fontsize=8.5, va="center")


def _number(value: float) -> str:
    return f"{value:.2f}" if 0.01 <= value < 100 else f"{value:.2g}"


def _limits(rows: list[dict[str, Any]]) -> tuple[float, float]:
    low = min(0.5, *(row["lower"] / 1.2 for row in rows), 1.0)
    high = max(2.0, *(row["upper"] * 1.2 for row in rows), 1.0)
    return max(low, _WIDEST[0]), min(high, _WIDEST[1])
