"""Slice and 3-D views of a result: layout, background, segmentation outlines, centred on the tumour."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import slicer

from GliomaRadiomicsLib.core.labels import region_mask
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.volumes import volume_from_node
from GliomaRadiomicsLib.scene.writer import SceneResult

_SLICES = ("Red", "Yellow", "Green")
_SLICE_PIXELS = 512
_PREFERRED_BACKGROUND = ("t1ce", "flair", "t2", "t1")
_MARGIN = 1.1
_CAMERA_DISTANCE = 2.6
_OUTLINE_OPACITY, _FILL_OPACITY = 1.0, 0.35


def add_view_nodes(scene: Any) -> None:
    """Add the four-up layout, its slice views and its 3-D view, named as in the desktop program, where missing."""
    slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene)
    layout_logic = slicer.vtkMRMLLayoutLogic()
    layout_logic.SetMRMLScene(scene)
    layout = layout_logic.GetLayoutNode()
    layout.SetViewArrangement(layout.SlicerLayoutFourUpView)
    for name in _SLICES:
        scene.GetSingletonNode(name, "vtkMRMLSliceNode").SetDimensions(_SLICE_PIXELS, _SLICE_PIXELS, 1)
        if scene.GetSingletonNode(name, "vtkMRMLSliceCompositeNode") is None:
            composite = slicer.vtkMRMLSliceCompositeNode()
            composite.SetSingletonTag(name)
            composite.SetName(name)
            composite.SetLayoutName(name)
            scene.AddNode(composite)
    if scene.GetFirstNodeByClass("vtkMRMLCameraNode") is None:
        scene.AddNewNodeByClass("vtkMRMLCameraNode", "Camera").SetLayoutName("1")


def show_result(scene: Any, nodes: SceneResult) -> None:
    """Show a result in every slice and 3-D view of the scene.

    Background is T1ce (or the first of FLAIR, T2, T1), foreground the first heat map at opacity 0, so that one slider
    brings it up; slices and camera look at the tumour, or at the middle of the image where there is none.
    """
    background = next((nodes.volumeNodes[key] for key in _PREFERRED_BACKGROUND if key in nodes.volumeNodes), None)
    heat_map = next(iter(nodes.heatmapNodes.values()), None)
    for composite in _nodes(scene, "vtkMRMLSliceCompositeNode"):
        composite.SetBackgroundVolumeID(background.GetID() if background else None)
        composite.SetForegroundVolumeID(heat_map.GetID() if heat_map else None)
        composite.SetForegroundOpacity(0.0)
        composite.SetLabelVolumeID(None)
    if nodes.segmentationNode is not None:
        display = nodes.segmentationNode.GetDisplayNode()
        display.SetOpacity2DFill(_FILL_OPACITY)
        display.SetOpacity2DOutline(_OUTLINE_OPACITY)
        display.SetVisibility3D(True)
    shown = nodes.labelMapNode or background
    if shown is not None:
        volume = volume_from_node(shown)
        centre = tumour_centre(volume) if nodes.labelMapNode is not None else grid_centre(volume)
        _look_at(scene, centre, volume)


def tumour_centre(label_map: Volume) -> npt.NDArray[np.float64]:
    """RAS position (mm) of the tumour voxel nearest to the tumour's centroid; the image's centre without tumour."""
    centre = region_centre(label_map, "WT")
    return grid_centre(label_map) if centre is None else centre


def region_centre(label_map: Volume, region: str) -> npt.NDArray[np.float64] | None:
    """RAS position (mm) of the region's voxel nearest to the region's centroid; None where the region is empty."""
    inside = np.argwhere(region_mask(label_map.array, region))
    if not len(inside):
        return None
    nearest = inside[np.argmin(((inside - inside.mean(axis=0)) ** 2).sum(axis=1))]
    return (label_map.affine @ [*nearest, 1.0])[:3]


def grid_centre(volume: Volume) -> npt.NDArray[np.float64]:
    """RAS position (mm) of the middle of the image."""
    return (volume.affine @ [*((np.array(volume.shape) - 1) / 2), 1.0])[:3]


def _look_at(scene: Any, centre: npt.NDArray[np.float64], volume: Volume) -> None:
    extent = float(max(np.array(volume.shape) * volume.spacing))
    for node in _nodes(scene, "vtkMRMLSliceNode"):
        node.JumpSliceByOffsetting(*map(float, centre))
        _centre_field_of_view(node, grid_centre(volume), extent * _MARGIN)
        node.UpdateMatrices()
    for camera in _nodes(scene, "vtkMRMLCameraNode"):
        middle = grid_centre(volume)
        camera.SetFocalPoint(*map(float, middle))
        camera.SetPosition(*map(float, middle + np.array([0.0, extent * _CAMERA_DISTANCE, extent * 0.3])))
        camera.SetViewUp(0.0, 0.0, 1.0)
        camera.ResetClippingRange()


def _centre_field_of_view(node: Any, middle: npt.NDArray[np.float64], size: float) -> None:
    """Centre the view on the image within the slice plane, which stays where it is."""
    matrix = node.GetSliceToRAS()
    normal = np.array([matrix.GetElement(row, 2) for row in range(3)])
    origin = np.array([matrix.GetElement(row, 3) for row in range(3)])
    centred = middle + normal * float(normal @ (origin - middle))
    for row in range(3):
        matrix.SetElement(row, 3, float(centred[row]))
    width, height, _ = node.GetDimensions()
    shorter = float(min(width, height)) or 1.0
    node.SetFieldOfView(size * width / shorter, size * height / shorter, node.GetFieldOfView()[2])


def _nodes(scene: Any, class_name: str) -> list[Any]:
    return [scene.GetNthNodeByClass(i, class_name) for i in range(scene.GetNumberOfNodesByClass(class_name))]
