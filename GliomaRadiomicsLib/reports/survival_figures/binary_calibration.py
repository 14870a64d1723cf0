"""Predicted probability against observed share, in groups of patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import COLOURS, SOFT, dress, head, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``binary_calibration``: ``groups`` with their limits, ``slope`` and ``intercept``."""
    groups = chart["groups"]
    figure = new_figure(5.8, 5.8)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), label="Ideal")
    axes.errorbar(
        [group["predicted"] for group in groups],
        [group["observed"] for group in groups],
        yerr=[
            [max(group["observed"] - group["lower"], 0) for group in groups],
            [max(group["upper"] - group["observed"], 0) for group in groups],
        ],
        color=COLOURS[0],
        marker="o",
        markersize=5,
        linewidth=1.3,
        elinewidth=1,
        capsize=3,
        label="Groups of rising probability, 95 % interval (Wilson)",
    )
    slope = "not defined" if chart["slope"] is None else f"{chart['slope']:.2f}"
    counted = f"{chart['n']} patients, {chart['n_positive']} of {chart['positive']}"
    head(figure, chart["title"], f"{counted}; slope {slope} (1 is ideal)")
    dress(axes, f"Predicted probability of {chart['positive']}", f"Observed share of {chart['positive']}")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.legend(fontsize=9, frameon=True, framealpha=0.9, edgecolor="none", loc="lower right")
    return figure
