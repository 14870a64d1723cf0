"""Paint and erase in the views: the segment editor of trame-slicer on the outline of the result that is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trame_slicer.segmentation import SegmentationEffectErase, SegmentationEffectPaint
from trame_slicer.segmentation.paint_effect_parameters import BrushDiameterMode
from undo_stack import UndoStack

from GliomaRadiomicsLib.scene.writer import SceneResult

_EFFECTS = {"paint": SegmentationEffectPaint, "erase": SegmentationEffectErase}
TOOLS = tuple(_EFFECTS)
_MOST_UNDOS = 10


class Painter:
    """Changes an outline with a brush.

    Args:
        editor: The ``SegmentationEditor`` of the app.
        on_stroke: Called when something was painted, erased or undone.
    """

    def __init__(self, editor: Any, on_stroke: Callable[[], None]) -> None:
        self._editor, self._on_stroke = editor, on_stroke
        self._nodes: SceneResult | None = None
        self._undos = UndoStack(undo_limit=_MOST_UNDOS)
        editor.set_undo_stack(self._undos)
        editor.segmentation_modified.connect(self._changed)

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return self._nodes is not None and bool(self._undos.can_undo())

    def use(self, nodes: SceneResult, tool: str, label: str, diameter_mm: float) -> None:
        """Let the left mouse button paint or erase.

        Args:
            nodes: The result, with an outline.
            tool: One of `TOOLS`.
            label: Key of `core.labels.LABELS` that is painted or erased; painting replaces the others.
            diameter_mm: Of the ball that is painted.
        """
        if self._nodes is not nodes:
            self._editor.show_3d(False)
            self._editor.set_active_segmentation(nodes.segmentationNode, nodes.labelMapNode)
            self._nodes = nodes
        self._editor.set_active_segment_id(label)
        effect = self._editor.set_active_effect_type(_EFFECTS[tool])
        effect.set_use_sphere_brush(True)
        effect.set_brush_diameter(diameter_mm, BrushDiameterMode.Absolute)

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.can_undo:
            self._undos.undo()
            self._on_stroke()

    def rest(self) -> None:
        """Give the left mouse button back to the views; strokes can still be undone."""
        self._editor.deactivate_effect()

    def leave(self) -> None:
        """The outline is taken away, or replaced as a whole."""
        self._nodes = None
        self._editor.clear()

    def _changed(self, *_: Any) -> None:
        if self._nodes is not None:
            self._on_stroke()
