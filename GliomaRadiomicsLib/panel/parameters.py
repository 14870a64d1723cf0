"""The parameter node: one parameter for every field of `GliomaRadiomicsLib.interface`, saved with the scene.

No ``from __future__ import annotations`` here: the parameter node wrapper needs real types.
"""

from typing import Annotated, Any, Union

from slicer import vtkMRMLLabelMapVolumeNode, vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

from GliomaRadiomicsLib.interface.fields import (
    CLINICAL_FIELDS,
    HEATMAP_FIELDS,
    RUN_FIELDS,
    SEQUENCE_FIELDS,
    Field,
)

FIELDS = (*SEQUENCE_FIELDS, *CLINICAL_FIELDS, *RUN_FIELDS, *HEATMAP_FIELDS)
_MASK_TYPE = Union[vtkMRMLSegmentationNode, vtkMRMLLabelMapVolumeNode, None]  # noqa: UP007 - as the wrapper reads it


def unknown_number(field: Field) -> int:
    """The number that stands for "not known": one step below the smallest value."""
    return int((field.low or 0) - (field.step or 1))


def _parameter(field: Field) -> tuple[Any, Any]:
    """Type and default of one field; a node has no default."""
    if field.kind == "node":
        return (_MASK_TYPE if field.key == "mask" else vtkMRMLScalarVolumeNode), None
    if field.kind == "flag":
        return bool, bool(field.default)
    if field.kind == "number" and field in HEATMAP_FIELDS:
        return Annotated[float, WithinRange(float(field.low or 0), float(field.high or 0))], float(field.default)
    if field.kind == "number":
        unknown = unknown_number(field)
        return Annotated[int, WithinRange(unknown, int(field.high or 0))], unknown
    if field.choices:
        return Annotated[str, Choice([choice.value for choice in field.choices])], str(field.default)
    return str, str(field.default or "")


def _make_class() -> type:
    kinds = {field.key: _parameter(field) for field in FIELDS}
    annotations = {key: kind for key, (kind, _default) in kinds.items()}
    annotations |= {"models": dict[str, str], "patient": str}
    defaults = {key: default for key, (_kind, default) in kinds.items() if default is not None}
    defaults |= {"models": {}, "patient": ""}
    members = {"__annotations__": annotations, **defaults}
    members |= {"__module__": __name__, "__doc__": "What the panel asks for; saved with the scene."}
    return parameterNodeWrapper(type("GliomaRadiomicsParameterNode", (), members))


GliomaRadiomicsParameterNode = _make_class()


def values_of(parameters: Any) -> dict[str, Any]:
    """Every value by the key of its field, and ``models`` and ``patient``."""
    values = {field.key: getattr(parameters, field.key) for field in FIELDS}
    return values | {"models": dict(parameters.models), "patient": parameters.patient}
