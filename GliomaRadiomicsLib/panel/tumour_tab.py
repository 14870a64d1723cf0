"""Tumour: volumes, segments shown and hidden, 3-D, jump to a region, edit the outline and compute again."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.tumour import TumourRow, notes, tumour_rows
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.tables import fill_table, is_checked, keep_fitted, make_checkable, set_icon, swatch
from GliomaRadiomicsLib.scene import display

_WHOLE = "WT"


class TumourTab:
    """The tab Tumour."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._rows: list[TumourRow] = []
        self._watched: Any = None
        self._tags: list[int] = []
        ui = self._ui
        keep_fitted(ui.tumourTable)
        ui.tumourTable.connect("itemChanged(QTableWidgetItem*)", self._show_or_hide)
        ui.surfaceCheckBox.connect("toggled(bool)", guarded(self._show_surface))
        ui.jumpButton.connect("clicked()", guarded(self._jump))
        ui.editButton.connect("clicked()", guarded(self._edit))
        ui.recomputeButton.connect("clicked()", guarded(lambda: panel.run.start(recompute=True)))

    def show_result(self) -> None:
        """Show the volumes."""
        panel, ui = self._panel, self._ui
        self._watch(panel.nodes.segmentationNode if panel.nodes is not None else None)
        result = panel.result
        self._rows = tumour_rows(result, panel.before) if result is not None else []
        titles = [_("Region"), _("Volume"), _("Change")]
        rows = [(_(row.name), row.volume_text, row.change_text) for row in self._rows]
        compared = panel.before is not None
        fill_table(ui.tumourTable, titles, rows, stretch=0)
        ui.tumourTable.setColumnHidden(2, not compared)
        blocked = ui.tumourTable.blockSignals(True)
        for index, row in enumerate(self._rows):
            if row.shown_as_segment and row.colour_rgb is not None:
                set_icon(ui.tumourTable, index, 0, swatch(row.colour_rgb))
                make_checkable(ui.tumourTable, index, 0, display.is_segment_shown(panel.nodes, row.region))
        ui.tumourTable.blockSignals(blocked)
        blocked = ui.surfaceCheckBox.blockSignals(True)
        ui.surfaceCheckBox.checked = panel.nodes is not None and display.is_surface_shown(panel.nodes)
        ui.surfaceCheckBox.blockSignals(blocked)
        ui.tumourNotesLabel.text = "\n".join(_(line) for line in notes(result)) if result is not None else ""

    def refresh(self) -> None:
        """Enable the buttons."""
        self._panel.allow(self._ui.jumpButton, "jump")
        self._panel.allow(self._ui.editButton, "edit_mask")
        self._panel.allow(self._ui.recomputeButton, "recompute")
        self._panel.allow(self._ui.surfaceCheckBox, "edit_mask")
        self._ui.surfaceCheckBox.toolTip = _("Surfaces of the regions in the 3-D view.")

    def stop(self) -> None:
        """The panel goes away."""
        self._watch(None)

    def _watch(self, node: Any) -> None:
        """Notice when the outline is edited."""
        for tag in self._tags:
            self._watched.RemoveObserver(tag)
        self._watched, self._tags = node, []
        if node is not None:
            events = (
                slicer.vtkSegmentation.SourceRepresentationModified,
                slicer.vtkSegmentation.RepresentationModified,
            )
            self._tags = [node.AddObserver(event, self._on_edited) for event in events]

    def _on_edited(self, *_arguments: Any) -> None:
        """Not every edit tells of itself; those are seen when the panel is entered again."""
        self.refresh()

    def _region(self) -> str:
        row = self._ui.tumourTable.currentRow()
        return self._rows[row].region if 0 <= row < len(self._rows) else _WHOLE

    def _jump(self) -> None:
        if not display.jump_to_region(slicer.mrmlScene, self._panel.nodes, self._region()):
            slicer.util.infoDisplay(_("This region is empty."), windowTitle="Glioma Radiomics")

    def _show_or_hide(self, item: Any) -> None:
        row = self._rows[item.row()] if item.row() < len(self._rows) else None
        if row is not None and row.shown_as_segment and item.column() == 0:
            display.show_segment(self._panel.nodes, row.region, is_checked(item))

    def _show_surface(self, shown: bool) -> None:
        if self._panel.nodes is not None:
            display.show_surface(self._panel.nodes, shown)

    def _edit(self) -> None:
        """Open the Segment Editor on this outline; the panel notices what is changed."""
        nodes = self._panel.nodes
        slicer.util.selectModule("SegmentEditor")
        editor = slicer.modules.SegmentEditorWidget.editor
        editor.setSegmentationNode(nodes.segmentationNode)
        role = nodes.segmentationNode.GetReferenceImageGeometryReferenceRole()
        image = nodes.segmentationNode.GetNodeReference(role)
        if image is not None:
            editor.setSourceVolumeNode(image)
