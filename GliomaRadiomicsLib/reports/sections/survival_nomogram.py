"""The nomogram with the patient marked, and the points as a table."""

from __future__ import annotations

import base64
from typing import Any

from GliomaRadiomicsLib.reports.markup import Markup, join, paragraph, table, tag
from GliomaRadiomicsLib.reports.measured import whole_points
from GliomaRadiomicsLib.reports.survival_figures.nomogram import patient_points, value_words
from GliomaRadiomicsLib.reports.survival_figures.patient import patient_charts
from GliomaRadiomicsLib.reports.survival_figures.style import as_bytes
from GliomaRadiomicsLib.reports.survival_figures.write import draw_chart

_READING = (
    "Each value gives the points above it on the first line; the total gives the chances below it. Diamonds: this "
    "patient. Points change the scale of the model, nothing else: the chances are those stated above."
)


def write_nomogram(data: dict[str, Any]) -> Markup | None:
    """Drawing and points, or None where the model has no nomogram."""
    chart = patient_charts(data).get("nomogram")
    if chart is None or not chart.get("patient"):
        return None
    source = "data:image/svg+xml;base64," + base64.b64encode(as_bytes(draw_chart(chart), "svg")).decode("ascii")
    points = patient_points(chart)
    alt = f"Nomogram of {chart['n']} patients; this patient has {whole_points(points):.0f} points in total"
    picture = tag("img", src=source, alt=alt, style="background:#fff;max-width:52rem")
    title = tag("h3", "Nomogram")
    return join([title, tag("figure", picture, tag("figcaption", _READING)), _points_table(chart, points)])


def _points_table(chart: dict[str, Any], points: list[float]) -> Markup:
    rows = []
    for axis, own in zip(chart["axes"], points, strict=True):
        name = axis["term"]["name"]
        rows.append((chart["words"].get(name, name), value_words(axis, chart["patient"][name]), f"{own:.0f}"))
    rows.append(("Total", "", f"{whole_points(points):.0f}"))
    counted = f"{chart['n']} training patients, {chart['n_events']} deaths"
    shown = table(("Covariate", "Value", "Points"), rows, caption=f"Points of this patient ({counted})", numeric=(1, 2))
    outside = [str(row[0]) for row, axis in zip(rows, chart["axes"], strict=False) if _is_outside(chart, axis)]
    words = f"Outside what the training patients had: {', '.join(outside)}." if outside else None
    return join([shown, paragraph(words, class_="note") if words else None])


def _is_outside(chart: dict[str, Any], axis: dict[str, Any]) -> bool:
    """Whether the patient's value lies beyond those the model was fitted on."""
    return not axis["term"]["levels"] and not axis["low"] <= chart["patient"][axis["term"]["name"]] <= axis["high"]
