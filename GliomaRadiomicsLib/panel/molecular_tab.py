"""Molecular: IDH, MGMT and other markers; an abstention stands before any number."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.molecular import MolecularRow, molecular_rows
from GliomaRadiomicsLib.panel.tables import fill_table, fit_height


class MolecularTab:
    """The tab Molecular."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._rows: list[MolecularRow] = []
        self._ui.molecularTable.connect("itemSelectionChanged()", self._describe)

    def show_result(self) -> None:
        """Show the markers."""
        result = self._panel.result
        self._rows = molecular_rows(result) if result is not None else []
        titles = [_("Marker"), _("Probability"), _("More likely"), _("Trust")]
        rows = [
            (_(row.title), row.probability_text or _("no prediction"), _(row.label), _(row.trust_text))
            for row in self._rows
        ]
        fill_table(self._ui.molecularTable, titles, rows, stretch=0)
        fit_height(self._ui.molecularTable)
        if self._rows:
            self._ui.molecularTable.selectRow(0)
        self._describe()

    def refresh(self) -> None:
        """Nothing to enable."""

    def _describe(self) -> None:
        lines = []
        for row in self._rows:
            head = _(row.abstained_reason) or f"{_(row.question)}: {row.probability_text}"
            lines += [f"{_(row.title)}", *(f"   {_(line)}" for line in (head, *row.reasons, *row.evidence) if line)]
        self._ui.molecularNotesLabel.text = "\n".join(lines)
