"""A segmentation node gets another outline."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.segmentation import oriented_image, surface_steps


def replace_outline(node: Any, label_map: Volume) -> None:
    """Put another label map (0/1/2/4, on the node's own grid) into a node of `scene.segmentation.segmentation_node`.

    Everything else of the node stays: names, colours, what is shown.
    """
    segmentation = node.GetSegmentation()
    image = oriented_image(label_map.with_array(label_map.array.astype(np.uint8)))
    binary = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    segmentation.RemoveRepresentation(surface)
    for label in LABELS:
        segment = segmentation.GetSegment(label.key)
        segment.SetLabelValue(label.value)
        segment.AddRepresentation(binary, image)
    for _ in surface_steps(node, label_map):
        pass
    node.Modified()
