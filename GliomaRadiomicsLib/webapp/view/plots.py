"""Charts as figures for Plotly, in plain data; hovering, zooming and hiding lines is done in the browser."""

from __future__ import annotations

from typing import Any

from GliomaRadiomicsLib.interface.charts import BLACK, Chart, Series

_INK = {False: "#1b1d21", True: "#e8eaed"}
_GRID = {False: "#d9dde3", True: "#3b4048"}
_BAND_OPACITY = 0.18
_HEIGHT = 330


def figure(chart: Chart | None, dark: bool) -> dict[str, Any]:
    """Data and layout; an empty figure without a chart."""
    if chart is None:
        return {"data": [], "layout": {}}
    traces = [trace for series in chart.series for trace in _traces(series, dark)]
    return {"data": traces, "layout": _layout(chart, dark)}


def _traces(series: Series, dark: bool) -> list[dict[str, Any]]:
    colour = _INK[dark] if series.colour == BLACK else series.colour
    shape = "hv" if series.step else "linear"
    line = {"color": colour, "width": 2.5, "dash": "dash" if series.dashed else "solid", "shape": shape}
    main = {
        "type": "scatter",
        "mode": "markers" if series.markers else "lines",
        "name": series.name,
        "x": series.x,
        "y": series.y,
        "line": line,
        "hovertemplate": "%{x:.1f}: %{y:.0f}<extra></extra>",
    }
    return [*_band(series, colour, shape), main]


def _band(series: Series, colour: str, shape: str) -> list[dict[str, Any]]:
    if not series.lower:
        return []
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": series.x,
        "line": {"width": 0, "shape": shape, "color": colour},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},{_BAND_OPACITY})"}
    return [{**edge, "y": series.lower}, {**edge, "y": series.upper, **fill}]


def _layout(chart: Chart, dark: bool) -> dict[str, Any]:
    axis = {"gridcolor": _GRID[dark], "zeroline": False, "rangemode": "tozero", "automargin": True}
    return {
        "height": _HEIGHT,
        "margin": {"l": 50, "r": 10, "t": 34, "b": 40},
        "title": {"text": chart.title, "font": {"size": 14}, "x": 0.02},
        "font": {"color": _INK[dark], "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {**axis, "title": {"text": chart.x_label}},
        "yaxis": {**axis, "title": {"text": chart.y_label}, "range": [0, 102]},
        "legend": {"orientation": "h", "y": -0.28, "x": 0},
        "uirevision": "kept",
    }
