"""Heat maps as scalar volume nodes: perceptual colours, transparent where the map says little."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.volumes import node_from_volume

THRESHOLD = 0.25
"""Fraction of the largest value (in size) below which a heat map is transparent."""

_SIGNED_FROM = 0.05
"""A map counts as signed if its lowest value is below this fraction of its largest, as in the report."""

_Colours = tuple[tuple[float, float, float], ...]

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

_COOL_WARM = ((0.230, 0.299, 0.754), (0.865, 0.865, 0.865), (0.706, 0.016, 0.150))
"""Ends and middle of the diverging map of Moreland (2009): blue, grey, red, told apart by the colour-blind."""

_STEPS = 256


def heat_map_node(scene: Any, heat: Volume, name: str) -> tuple[Any, Any]:
    """Add a scalar volume node showing ``heat``, and its colour table node.

    A map with negative values is shown in two hues, transparent around zero, with a window symmetric about it; any
    other from the threshold upwards.

    Args:
        scene: The ``vtkMRMLScene``.
        heat: Values of any unit; what is not finite counts as 0.
        name: Name of the volume node.

    Returns:
        The volume node and the ``vtkMRMLColorTableNode`` it is shown with.
    """
    values = heat.array.astype(np.float32, copy=False)
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if not np.isfinite((low, high)).all():
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    top = max(-low, high) or 1.0
    signed = low < -_SIGNED_FROM * top
    color = (diverging_color_node if signed else perceptual_color_node)(scene, f"{name} colours")
    node = node_from_volume(scene, heat.with_array(values), name)
    display = node.GetDisplayNode()
    display.SetAndObserveColorNodeID(color.GetID())
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(-top if signed else 0.0, top)
    display.SetAutoThreshold(False)
    display.SetThreshold(-top if signed else THRESHOLD * top, top)
    display.SetApplyThreshold(not signed)
    display.SetInterpolate(True)
    return node, color


def set_threshold(node: Any, share: float) -> None:
    """Let a node of `heat_map_node` be transparent where it is weaker than ``share`` (0 to 1) of its largest value."""
    display = node.GetDisplayNode()
    top = display.GetWindowLevelMax()
    if display.GetWindowLevelMin() >= 0:
        display.SetThreshold(share * top, top)
        display.SetApplyThreshold(True)
        return
    color = display.GetColorNode()
    steps = color.GetNumberOfColors()
    table = color.GetLookupTable()
    for step, place in enumerate(np.linspace(-1.0, 1.0, steps)):
        red, green, blue, _ = table.GetTableValue(step)
        color.SetColor(step, color.GetColorName(step), red, green, blue, float(abs(place) >= share))
    display.Modified()


def perceptual_color_node(scene: Any, name: str) -> Any:
    """Add a colour table node with 256 steps through inferno, from the lowest value of the window to the highest."""
    return _color_node(scene, name, np.linspace(0.0, 1.0, _STEPS), _INFERNO, np.ones(_STEPS))


def diverging_color_node(scene: Any, name: str) -> Any:
    """Add a colour table node with 256 steps from blue (negative) to red, transparent within the threshold of zero."""
    places = np.linspace(-1.0, 1.0, _STEPS)
    return _color_node(scene, name, places, _COOL_WARM, (np.abs(places) >= THRESHOLD).astype(float))


def _color_node(scene: Any, name: str, values: npt.NDArray, anchors: _Colours, alpha: npt.NDArray) -> Any:
    """A colour table named by ``values``, its colours through ``anchors`` in equal steps."""
    color = scene.AddNewNodeByClass("vtkMRMLColorTableNode", name)
    color.SetTypeToUser()
    color.SetNumberOfColors(len(values))
    places = np.linspace(values[0], values[-1], len(anchors))
    channels = [np.interp(values, places, channel) for channel in zip(*anchors, strict=True)]
    for step, (value, *rgba) in enumerate(zip(values, *channels, alpha, strict=True)):
        color.SetColor(step, f"{value:.3f}", *map(float, rgba))
    color.SetHideFromEditors(False)
    return color
