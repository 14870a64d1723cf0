"""Molecular: IDH, MGMT and other markers; an abstention stands before any number."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.molecular import MolecularRow, molecular_rows
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted


class MolecularTab:
    """The tab Molecular."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._rows: list[MolecularRow] = []
        keep_fitted(self._ui.molecularTable)
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
        if self._rows:
            self._ui.molecularTable.selectRow(0)
        self._describe()

    def refresh(self) -> None:
        """Nothing to enable."""

    def _describe(self) -> None:
        index = self._ui.molecularTable.currentRow()
        row = self._rows[index] if 0 <= index < len(self._rows) else None
        lines, evidence = [], []
        if row is not None:
            head = _(row.abstained_reason) or f"{_(row.question)}: {row.probability_text}"
            lines = [f"{_(row.title)}: {head}", *(_(reason) for reason in row.reasons)]
            evidence = [_(line) for line in row.evidence if line]
        self._ui.molecularNotesLabel.text = "\n".join(lines)
        self._ui.molecularEvidenceLabel.text = "\n".join(evidence)
        self._ui.molecularEvidenceButton.setVisible(bool(evidence))
