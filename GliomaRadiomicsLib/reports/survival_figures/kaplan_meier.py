"""Kaplan-Meier curves with band, censoring marks, numbers at risk, log-rank p and, where given, one patient's curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.reports.survival_figures.style import (
    COLOURS,
    DASHES,
    INK,
    counted,
    dress,
    head,
    new_figure,
    p_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_YEAR = 365.25
_ROW_INCHES = 0.24


def draw(chart: Mapping[str, Any]) -> Figure:
    """Draw a chart of kind ``kaplan_meier``.

    Args:
        chart: ``title``, ``curves`` (``label``, ``days``, ``survival``, ``lower``, ``upper``, and ``at_risk_at_ticks``
            where numbers at risk are wanted), ``ticks_days``, ``log_rank_p``, ``hazard_ratio`` and, for one patient,
            ``patient`` with ``days``, ``probability``, ``lower`` and ``upper``; then the groups' bands are left out.
    """
    curves, ticks = chart["curves"], chart.get("ticks_days") or []
    table = bool(ticks) and all("at_risk_at_ticks" in curve for curve in curves)
    rows = len(curves) + 1.4 if table else 0
    figure = new_figure(height=4.9 + _ROW_INCHES * rows)
    if table:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4.9, _ROW_INCHES * rows])
        _numbers_at_risk(below, curves, ticks)
    else:
        axes = figure.subplots()
    for index, curve in enumerate(curves):
        _curve(axes, curve, COLOURS[index], DASHES[index], band=not chart.get("patient"))
    if chart.get("patient"):
        _patient(axes, chart["patient"])
    head(figure, chart["title"], _subtitle(chart))
    dress(axes, "Follow-up (years)", "Survival probability")
    axes.tick_params(labelbottom=True)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(left=0)
    if ticks:
        axes.set_xticks([day / _YEAR for day in ticks])
    axes.legend(fontsize=9, frameon=False, loc="upper right")
    return figure


def _curve(axes: Axes, curve: Mapping[str, Any], colour: str, dash: Any, band: bool) -> None:
    years, survival = np.array(curve["days"]) / _YEAR, np.array(curve["survival"])
    median = curve.get("median_days")
    reached = "median not reached" if median is None else f"median {median / _YEAR:.1f} years"
    label = f"{curve['label'].capitalize()}: {counted(curve['n'], curve['n_events'])}, {reached}"
    axes.step(years, survival, where="post", color=colour, linestyle=dash, linewidth=1.8, label=label)
    if band and curve.get("lower"):
        axes.fill_between(years, curve["lower"], curve["upper"], step="post", color=colour, alpha=0.15, linewidth=0)
    lost = np.array(curve.get("censored") or []) > 0
    if lost.any():
        axes.plot(years[lost], survival[lost], "|", color=colour, markersize=7)


def _patient(axes: Axes, patient: Mapping[str, Any]) -> None:
    keys = ("days", "probability", "lower", "upper") if patient.get("lower") else ("days", "probability")
    known = [point for point in zip(*(patient[key] for key in keys), strict=True) if None not in point]
    if not known:
        return
    days, probability, *limits = np.array(known, dtype=np.float64).T
    if limits:
        axes.fill_between(days / _YEAR, *limits, color=INK, alpha=0.12, linewidth=0)
    axes.plot(days / _YEAR, probability, color=INK, linewidth=2.6, label=patient.get("label", "This patient"))


def _numbers_at_risk(axes: Axes, curves: list[dict[str, Any]], ticks: list[float]) -> None:
    axes.set_axis_off()
    axes.set_ylim(len(curves) + 0.4, -1.0)
    axes.text(0, -0.5, "Number at risk", fontsize=9, va="center", ha="left", transform=axes.get_yaxis_transform())
    for row, curve in enumerate(curves):
        axes.text(-0.035, row + 0.5, curve["label"].capitalize(), fontsize=9, va="center", ha="right",
                  color=COLOURS[row], transform=axes.get_yaxis_transform())  # fmt: skip
        for day, number in zip(ticks, curve["at_risk_at_ticks"], strict=True):
            axes.text(day / _YEAR, row + 0.5, str(number), fontsize=9, va="center", ha="center", color=COLOURS[row])


def _subtitle(chart: Mapping[str, Any]) -> str:
    text = f"Log-rank {p_words(chart.get('log_rank_p'))}"
    ratio = chart.get("hazard_ratio")
    if ratio:
        text += f"; hazard ratio {ratio['value']:.2f} (95 % interval {ratio['lower']:.2f} to {ratio['upper']:.2f})"
    return text
