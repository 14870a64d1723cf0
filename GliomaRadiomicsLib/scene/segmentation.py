"""Label maps as segmentation nodes and label-map volume nodes, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import slicer

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import BRAIN, ED, ET, LABEL_VALUES, LABELS, NCR_NET, TumourLabel
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.volumes import array_to_matrix, image_array, image_from_array, node_from_volume

SEGMENT_NAMES = {label.key: label.short_name for label in LABELS}
"""Segment name by label key: NCR/NET, ED, ET. The key itself is the segment's ID."""

_TERMINOLOGY_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_ANATOMIC_CONTEXT = "Anatomic codes - DICOM master list"
_PAINT_ORDER = (ED, NCR_NET, ET)
_SMOOTHING_FACTOR, _DECIMATION_FACTOR = "0.5", "0.0"
_SURFACE_OPACITY_3D = {ED: 0.2, NCR_NET: 1.0, ET: 0.35}


def terminology_tag(label: TumourLabel) -> str:
    """Terminology of a label in the form Slicer stores in a segment's tag."""
    category, kind, brain = ("^".join(code) for code in (label.category, label.type, BRAIN))
    return f"{_TERMINOLOGY_CONTEXT}~{category}~{kind}~^^~{_ANATOMIC_CONTEXT}~{brain}~^^"


def segmentation_node(scene: Any, label_map: Volume, name: str, *, surface: bool = True) -> Any:
    """Add a segmentation node with the segments NCR/NET, ED and ET (empty ones too) of a 0/1/2/4 label map.

    Args:
        scene: The ``vtkMRMLScene``.
        label_map: Values 0, 1, 2, 4.
        name: Name of the node.
        surface: Make the closed surface for the 3-D view.

    Raises:
        RefusedInput: If the label map holds other values.
    """
    _check_values(label_map)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    segmentation = node.GetSegmentation()
    segmentation.SetConversionParameter("Smoothing factor", _SMOOTHING_FACTOR)
    segmentation.SetConversionParameter("Decimation factor", _DECIMATION_FACTOR)
    image = oriented_image(label_map.with_array(label_map.array.astype(np.uint8)))
    geometry = slicer.vtkSegmentationConverter.SerializeImageGeometry(image)
    segmentation.SetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(), geometry
    )
    for label in LABELS:
        segmentation.AddSegment(_segment(label, image), label.key)
    if surface:
        for _ in surface_steps(node, label_map):
            pass
    for label in LABELS:
        node.GetDisplayNode().SetSegmentOpacity3D(label.key, _SURFACE_OPACITY_3D[label.value])
    return node


def surface_steps(node: Any, label_map: Volume) -> Iterator[None]:
    """Make the closed surfaces of a node of `segmentation_node`, one at each step.

    They are those of ``node.CreateClosedSurfaceRepresentation()``, which makes all of them at once.
    """
    if not label_map.array.any():
        return
    name = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    segmentation = node.GetSegmentation()
    for label in LABELS:
        yield
        alone = slicer.vtkSegmentation()
        alone.SetSourceRepresentationName(segmentation.GetSourceRepresentationName())
        for parameter in ("Smoothing factor", "Decimation factor"):
            alone.SetConversionParameter(parameter, segmentation.GetConversionParameter(parameter))
        alone.CopySegmentFromSegmentation(segmentation, label.key, False)
        alone.CreateRepresentation(name)
        surface = alone.GetSegment(label.key).GetRepresentation(name)
        if surface is not None:
            segmentation.GetSegment(label.key).AddRepresentation(name, surface)
    node.CreateClosedSurfaceRepresentation()
    node.GetDisplayNode().SetPreferredDisplayRepresentationName3D(name)


