"""Features, results and provenance as table and text nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import vtk

from GliomaRadiomicsLib.core.labels import REGION_NAMES
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.radiomics.table import LONG_COLUMNS


def feature_table_node(scene: Any, rows: Iterable[FeatureRow], name: str) -> Any:
    """Add a table node with one row per feature: sequence, region, feature, value, reason."""
    rows = list(rows)
    table = vtk.vtkTable()
    for column in LONG_COLUMNS:
        values = [getattr(row, column) for row in rows]
        table.AddColumn(number_column(column, values) if column == "value" else _texts(column, values))
    return table_node(scene, table, name)


def result_table_node(scene: Any, result: CaseResult, name: str) -> Any:
    """Add a table node with the result in words: one row per figure, with what it rests on."""
    lines = list(result_lines(result))
    table = vtk.vtkTable()
    for column, title in enumerate(("figure", "value", "evidence")):
        table.AddColumn(_texts(title, [line[column] for line in lines]))
    return table_node(scene, table, name)


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


def table_node(scene: Any, table: Any, name: str) -> Any:
    """Add a table node that shows a ``vtkTable`` and cannot be edited."""
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


def number_column(name: str, values: Sequence[float]) -> Any:
    """A column of a ``vtkTable``."""
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
