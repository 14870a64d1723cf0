"""ROC curves of systems that tell two classes apart, on the same patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import COLOURS, DASHES, SOFT, dress, head, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``binary_roc``: ``curves`` with ``name``, ``auc``, ``ci`` and both rates."""
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
            label=f"{curve['name']}: AUC {curve['auc']:.2f} ({curve['ci'][0]:.2f} to {curve['ci'][1]:.2f})",
        )
    head(figure, chart["title"], f"{chart['n']} patients, {chart['n_positive']} of {chart['positive']}")
    dress(axes, "False positive rate", "True positive rate")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.legend(fontsize=9, frameon=True, framealpha=0.9, edgecolor="none", loc="lower right")
    return figure
