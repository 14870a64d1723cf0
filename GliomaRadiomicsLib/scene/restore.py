"""Results found again in a scene: after loading it, or when another patient is chosen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.scene.ownership import CASE_ATTRIBUTE, find_folder, nodes_of_class
from GliomaRadiomicsLib.scene.writer import (
    HEAT_MAP_PREFIX,
    NODE_FIELDS,
    ROLE_ATTRIBUTE,
    SceneResult,
    input_role,
)


def patients_with_result(scene: Any) -> list[str]:
    """Names of the patients whose result is in the scene, in the order they were written."""
    return [node.GetAttribute(CASE_ATTRIBUTE) for node in _with_role(scene, "dataNode")]


def find_result(scene: Any, patient: str) -> SceneResult | None:
    """The nodes of a patient's result with what was found; None if it is not in the scene or cannot be read.

    Files of the run, such as the report, are not part of the scene: ``result.files`` names only what nodes hold.
    """
    data = next((node for node in _with_role(scene, "dataNode") if node.GetAttribute(CASE_ATTRIBUTE) == patient), None)
    if data is None:
        return None
    try:
        result = CaseResult.from_dict(json.loads(data.GetText()))
    except (ValueError, KeyError, TypeError):
        return None
    found = SceneResult(result, folderItemID=find_folder(scene, patient), dataNode=data)
    for sequence in SEQUENCES:
        node = data.GetNodeReference(input_role(sequence))
        if node is not None:
            found.volumeNodes[sequence] = node
    for node in _of_patient(scene, patient):
        _take(found, node, node.GetAttribute(ROLE_ATTRIBUTE))
    return found


def feature_rows(table_node: Any) -> list[FeatureRow]:
    """Rows of a feature table node; none without one."""
    if table_node is None:
        return []
    table = table_node.GetTable()
    columns = [table.GetColumnByName(name) for name in ("sequence", "region", "feature", "value", "reason")]
    sequence, region, feature, value, reason = columns
    return [
        FeatureRow(sequence.GetValue(i), region.GetValue(i), feature.GetValue(i), value.GetValue(i), reason.GetValue(i))
        for i in range(table.GetNumberOfRows())
    ]


def _take(found: SceneResult, node: Any, role: str) -> None:
    if role in NODE_FIELDS:
        setattr(found, role, node)
    elif role.startswith(HEAT_MAP_PREFIX):
        key = role.removeprefix(HEAT_MAP_PREFIX)
        found.heatmapNodes[key] = node
        found.heatmapNodes.setdefault("/".join(key.split("/")[:2]), node)


def _of_patient(scene: Any, patient: str) -> Iterator[Any]:
    for node in nodes_of_class(scene, "vtkMRMLNode"):
        if node.GetAttribute(CASE_ATTRIBUTE) == patient and node.GetAttribute(ROLE_ATTRIBUTE):
            yield node


def _with_role(scene: Any, role: str) -> list[Any]:
    nodes = nodes_of_class(scene, "vtkMRMLTextNode")
    return [node for node in nodes if node.GetAttribute(ROLE_ATTRIBUTE) == role and node.GetAttribute(CASE_ATTRIBUTE)]
