"""Heat maps as scalar volume nodes: perceptual colours, transparent where the map says little."""

from __future__ import annotations

from typing import Any

import numpy as np

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

_STEPS = 256


def heat_map_node(scene: Any, heat: Volume, name: str) -> tuple[Any, Any]:
    """Add a scalar volume node showing ``heat``, and its colour table node.

    Args:
        scene: The ``vtkMRMLScene``.
        heat: Values of any unit; what is not finite counts as 0, and negative values are transparent.
        name: Name of the volume node.

    Returns:
        The volume node and the ``vtkMRMLColorTableNode`` it is shown with.
    """
    values = np.nan_to_num(heat.array.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max()) if values.size and values.max() > 0 else 1.0
    color = perceptual_color_node(scene, f"{name} colours")
    node = node_from_volume(scene, heat.with_array(values), name)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(color.GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, top)
    display.SetAutoThreshold(False)
    display.SetThreshold(THRESHOLD * top, top)
    display.SetApplyThreshold(True)
    display.SetInterpolate(True)
    return node, color


def perceptual_color_node(scene: Any, name: str) -> Any:
    """Add a colour table node with 256 steps through inferno, from the lowest value of the window to the highest."""
    color = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    color.SetTypeToUser()
    color.SetNumberOfColors(_STEPS)
    places = np.linspace(0.0, 1.0, len(_INFERNO))
    channels = [np.interp(np.linspace(0.0, 1.0, _STEPS), places, channel) for channel in zip(*_INFERNO, strict=True)]
    for step, (red, green, blue) in enumerate(zip(*channels, strict=True)):
        color.SetColor(step, f"{step / (_STEPS - 1):.3f}", float(red), float(green), float(blue), 1.0)
    color.SetHideFromEditors(False)
    return color
