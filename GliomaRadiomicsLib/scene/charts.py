"""Charts as plot nodes: one table and one series for every line, limits as thin dashed lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import vtk

from GliomaRadiomicsLib.interface.charts import BLUE, Chart, Series, survival_chart
from GliomaRadiomicsLib.scene.tables import number_column, table_node

_WIDTH, _LIMIT_WIDTH, _MARKER_SIZE = 2.5, 1.0, 7.0
_CURVE_POINTS = 2


def chart_nodes(scene: Any, chart: Chart, name: str) -> list[Any]:
    """Add a chart with its series and tables.

    Args:
        scene: The ``vtkMRMLScene``.
        chart: What to draw; a staircase is drawn with all its corners.
        name: Name of the chart and start of the names of the others.

    Returns:
        The chart node, then a series and a table node for every line.
    """
    node = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", name)
    node.SetTitle(chart.title)
    node.SetXAxisTitle(chart.x_label)
    node.SetYAxisTitle(chart.y_label)
    node.SetLegendVisibility(True)
    node.SetGridVisibility(True)
    nodes = [node]
    for number, line in enumerate(_lines(chart), start=1):
        table = table_node(scene, _table(chart, line), f"{name} line {number}")
        series = _series_node(scene, chart, line)
        series.SetAndObserveTableNodeID(table.GetID())
        node.AddAndObservePlotSeriesNodeID(series.GetID())
        nodes += [series, table]
    return nodes


def update_chart(node: Any, chart: Chart) -> None:
    """Put other values into a chart that `chart_nodes` made of a chart with the same lines."""
    node.SetTitle(chart.title)
    for index, line in enumerate(_lines(chart)):
        series = node.GetNthPlotSeriesNode(index)
        if series is not None and series.GetTableNode() is not None:
            series.GetTableNode().SetAndObserveTable(_table(chart, line))


def survival_chart_nodes(scene: Any, survival: Mapping[str, Any], name: str) -> list[Any]:
    """Add the chart of the predicted survival, where there is one.

    Args:
        scene: The ``vtkMRMLScene``.
        survival: As in ``result.json``: ``curve`` (with ``kaplan_meier`` of the training cohort), or ``probability``
            {"1y": ..., "3y": ...}.
        name: Name of the chart.

    Returns:
        Chart, series and table nodes, or nothing if there is no curve to draw.
    """
    chart = survival_chart(survival) or _yearly_chart(survival)
    return [] if chart is None else chart_nodes(scene, chart, name)


def _yearly_chart(survival: Mapping[str, Any]) -> Chart | None:
    known = {key: value for key, value in (survival.get("probability") or {}).items() if value is not None}
    years = sorted((float(key.rstrip("y")), 100.0 * float(value)) for key, value in known.items())
    if len(years) + 1 < _CURVE_POINTS:
        return None
    points = [(0.0, 100.0), *years]
    line = Series("This patient", [year for year, _ in points], [share for _, share in points], colour=BLUE)
    return Chart("Survival of this patient, as predicted", "Time (years)", "Patients alive (%)", [line])


def _lines(chart: Chart) -> list[Series]:
    """Every line to draw: the series, and the limits of those that have them."""
    lines = []
    for series in chart.series:
        lines.append(series)
        for what, limits in (("lower limit", series.lower), ("upper limit", series.upper)):
            if limits:
                title = f"{series.name}, {what}"
                lines.append(Series(title, series.x, limits, step=series.step, dashed=True, colour=series.colour))
    return lines


def _table(chart: Chart, line: Series) -> Any:
    x, y = (line.x, line.y) if not line.step else _corners(line.x, line.y)
    table = vtk.vtkTable()
    table.AddColumn(number_column(chart.x_label, x))
    table.AddColumn(number_column(chart.y_label, y))
    return table


def _corners(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """A staircase with both ends of every step; a value holds until the next place."""
    places, values = list(x[:1]), list(y[:1])
    for place, value in zip(x[1:], y[1:], strict=True):
        places += [place, place]
        values += [values[-1], value]
    return places, values


def _series_node(scene: Any, chart: Chart, line: Series) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", line.name)
    node.SetXColumnName(chart.x_label)
    node.SetYColumnName(chart.y_label)
    node.SetPlotType(node.PlotTypeScatter)
    node.SetLineStyle(node.LineStyleDash if line.dashed else node.LineStyleSolid)
    node.SetLineWidth(_LIMIT_WIDTH if "limit" in line.name else _WIDTH)
    node.SetMarkerStyle(node.MarkerStyleCircle if line.markers else node.MarkerStyleNone)
    if line.markers:
        node.SetLineStyle(node.LineStyleNone)
        node.SetMarkerSize(_MARKER_SIZE)
    node.SetColor(*(int(line.colour[start : start + 2], 16) / 255 for start in (1, 3, 5)))
    return node
