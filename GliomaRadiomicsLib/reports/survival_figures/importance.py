"""Coefficients of a survival model, largest first, with how often each feature was chosen in cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.style import COLOURS, SOFT, counted, dress, head, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 20
"""Features drawn; the data hold all."""
_ROW_INCHES, _FRAME_INCHES = 0.26, 1.5


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``importance``: ``rows`` with ``feature``, ``log_hazard_ratio_per_sd`` and folds."""
    rows = chart["rows"][:SHOWN]
    figure = new_figure(7.6, _FRAME_INCHES + _ROW_INCHES * max(len(rows), 3))
    axes = figure.subplots()
    weights = [row["log_hazard_ratio_per_sd"] for row in rows]
    colours = [COLOURS[1] if weight > 0 else COLOURS[0] for weight in weights]
    axes.barh(range(len(rows)), weights, color=colours, height=0.7)
    axes.axvline(0, color=SOFT, linewidth=0.8)
    x = "Log hazard ratio per standard deviation (left: longer life, right: shorter)"
    head(figure, chart["title"], _subtitle(chart, len(rows)))
    dress(axes, x, "")
    axes.set_yticks(range(len(rows)), [row["feature"] for row in rows], fontsize=8.5)
    axes.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    _folds(axes, rows)
    return figure


def _folds(axes: Any, rows: list[dict[str, Any]]) -> None:
    for place, row in enumerate(rows):
        text = f"{row['chosen_in_folds']} of {row['folds']} folds"
        axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), fontsize=8, va="center", color=SOFT)


def _subtitle(chart: Mapping[str, Any], shown: int) -> str:
    total = len(chart["rows"])
    part = f"the {shown} largest of {total} coefficients" if total > shown else f"{total} coefficients"
    return f"{counted(chart['n'], chart['n_events'])}; {part}"
