"""What the panel changes in the views: heat map over the image, places to jump to, segments shown and hidden."""

from __future__ import annotations

from typing import Any

import slicer

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.heatmap import set_threshold
from GliomaRadiomicsLib.scene.ownership import nodes_of_class
from GliomaRadiomicsLib.scene.segmentation import label_map_from_segmentation
from GliomaRadiomicsLib.scene.views import region_centre
from GliomaRadiomicsLib.scene.volumes import volume_from_node
from GliomaRadiomicsLib.scene.writer import SceneResult

_EMPTIED = "GliomaRadiomics.FillHidden"


def show_heat_map(scene: Any, node: Any, opacity: float, threshold: float, segmentation: Any = None) -> None:
    """Lay a heat map over the image in every slice view.

    Args:
        scene: The ``vtkMRMLScene``.
        node: Its volume node; None takes the heat map away.
        opacity: 0 to 1.
        threshold: Share of the strongest value below which nothing is shown, 0 to 1.
        segmentation: The outline's node; under a heat map it is drawn as a line, as its fill would mix the colours.
    """
    if node is not None:
        set_threshold(node, threshold)
    for composite in nodes_of_class(scene, "vtkMRMLSliceCompositeNode"):
        composite.SetForegroundVolumeID(node.GetID() if node is not None else None)
        composite.SetForegroundOpacity(opacity if node is not None else 0.0)
    if segmentation is not None:
        _empty_fill(segmentation.GetDisplayNode(), node is not None)


def _empty_fill(shown: Any, empty: bool) -> None:
    """Hide the fill of an outline, or show it again if it was hidden here."""
    if empty and shown.GetVisibility2DFill():
        shown.SetVisibility2DFill(False)
        shown.SetAttribute(_EMPTIED, "1")
    elif not empty and shown.GetAttribute(_EMPTIED):
        shown.SetVisibility2DFill(True)
        shown.RemoveAttribute(_EMPTIED)


def jump_to_region(scene: Any, nodes: SceneResult, region: str) -> bool:
    """Show the slices through the middle of a region as it is drawn now; False where it is empty."""
    label_map = current_label_map(nodes)
    centre = None if label_map is None else region_centre(label_map, region)
    if centre is None:
        return False
    for node in nodes_of_class(scene, "vtkMRMLSliceNode"):
        node.JumpSliceByOffsetting(*map(float, centre))
    return True


def current_label_map(nodes: SceneResult) -> Volume | None:
    """The outline as it is drawn now, on the grid of the label map; None without an outline."""
    if nodes.labelMapNode is None:
        return None
    written = volume_from_node(nodes.labelMapNode)
    return written if nodes.segmentationNode is None else label_map_from_segmentation(nodes.segmentationNode, written)


def show_segment(nodes: SceneResult, segment: str, visible: bool) -> None:
    """Show or hide one segment, in the slices and in 3-D."""
    if nodes.segmentationNode is not None:
        nodes.segmentationNode.GetDisplayNode().SetSegmentVisibility(segment, visible)


def is_segment_shown(nodes: SceneResult, segment: str) -> bool:
    """Whether a segment is shown."""
    node = nodes.segmentationNode
    return node is not None and bool(node.GetDisplayNode().GetSegmentVisibility(segment))


def show_surface(nodes: SceneResult, visible: bool) -> None:
    """Show or hide the surfaces in the 3-D view; they are made where an edit removed them."""
    if nodes.segmentationNode is None:
        return
    if visible:
        nodes.segmentationNode.CreateClosedSurfaceRepresentation()
    nodes.segmentationNode.GetDisplayNode().SetVisibility3D(visible)


def is_surface_shown(nodes: SceneResult) -> bool:
    """Whether the surfaces are shown in the 3-D view."""
    return nodes.segmentationNode is not None and bool(nodes.segmentationNode.GetDisplayNode().GetVisibility3D())


def outline_stamp(nodes: SceneResult | None) -> int:
    """A number that changes whenever the outline is drawn on; making surfaces does not change it."""
    images = _segment_images(nodes)
    return max((image.GetMTime() for image in images if image is not None), default=0) + len(images)


def has_outline(nodes: SceneResult | None) -> bool:
    """Whether any voxel is outlined."""
    images = [image for image in _segment_images(nodes) if image is not None and image.GetNumberOfPoints()]
    return any(image.GetScalarRange()[1] > 0 for image in images)


def _segment_images(nodes: SceneResult | None) -> list[Any]:
    """The binary label map of every segment, which several may share."""
    if nodes is None or nodes.segmentationNode is None:
        return []
    segmentation = nodes.segmentationNode.GetSegmentation()
    name = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    return [segmentation.GetSegment(one).GetRepresentation(name) for one in segmentation.GetSegmentIDs()]
