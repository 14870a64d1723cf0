"""A segmentation node gets another outline, or one that it had before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import slicer

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.segmentation import oriented_image, surface_steps

OutlineCopy = list[tuple[str, int, Any]]
"""Of each segment its ID, its label value, and its voxels (``vtkOrientedImageData``), which several may share."""


def replace_steps(node: Any, label_map: Volume) -> Iterator[None]:
    """Put another label map (0/1/2/4, on the node's own grid) into a node of `scene.segmentation.segmentation_node`.

    Everything else of the node stays: names, colours, what is shown. It gives way before each surface.
    """
    segmentation = node.GetSegmentation()
    image = oriented_image(label_map.with_array(label_map.array.astype(np.uint8)))
    segmentation.RemoveRepresentation(_surface_name())
    for label in LABELS:
        segment = segmentation.GetSegment(label.key)
        segment.SetLabelValue(label.value)
        segment.AddRepresentation(_binary_name(), image)
    yield from surface_steps(node, label_map)
    node.Modified()


def copy_outline(node: Any) -> OutlineCopy:
    """The voxels of a segmentation node as they are now."""
    segmentation = node.GetSegmentation()
    copies: dict[int, Any] = {}
    found = []
    for key in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(key)
        image = segment.GetRepresentation(_binary_name())
        if id(image) not in copies:
            copies[id(image)] = slicer.vtkOrientedImageData()
            copies[id(image)].DeepCopy(image)
        found.append((key, segment.GetLabelValue(), copies[id(image)]))
    return found


def restore_outline(node: Any, copy: OutlineCopy) -> None:
    """Put a copy back; surfaces are taken away, as they are of another outline."""
    segmentation = node.GetSegmentation()
    segmentation.RemoveRepresentation(_surface_name())
    fresh: dict[int, Any] = {}
    for key, value, image in copy:
        if id(image) not in fresh:
            fresh[id(image)] = slicer.vtkOrientedImageData()
            fresh[id(image)].DeepCopy(image)
        segment = segmentation.GetSegment(key)
        segment.SetLabelValue(value)
        segment.AddRepresentation(_binary_name(), fresh[id(image)])
    node.Modified()


def _binary_name() -> str:
    return str(slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName())


def _surface_name() -> str:
    return str(slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName())
