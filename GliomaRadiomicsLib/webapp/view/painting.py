"""Paint and erase in the views: the segment editor of trame-slicer on the outline of the result that is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from trame_slicer.segmentation import SegmentationEffectErase, SegmentationEffectPaint
from trame_slicer.segmentation.paint_effect_parameters import BrushDiameterMode

from GliomaRadiomicsLib.scene.display import outline_stamp, show_surface
from GliomaRadiomicsLib.scene.outline import OutlineCopy, copy_outline, restore_outline
from GliomaRadiomicsLib.scene.writer import SceneResult

_EFFECTS = {"paint": SegmentationEffectPaint, "erase": SegmentationEffectErase}
TOOLS = tuple(_EFFECTS)
_MOST_UNDOS = 10
_POLL_S, _QUIET_S, _PATIENCE_S = 0.05, 0.4, 10.0
_PRESS, _RELEASE, _MOVE = "LeftButtonPressEvent", "LeftButtonReleaseEvent", "MouseMoveEvent"
_FIRST = 100.0
"""Priority of an observer that no other keeps an event from."""


class Painter:
    """Changes an outline with a brush.

    Args:
        editor: The ``SegmentationEditor`` of the app.
        on_stroke: Called when something was painted, erased or undone.
        views: The views in which the mouse is followed.
    """

    def __init__(self, editor: Any, on_stroke: Callable[[], None], views: Iterable[Any] = ()) -> None:
        self._editor, self._on_stroke = editor, on_stroke
        self._nodes: SceneResult | None = None
        self._stamp = 0
        self._now: OutlineCopy = []
        self._past: list[OutlineCopy] = []
        self._pressed, self._moved = False, 0.0
        editor.segmentation_modified.connect(self._changed)
        for view in views:
            for event in (_PRESS, _RELEASE, _MOVE):
                view.interactor().AddObserver(event, self._followed, _FIRST)

    @property
    def in_stroke(self) -> bool:
        """Whether the mouse button is down in a view, as far as the browser's events have arrived."""
        return self._pressed

    async def settle(self) -> None:
        """Wait until the last stroke is in: the browser sends the mouse's events one by one, after the hand's end."""
        began = time.monotonic()
        self._moved = max(self._moved, began)
        while time.monotonic() - began < _PATIENCE_S:
            if not self._pressed and time.monotonic() - self._moved > _QUIET_S:
                return
            await asyncio.sleep(_POLL_S)
        self._pressed = False

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return self._nodes is not None and bool(self._past)

    def use(self, nodes: SceneResult, tool: str, label: str, diameter_mm: float) -> None:
        """Let the left mouse button paint or erase.

        Args:
            nodes: The result, with an outline.
            tool: One of `TOOLS`.
            label: Key of `core.labels.LABELS` that is painted or erased; painting replaces the others.
            diameter_mm: Of the ball that is painted.
        """
        self._editor.show_3d(False)
        if self._editor.active_segmentation_node is not nodes.segmentationNode:
            self._editor.set_active_segmentation(nodes.segmentationNode, nodes.labelMapNode)
        if self._nodes is not nodes:
            self._nodes, self._past = nodes, []
            self._note()
        self._editor.set_active_segment_id(label)
        effect = self._editor.set_active_effect_type(_EFFECTS[tool])
        effect.set_use_sphere_brush(True)
        effect.set_brush_diameter(diameter_mm, BrushDiameterMode.Absolute)

    def undo(self, *, surfaces: bool) -> None:
        """Take the last stroke back; ``surfaces`` are made anew.

        The editor's own undo would make new segments, which are drawn otherwise.
        """
        if self._nodes is None or not self._past:
            return
        self._editor.clear()
        restore_outline(self._nodes.segmentationNode, self._past.pop())
        nodes, past, self._nodes = self._nodes, self._past, None
        if surfaces:
            show_surface(nodes, visible=True)
        self._nodes, self._past = nodes, past
        self._note()
        self._on_stroke()

    def rest(self, *, surfaces: bool) -> None:
        """Give the left mouse button back to the views; strokes can still be undone.

        Args:
            surfaces: Whether the surfaces, which are taken away while one paints, are made anew.
        """
        self._editor.deactivate_effect()
        if self._nodes is not None:
            self._editor.show_3d(surfaces)

    def leave(self) -> None:
        """The outline is taken away, or replaced as a whole."""
        self._nodes, self._past, self._now = None, [], []
        self._editor.clear()

    def _followed(self, _interactor: Any, event: str) -> None:
        self._moved = time.monotonic()
        if event != _MOVE:
            self._pressed = event == _PRESS

    def _note(self) -> None:
        """The outline as it is before the next stroke."""
        assert self._nodes is not None
        node = self._nodes.segmentationNode
        self._stamp, self._now = outline_stamp(self._nodes), copy_outline(node)

    def _changed(self, *_: Any) -> None:
        if self._nodes is None or outline_stamp(self._nodes) == self._stamp:
            return
        self._past = [*self._past, self._now][-_MOST_UNDOS:]
        self._note()
        self._on_stroke()
