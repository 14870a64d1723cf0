"""Time-dependent ROC curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import (
    COLOURS,
    DASHES,
    SOFT,
    counted,
    dress,
    head,
    new_figure,
    years_words,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``roc``: ``curves`` with ``year``, ``auc``, ``ci`` and both rates."""
    return draw_rates(chart, f"{counted(chart['n'], chart['n_events'])}; censoring weighted away", _label)


def draw_rates(chart: Mapping[str, Any], subtitle: str, label_of: Callable[[Mapping[str, Any]], str]) -> Figure:
    """Draw ``curves`` with both rates, named by ``label_of``, beside the line of chance."""
    figure = new_figure(5.8, 5.6)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), label="Chance")
    for index, curve in enumerate(chart["curves"]):
        axes.plot(
            curve["false_positive_rate"],
            curve["true_positive_rate"],
            color=COLOURS[index],
            linestyle=DASHES[index],
            linewidth=1.8,
            label=label_of(curve),
        )
    head(figure, chart["title"], subtitle)
    dress(axes, "False positive rate", "True positive rate")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.legend(fontsize=9, frameon=True, framealpha=0.9, edgecolor="none", loc="lower right")
    return figure


def _label(curve: Mapping[str, Any]) -> str:
    limits = f" ({curve['ci'][0]:.2f} to {curve['ci'][1]:.2f})" if curve.get("ci") else ""
    return f"{years_words(curve['year'])}: AUC {curve['auc']:.2f}{limits}"
