"""Heat maps as scalar volume nodes: perceptual colours, transparent where the map says little."""

from __future__ import annotations

from typing import Any

import numpy as np
import vtk

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.volumes import node_from_volume

THRESHOLD = 0.25
"""Fraction of the highest value below which a heat map is transparent."""

_INFERNO = (
    (0.001, 0.000, 0.014),
    (0.129, 0.047, 0.291),
    (0.342, 0.062, 0.429),
    (0.541, 0.135, 0.415),
    (0.736, 0.216, 0.330),
    (0.894, 0.353, 0.194),
    (0.978, 0.558, 0.035),
    (0.975, 0.798, 0.206),
    (0.988, 0.998, 0.645),
)
"""Inferno of van der Walt and Smith (CC0) at nine equal steps: lightness rises evenly, also for the colour-blind."""


def heat_map_node(scene: Any, heat: Volume, name: str) -> tuple[Any, Any]:
    """Add a scalar volume node showing ``heat``, and its colour node.

    Args:
        scene: The ``vtkMRMLScene``.
        heat: Values of any unit; what is not finite counts as 0, and negative values are transparent.
        name: Name of the volume node.

    Returns:
        The volume node and the ``vtkMRMLProceduralColorNode`` it is shown with.
    """
    values = np.nan_to_num(heat.array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max()) if values.size and values.max() > 0 else 1.0
    node = node_from_volume(scene, heat.with_array(values), name)
    color = perceptual_color_node(scene, f"{name} colours", top)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(color.GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, top)
    display.SetAutoThreshold(False)
    display.SetThreshold(THRESHOLD * top, top)
    display.SetApplyThreshold(True)
    display.SetInterpolate(True)
    return node, color


def perceptual_color_node(scene: Any, name: str, top: float) -> Any:
    """Add a procedural colour node running through inferno from 0 to ``top``."""
    color = scene.AddNewNodeByClass("vtkMRMLProceduralColorNode", name)
    function = vtk.vtkDiscretizableColorTransferFunction()
    for step, rgb in enumerate(_INFERNO):
        function.AddRGBPoint(top * step / (len(_INFERNO) - 1), *rgb)
    color.SetAndObserveColorTransferFunction(function)
    color.SetHideFromEditors(False)
    return color
