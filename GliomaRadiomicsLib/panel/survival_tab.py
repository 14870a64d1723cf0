"""Survival: risk group, probabilities, chart, and a nomogram to move."""

from __future__ import annotations

from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.survival import SurvivalView, survival_view
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.nomogram_box import NomogramBox
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted


class SurvivalTab:
    """The tab Survival."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._nomogram = NomogramBox(panel)
        keep_fitted(self._ui.survivalTable)
        self._ui.survivalChartButton.connect("clicked()", guarded(self._show_chart))

    def show_result(self) -> None:
        """Show what was predicted."""
        result = self._panel.result
        view = survival_view(result) if result is not None else None
        ui = self._ui
        ui.survivalLabel.text = "" if view is None else _headline(view)
        rows = [(_(row.label), row.text) for row in view.years] if view is not None else []
        fill_table(ui.survivalTable, [_("Survival"), _("Probability")], rows)
        ui.survivalTable.setVisible(bool(rows))
        ui.survivalNotesLabel.text = "" if view is None else "\n".join(_(line) for line in _notes(view))
        evidence = [_(line) for line in view.evidence] if view is not None else []
        ui.survivalEvidenceLabel.text = "\n".join(evidence)
        ui.survivalEvidenceButton.setVisible(bool(evidence))
        self._nomogram.show_result(result)

    def refresh(self) -> None:
        """Enable the buttons."""
        nodes = self._panel.nodes
        has_chart = nodes is not None and nodes.survivalChartNode is not None
        self._ui.survivalChartButton.enabled = has_chart
        self._ui.survivalChartButton.toolTip = (
            _("This patient's curve with the curves of the training cohort's risk groups, in the plot view.")
            if has_chart
            else _("There is no survival curve in this result.")
        )
        self._nomogram.refresh()

    def _show_chart(self) -> None:
        show_chart(self._panel.nodes.survivalChartNode)


def show_chart(node: Any) -> None:
    """Show a chart in the plot view, with a layout that has one."""
    slicer.modules.plots.logic().ShowChartInLayout(node)


def _headline(view: SurvivalView) -> str:
    if view.abstained_reason:
        return _(view.abstained_reason)
    lines = [
        f"{_('Risk group')}: {_(view.risk_group)}" if view.risk_group else "",
        f"{_('Median survival')}: {_(view.median)}",
        f"{_('Hazard ratio')}: {_(view.hazard_ratio)}" if view.hazard_ratio else "",
        f"{_('Trust')}: {_(view.trust_text)}" if view.trust_text else "",
    ]
    return "\n".join(line for line in lines if line)


def _notes(view: SurvivalView) -> list[str]:
    lines = [*view.reasons]
    lines += [f"{_('Rests on')}: {view.rests_on}."] if view.rests_on else []
    lines += [f"{_('Not known, so not used')}: {view.missing}."] if view.missing else []
    lines += [view.chart.note] if view.chart is not None and view.chart.note else []
    return lines
