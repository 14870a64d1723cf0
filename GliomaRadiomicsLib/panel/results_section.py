"""Head of the results: whose they are, and the figures in a few lines."""

from __future__ import annotations

from html import escape
from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.summary import SummaryLine, summary_lines
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices


class ResultsSection:
    """Choice of the patient and the summary."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._ui.resultComboBox.connect("currentIndexChanged(int)", guarded(self._choose))
        self._ui.resultTabs.connect("currentChanged(int)", guarded(self._fit_tabs))
        self._fit_tabs()
        self._ui.resultComboBox.toolTip = _("Patients whose result is in the scene.")

    def show_result(self) -> None:
        """Show the figures."""
        from GliomaRadiomicsLib.scene.restore import patients_with_result

        names = patients_with_result(slicer.mrmlScene)
        fill_choices(self._ui.resultComboBox, [(name, name) for name in names], self._panel.patient)
        self._ui.resultChoice.setVisible(len(names) > 1)
        result = self._panel.result
        self._ui.resultTabs.setVisible(result is not None)
        if result is None:
            self._ui.summaryLabel.text = _("No result yet.")
            return
        self._ui.summaryLabel.text = "".join(map(_as_html, summary_lines(result)))

    def refresh(self) -> None:
        """Another patient cannot be chosen during a run."""
        self._ui.resultComboBox.enabled = not self._panel.state.running

    def _fit_tabs(self) -> None:
        """The tabs are as high as the one in front needs, not as the highest."""
        tabs = self._ui.resultTabs
        for index in range(tabs.count):
            tabs.widget(index).layout().itemAt(0).widget().setVisible(index == tabs.currentIndex)

    def _choose(self) -> None:
        self._panel.show_patient(chosen(self._ui.resultComboBox))


def _as_html(line: SummaryLine) -> str:
    note = f"<br><small>{escape(_(line.note))}</small>" if line.note else ""
    return f'<p style="margin:2px 0">{escape(_(line.label))}: <b>{escape(_(line.value))}</b>{note}</p>'
