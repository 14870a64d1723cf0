"""Check: what was found in the images, gravest first, with buttons that mend what can be mended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.interface.check import CheckRow, check_rows, check_summary
from GliomaRadiomicsLib.webapp.view.widgets import action_button

_SIGNS = {"refused": "✕", "warning": "!", "fixed": "✓", "ok": "✓"}
_COLOURS = {"refused": "error", "warning": "warning", "fixed": "info", "ok": "success"}


class CheckTab:
    """The tab Check."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._rows: list[CheckRow] = []
        self._state.update({"check_rows": [], "check_summary": "Not checked yet."})

    def build(self) -> None:
        """Widgets."""
        html.P("What was found in the images before anything is computed, and what to do about it.", classes="hint")
        action_button("check", "Check the images", self._app.guarded(self._start), "mdi-magnify")
        html.P("{{ check_summary }}", id="check-summary", classes="font-weight-medium")
        with html.Div(v_for="(row, i) in check_rows", key="i", classes="column"):
            v3.VChip("{{ row.sign }} {{ row.title }}", color=("row.colour",), size="x-small", variant="flat")
            html.Span("{{ row.sequence }}", classes="ml-2 font-weight-medium")
            html.P("{{ row.message }}")
            v3.VBtn(
                "{{ row.fix.label }}",
                v_if=("row.fix",),
                click=(self._app.guarded(self._mend), "[i]"),
                size="x-small",
                color="primary",
                disabled=("running",),
                classes="do-fix",
            )

    def forget(self) -> None:
        """Show nothing: the images are others now."""
        self._show([], "Not checked yet.")

    def show_findings(self, findings: list[Finding]) -> None:
        """Show what was found."""
        self._show(check_rows(findings), check_summary(findings) or "Nothing to report.")

    def take_findings(self, findings: list[dict[str, Any]]) -> None:
        """Show what a worker found."""
        self.show_findings([Finding(**finding) for finding in findings])

    async def _start(self) -> None:
        await self._app.run_tab.check()

    def _show(self, rows: list[CheckRow], summary: str) -> None:
        self._rows = rows
        self._state.check_summary = summary
        self._state.check_rows = [
            asdict(row) | {"sign": _SIGNS.get(row.severity, "–"), "colour": _COLOURS.get(row.severity, "default")}
            for row in rows
        ]

    def _mend(self, index: int) -> None:
        fix = self._rows[int(index)].fix
        if fix is not None:
            self._app.inputs.fill(fix.changes)
            self._show([], "The selectors were changed; check again.")
