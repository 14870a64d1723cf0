"""Grade: the systems side by side, why each says so, and its heat maps over the image."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.fields import field
from GliomaRadiomicsLib.interface.grade import QUESTION, GradeColumn, HeatMapChoice, grade_columns, heatmap_choices
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices, fill_table, keep_fitted
from GliomaRadiomicsLib.scene.display import show_heat_map

_PERCENT = 100.0


class GradeTab:
    """The tab Grade."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._columns: list[GradeColumn] = []
        self._maps: dict[str, HeatMapChoice] = {}
        ui = self._ui
        keep_fitted(ui.gradeTable)
        ui.gradeTable.connect("itemSelectionChanged()", self._describe)
        ui.heatmapComboBox.connect("currentIndexChanged(int)", guarded(self._choose_map))
        ui.opacitySlider.connect("valueChanged(double)", guarded(self._show_map))
        ui.thresholdSlider.connect("valueChanged(double)", guarded(self._show_map))

    def show_result(self) -> None:
        """Show what the systems say."""
        result = self._panel.result
        self._columns = grade_columns(result) if result is not None else []
        self._list_systems()
        self._list_maps(result)
        self._describe()

    def refresh(self) -> None:
        """Enable the heat map's controls."""
        self._panel.allow(self._ui.heatmapComboBox, "show_heatmap")
        shown = bool(chosen(self._ui.heatmapComboBox))
        for slider in (self._ui.opacitySlider, self._ui.thresholdSlider):
            slider.enabled = shown

    def _list_systems(self) -> None:
        titles = [_("System"), _("Probability"), _("More likely"), _("Trust")]
        rows = [(_(c.title), c.probability_text, _(c.label or "no prediction"), _(c.trust_text)) for c in self._columns]
        table = self._ui.gradeTable
        fill_table(table, titles, rows, stretch=0)
        table.horizontalHeaderItem(1).setToolTip(_(QUESTION))
        first = next((i for i, column in enumerate(self._columns) if not column.abstained_reason), 0)
        if self._columns:
            table.selectRow(first)

    def _list_maps(self, result: Any) -> None:
        keys = tuple(result.files.get("heatmaps") or ()) if result is not None else ()
        of_systems = {one.key: one for column in self._columns for one in column.heatmaps}
        self._maps = {one.key: one for one in heatmap_choices(keys)} | of_systems
        wanted = self._panel.parameters.heatmap if self._panel.parameters is not None else ""
        choices = [("", _("none")), *((key, _(one.label)) for key, one in self._maps.items())]
        fill_choices(self._ui.heatmapComboBox, choices, wanted)
        self._ui.heatMapBox.setVisible(bool(self._maps))
        self._describe_map()
        if wanted in self._maps:
            self._show_map()

    def _describe(self) -> None:
        row = self._ui.gradeTable.currentRow()
        if not 0 <= row < len(self._columns):
            self._ui.gradeDetailLabel.text = ""
            self._ui.gradeEvidenceButton.setVisible(False)
            return
        column = self._columns[row]
        lines = [f"{_(QUESTION)}, {_(column.title)}: {column.probability_text}"]
        lines += [_(column.abstained_reason)] if column.abstained_reason else []
        lines += [_(reason) for reason in column.reasons if reason]
        lines += [_(line) for line in column.evidence[:1]]
        self._ui.gradeEvidenceLabel.text = "\n".join(_(line) for line in column.evidence[1:])
        self._ui.gradeEvidenceButton.setVisible(len(column.evidence) > 1)
        if column.moved:
            lines.append(_("What moved it most, in log-odds (+ towards grade 4):"))
            lines += [f"   {moved.contribution:+.2f}  {moved.name}: {moved.value}" for moved in column.moved]
        self._ui.gradeDetailLabel.text = "\n".join(lines)

    def _choose_map(self) -> None:
        if self._panel.parameters is not None:
            self._panel.parameters.heatmap = chosen(self._ui.heatmapComboBox)
        self._describe_map()
        self._show_map()
        self.refresh()

    def _describe_map(self) -> None:
        one = self._maps.get(chosen(self._ui.heatmapComboBox))
        if one is None:
            self._ui.heatMapNotesLabel.text = _(field("heatmap").help)
            return
        unit = f"{_('Unit')}: {_(one.unit)}." if one.unit else ""
        lines = [_(one.explanation), unit, _(one.faithfulness) or _("How faithful this map is was not measured.")]
        self._ui.heatMapNotesLabel.text = "\n".join(line for line in lines if line)

    def _show_map(self) -> None:
        nodes = self._panel.nodes
        if nodes is None:
            return
        key = chosen(self._ui.heatmapComboBox)
        node = nodes.heatmapNodes.get(key.replace("-", "/", 2)) if key else None
        share = (self._ui.opacitySlider.value / _PERCENT, self._ui.thresholdSlider.value / _PERCENT)
        show_heat_map(slicer.mrmlScene, node, *share, nodes.segmentationNode)
