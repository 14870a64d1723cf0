"""Predicted against observed survival at given years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import (
    COLOURS,
    DASHES,
    MARKERS,
    SOFT,
    counted,
    dress,
    head,
    new_figure,
    years_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHIFT = 0.006
"""Moves the years apart along x where their limits would cover each other."""


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``calibration``: ``times`` with ``year``, ``groups``, ``slope`` and the overall ratio."""
    figure = new_figure(5.8, 6.6)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), label="Ideal")
    middle = (len(chart["times"]) - 1) / 2
    for index, part in enumerate(chart["times"]):
        _year(axes, part, index, (index - middle) * _SHIFT)
    subtitle = f"{counted(chart['n'], chart['n_events'])}; bars: 95 % interval of Kaplan-Meier in each group"
    head(figure, chart["title"], subtitle)
    dress(axes, "Predicted survival probability", "Observed survival probability")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    figure.legend(fontsize=9, frameon=False, loc="outside lower left")
    return figure


def _year(axes: Axes, part: Mapping[str, Any], index: int, shift: float) -> None:
    groups = [group for group in part["groups"] if group["observed"] is not None]
    if not groups:
        return
    observed = [group["observed"] for group in groups]
    below = [max(group["observed"] - group["lower"], 0) for group in groups]
    above = [max(group["upper"] - group["observed"], 0) for group in groups]
    axes.errorbar(
        [group["predicted"] + shift for group in groups],
        observed,
        yerr=[below, above],
        color=COLOURS[index],
        linestyle=DASHES[index],
        marker=MARKERS[index],
        markersize=5,
        linewidth=1.3,
        elinewidth=1,
        capsize=3,
        label=_label(part),
    )


def _label(part: Mapping[str, Any]) -> str:
    slope = "" if part["slope"] is None else f"slope {part['slope']:.2f}, "
    return f"{years_words(part['year'])}: {slope}deaths observed/expected {part['observed_over_expected']:.2f}"
