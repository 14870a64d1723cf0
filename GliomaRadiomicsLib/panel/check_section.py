"""Check: what was found in the images, gravest first, with buttons that mend what can be mended."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.interface.check import CheckRow, Fix, check_rows, check_summary
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.run_control import RunWords
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted, set_icon

_ICONS = {
    "refused": "SP_MessageBoxCritical",
    "warning": "SP_MessageBoxWarning",
    "fixed": "SP_DialogApplyButton",
    "ok": "SP_DialogApplyButton",
}


class CheckSection:
    """The section Check."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._rows: list[CheckRow] = []
        self._buttons: list[Any] = []
        keep_fitted(self._ui.checkTable)
        self._ui.checkButton.connect("clicked()", guarded(self._check))
        self.forget()

    def forget(self) -> None:
        """Show nothing."""
        self._show([])
        self._ui.checkSummaryLabel.text = _("Not checked yet.")

    def show_findings(self, findings: list[Finding]) -> None:
        """Show what was found."""
        self._show(findings)
        self._ui.checkSummaryLabel.text = _(check_summary(findings) or "Nothing to report.")
        self._ui.checkCollapsibleButton.collapsed = False

    def show_result(self) -> None:
        """The findings that a result brings along."""
        if self._panel.nodes is not None:
            self._show(self._panel.nodes.result.passport)
            self._ui.checkSummaryLabel.text = _(check_summary(self._panel.nodes.result.passport))

    def refresh(self) -> None:
        """Enable the button."""
        self._panel.allow(self._ui.checkButton, "check")
        for button in self._buttons:
            button.enabled = not self._panel.state.running

    def _check(self) -> None:
        self._panel.run.prepare()
        run = self._panel.logic.newCheck(self._panel.volume_nodes(), self._panel.parameters.mask)
        words = RunWords(
            done=_("Checked."),
            cancelled=_("Cancelled; the images were not checked."),
            failed=_("The check did not succeed"),
            refused=_("These images cannot be checked"),
        )
        self._panel.run.follow(run, self.show_findings, words)

    def _show(self, findings: list[Finding]) -> None:
        self._rows, self._buttons = check_rows(findings), []
        table = self._ui.checkTable
        titles = [_("Finding"), _("Image"), _("What, and what to do")]
        table.clearSpans()
        fill_table(table, titles, [texts for row in self._rows for texts in _lines(row)], stretch=2)
        line = 0
        for row in self._rows:
            if row.severity in _ICONS:
                icon = table.style().standardIcon(getattr(qt.QStyle, _ICONS[row.severity]))
                set_icon(table, line, 0, icon)
            if row.fix is not None:
                table.setSpan(line + 1, 0, 1, len(titles))
                table.setCellWidget(line + 1, 0, self._button(row.fix))
            line += len(_lines(row))
        table.setVisible(bool(self._rows))

    def _button(self, fix: Fix) -> Any:
        button = qt.QPushButton(_(fix.label))
        button.toolTip = _("Changes the selectors of the section Inputs.")
        button.connect("clicked()", guarded(lambda: self._mend(fix)))
        self._buttons.append(button)
        return button

    def _mend(self, fix: Fix) -> None:
        """Change the selectors; what was found no longer holds then."""
        nodes = self._panel.volume_nodes() | {"mask": self._panel.parameters.mask}
        changed = {role: nodes.get(source) if source else None for role, source in fix.changes.items()}
        self._panel.inputs.fill(changed)
        self._show([])
        self._ui.checkSummaryLabel.text = _("The selectors were changed; check again.")


def _lines(row: CheckRow) -> list[tuple[str, str, str]]:
    """Texts of a finding, and a line for its button where it can be mended."""
    texts = (_(row.title), _(row.sequence), _(row.message))
    return [texts] if row.fix is None else [texts, ("", "", "")]
