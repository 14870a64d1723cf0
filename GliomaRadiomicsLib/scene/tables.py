"""Features, results, provenance and survival as table, text and chart nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import vtk

from GliomaRadiomicsLib.core.labels import REGION_NAMES
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.radiomics.table import LONG_COLUMNS

_DAYS_PER_YEAR = 365.25


def feature_table_node(scene: Any, rows: Iterable[FeatureRow], name: str) -> Any:
    """Add a table node with one row per feature: sequence, region, feature, value, reason."""
    rows = list(rows)
    table = vtk.vtkTable()
    for column in LONG_COLUMNS:
        values = [getattr(row, column) for row in rows]
        table.AddColumn(_numbers(column, values) if column == "value" else _texts(column, values))
    return _table_node(scene, table, name)


def result_table_node(scene: Any, result: CaseResult, name: str) -> Any:
    """Add a table node with the result in words: one row per figure, with what it rests on."""
    lines = list(result_lines(result))
    table = vtk.vtkTable()
    for column, title in enumerate(("figure", "value", "evidence")):
        table.AddColumn(_texts(title, [line[column] for line in lines]))
    return _table_node(scene, table, name)


def result_lines(result: CaseResult) -> Iterable[tuple[str, str, str]]:
    """Figure, value and evidence of everything found, in reading order."""
    if result.segmentation is not None:
        for region, volume in result.segmentation.volumes_ml.items():
            yield f"Volume of {REGION_NAMES.get(region, region)}", f"{volume:.2f} ml", result.segmentation.model
    for system, grade in result.grading.items():
        probability = "" if grade.probability_hgg is None else f" (probability {grade.probability_hgg:.2f})"
        value = f"{grade.label}{probability}, trust: {grade.trust.flag}"
        evidence = f"{grade.evidence.cohort}, n = {grade.evidence.n}, {grade.evidence.validation}"
        yield f"Grade by {system}", value, evidence
    plain = {"IDH": result.idh, "MGMT": result.mgmt, **result.molecular, "Survival": result.survival}
    for title, data in plain.items():
        yield from ((f"{title}: {name}", _plain(value), "") for name, value in data.items())
    for finding in result.passport:
        if finding.outcome != "ok":
            yield f"Input: {finding.code}", finding.message, finding.outcome


def text_node(scene: Any, text: str, name: str) -> Any:
    """Add a text node (UTF-8)."""
    node = scene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetEncoding(vtk.VTK_ENCODING_UTF_8)
    node.SetText(text)
    return node


def survival_chart_nodes(scene: Any, survival: dict[str, Any], name: str) -> list[Any]:
    """Add the chart of the predicted survival, where there is one.

    Args:
        scene: The ``vtkMRMLScene``.
        survival: As in ``result.json``: either ``curve`` {days, probability} or ``probability`` {"1y": ..., "3y": ...}.
        name: Name of the chart.

    Returns:
        Chart, series and table node, or nothing if there is no curve to draw.
    """
    points = _survival_points(survival)
    if len(points) < 2:
        return []
    table = vtk.vtkTable()
    table.AddColumn(_numbers("days", [day for day, _ in points]))
    table.AddColumn(_numbers("probability", [probability for _, probability in points]))
    table_node = _table_node(scene, table, f"{name} table")
    series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", f"{name} series")
    series.SetAndObserveTableNodeID(table_node.GetID())
    series.SetXColumnName("days")
    series.SetYColumnName("probability")
    series.SetPlotType(series.PlotTypeScatter)
    series.SetLineStyle(series.LineStyleSolid)
    series.SetMarkerStyle(series.MarkerStyleCircle)
    series.SetColor(0.12, 0.35, 0.65)
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", name)
    chart.AddAndObservePlotSeriesNodeID(series.GetID())
    chart.SetTitle("Predicted survival")
    chart.SetXAxisTitle("Days")
    chart.SetYAxisTitle("Probability")
    return [chart, series, table_node]


def _survival_points(survival: dict[str, Any]) -> list[tuple[float, float]]:
    curve = survival.get("curve")
    if curve:
        return list(zip(map(float, curve["days"]), map(float, curve["probability"]), strict=True))
    known = {key: value for key, value in (survival.get("probability") or {}).items() if value is not None}
    years = sorted((float(key.rstrip("y")), float(value)) for key, value in known.items())
    return [(0.0, 1.0), *((year * _DAYS_PER_YEAR, probability) for year, probability in years)] if years else []


def _table_node(scene: Any, table: Any, name: str) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLTableNode", name)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetAndObserveTable(table)
    node.SetLocked(True)
    return node


def _texts(name: str, values: Sequence[str]) -> Any:
    column = vtk.vtkStringArray()
    column.SetName(name)
    column.SetNumberOfValues(len(values))
    for index, value in enumerate(values):
        column.SetValue(index, str(value))
    return column


def _numbers(name: str, values: Sequence[float]) -> Any:
    column = vtk.vtkDoubleArray()
    column.SetName(name)
    column.SetNumberOfValues(len(values))
    for index, value in enumerate(values):
        column.SetValue(index, float(value))
    return column


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " to ".join(_plain(item) for item in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)
