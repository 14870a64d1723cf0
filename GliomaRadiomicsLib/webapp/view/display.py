"""The views: four of them, what they show, and the letters that say where the patient's right is."""

from __future__ import annotations

from functools import partial
from typing import Any

from trame.widgets import html
from trame_slicer.app.ui import create_vertical_slice_view_gutter_ui, create_vertical_view_gutter_ui
from trame_slicer.core import LayoutManager, SlicerApp
from trame_slicer.rca_view.rca_view_factory import RemoteViewFactory
from trame_slicer.views import (
    Layout,
    LayoutDirection,
    NoScheduleRendering,
    SliceView,
    ThreeDView,
    ViewLayoutDefinition,
    ViewType,
)

from GliomaRadiomicsLib.scene import display, headless
from GliomaRadiomicsLib.scene.views import show_result
from GliomaRadiomicsLib.scene.writer import SceneResult

_PLACES = {
    "left": "left: 8px; top: 48%;",
    "right": "right: 8px; top: 48%;",
    "top": "top: 6px; left: 49%;",
    "bottom": "bottom: 34px; left: 49%;",
}
_LETTERS = {
    "Red": ("Axial", {"left": "R", "right": "L", "top": "A", "bottom": "P"}),
    "Green": ("Coronal", {"left": "R", "right": "L", "top": "S", "bottom": "I"}),
    "Yellow": ("Sagittal", {"left": "A", "right": "P", "top": "S", "bottom": "I"}),
}
_LAYOUT = "Quad View"


class Display:
    """The scene with its views.

    Args:
        server: The trame server.
    """

    def __init__(self, server: Any) -> None:
        self.slicer = SlicerApp()
        self.scene = self.slicer.scene
        headless.adopt(self.scene, self.slicer.app_logic)
        for factory in _factories(server):
            self.slicer.view_manager.register_factory(factory)
        self.layout = LayoutManager(self.scene, self.slicer.view_manager, server)
        self.layout.register_layout_dict({_LAYOUT: _quad_view()})
        self.layout.set_layout(_LAYOUT)
        for view in self.slicer.view_manager.get_threed_views():
            _let_see_through(view)

    def show_image(self, node: Any, *, fit: bool) -> None:
        """Show an image in the slices; ``fit`` brings it into the middle of every view."""
        self.slicer.display_manager.show_volume_in_slice_background(node)
        if fit:
            self.slicer.display_manager.reset_views()
        self.redraw()

    def show_result(self, nodes: SceneResult) -> None:
        """Show a result, slices through the middle of the tumour."""
        show_result(self.scene, nodes)
        for view in self.slicer.view_manager.get_threed_views():
            view.reset_view()
        self.redraw()

    def show_heat_map(self, node: Any, opacity: float, threshold: float, segmentation: Any = None) -> None:
        """Lay a heat map over the image, with the outline as a line; None takes it away."""
        display.show_heat_map(self.scene, node, opacity, threshold, segmentation)
        self.redraw()

    def redraw(self) -> None:
        """Draw every view soon."""
        for view in self.slicer.view_manager.get_views():
            view.schedule_render()


def _let_see_through(view: Any) -> None:
    """Translucent surfaces are only drawn without multisampling; edges are smoothed another way."""
    view.render_window().SetMultiSamples(0)
    view.render_window().SetAlphaBitPlanes(1)
    view.first_renderer().UseFXAAOn()


def _factories(server: Any) -> list[RemoteViewFactory]:
    """Factories of views that draw nothing while they are built: each of the hundred changes would be drawn."""
    kinds = (
        (SliceView, ViewType.SLICE_VIEW, _slice_view),
        (ThreeDView, ViewType.THREE_D_VIEW, create_vertical_view_gutter_ui),
    )
    return [
        RemoteViewFactory(
            server,
            partial(view_class, scheduled_render_strategy=NoScheduleRendering()),
            view_type,
            populate_view_ui_f=decorate,
            target_fps=30.0,
            blur_fps=15.0,
            interactive_quality=70,
        )
        for view_class, view_type, decorate in kinds
    ]


def _quad_view() -> Layout:
    left = Layout(LayoutDirection.Vertical, [ViewLayoutDefinition.axial_view(), ViewLayoutDefinition.coronal_view()])
    right = Layout(LayoutDirection.Vertical, [ViewLayoutDefinition.threed_view(), ViewLayoutDefinition.sagittal_view()])
    return Layout(LayoutDirection.Horizontal, [left, right])


def _slice_view(server: Any, view_id: str, view: Any) -> None:
    create_vertical_slice_view_gutter_ui(server, view_id, view)
    name, letters = _LETTERS[view.get_singleton_tag()]
    html.Div(name, classes="view-name")
    for place, letter in letters.items():
        html.Div(letter, classes="letter", style=_PLACES[place])