def label_map_node(scene: Any, label_map: Volume, name: str) -> tuple[Any, Any]:
    """Add a label-map volume node and its colour table node.

    Returns:
        Both nodes; the colour table has the value, name and colour of every label.
    """
    _check_values(label_map)
    table = scene.AddNewNodeByClass("vtkMRMLColorTableNode", f"{name} colours")
    table.SetTypeToUser()
    table.SetHideFromEditors(False)
    table.SetNumberOfColors(max(LABEL_VALUES) + 1)
    table.SetColor(0, "Background", 0.0, 0.0, 0.0, 0.0)
    for label in LABELS:
        table.SetColor(label.value, SEGMENT_NAMES[label.key], *label.colour, 1.0)
    node = node_from_volume(scene, label_map.with_array(label_map.array.astype(np.uint8)), name, label_map=True)
    node.GetDisplayNode().SetAndObserveColorNodeID(table.GetID())
    return node, table


def label_map_from_segmentation(node: Any, reference: Volume) -> Volume:
    """The 0/1/2/4 label map of a segmentation node on the grid of ``reference``.

    Segments are recognised by ID, name or terminology type; where they overlap, ET goes before NCR/NET before ED.

    Raises:
        RefusedInput: If none of the segments is one of ours.
    """
    found = {label.value: segment_id for label in LABELS if (segment_id := _find_segment(node, label))}
    if not found:
        raise RefusedInput(
            what="no segment named NCR/NET, ED or ET",
            where=node.GetName(),
            remedy="rename the segments, or draw them under these names",
        )
    labels = np.zeros(reference.shape, dtype=np.uint8)
    for value in _PAINT_ORDER:
        if value in found:
            labels[_segment_mask(node, found[value], reference)] = value
    return reference.with_array(labels, name=node.GetName())


def oriented_image(volume: Volume) -> Any:
    """A ``vtkOrientedImageData`` with a copy of the voxels and the geometry of ``volume``."""
    image = slicer.vtkOrientedImageData()
    image.ShallowCopy(image_from_array(volume.array))
    image.SetGeometryFromImageToWorldMatrix(array_to_matrix(volume.affine))
    return image


def _segment(label: TumourLabel, shared_image: Any) -> Any:
    segment = slicer.vtkSegment()
    segment.SetName(SEGMENT_NAMES[label.key])
    segment.SetColor(*label.colour)
    segment.SetLabelValue(label.value)
    segment.SetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), terminology_tag(label))
    binary = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    segment.AddRepresentation(binary, shared_image)
    return segment


def _find_segment(node: Any, label: TumourLabel) -> str:
    segmentation = node.GetSegmentation()
    if segmentation.GetSegment(label.key) is not None:
        return label.key
    names = {SEGMENT_NAMES[label.key].lower(), label.key.lower(), label.name.lower()}
    code = "^".join(label.type[:2])
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        if segment.GetName().lower() in names or code in segment.GetTerminology():
            return segment_id
    return ""


def _segment_mask(node: Any, segment_id: str, reference: Volume) -> Any:
    image = slicer.vtkOrientedImageData()
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    if not logic.GetSegmentBinaryLabelmapRepresentation(node, segment_id, image, True):
        return np.zeros(reference.shape, dtype=bool)
    target = oriented_image(reference.with_array(np.zeros(reference.shape, dtype=np.uint8)))
    resampled = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, target, resampled, False)
    return image_array(resampled) == node.GetSegmentation().GetSegment(segment_id).GetLabelValue()


def _check_values(label_map: Volume) -> None:
    other = np.setdiff1d(_values(label_map.array), (0, *LABEL_VALUES))
    if other.size:
        raise RefusedInput(
            what="not a tumour label map", where=label_map.name or "label map", found=other[0], remedy="use 0, 1, 2, 4"
        )


def _values(array: npt.NDArray) -> npt.NDArray:
    """The values that occur; sorting a whole image takes longer than counting small whole numbers."""
    return np.flatnonzero(np.bincount(array.ravel("K"), minlength=256)) if array.dtype == np.uint8 else np.unique(array)
