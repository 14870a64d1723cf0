"""ROC curves of systems that tell two classes apart, on the same patients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.reports.survival_figures.roc import draw_rates

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``binary_roc``: ``curves`` with ``name``, ``auc``, ``ci`` and both rates."""
    return draw_rates(chart, f"{chart['n']} patients, {chart['n_positive']} of {chart['positive']}", _label)


def _label(curve: Mapping[str, Any]) -> str:
    return f"{curve['name']}: AUC {curve['auc']:.2f} ({curve['ci'][0]:.2f} to {curve['ci'][1]:.2f})"
