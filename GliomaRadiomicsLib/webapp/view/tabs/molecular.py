"""Molecular: IDH mutation and MGMT methylation, or why nothing is said."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trame.widgets import html

from GliomaRadiomicsLib.interface.molecular import molecular_rows
from GliomaRadiomicsLib.webapp.view.widgets import lines, text, trust_chip


class MolecularTab:
    """The tab Molecular."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._state.molecular_rows = []

    def build(self) -> None:
        """Widgets."""
        html.P("No molecular marker was asked for in this run.", v_if=("!molecular_rows.length",), classes="hint")
        with html.Div(v_for="row in molecular_rows", key="row.key", classes="column"):
            html.Div("{{ row.title }}", classes="font-weight-medium")
            text("row.abstained_reason", classes="font-weight-medium")
            with html.Div(v_if=("row.question",), classes="d-flex align-center"):
                html.Span("{{ row.question }}", classes="flex-grow-1")
                html.Span("{{ row.probability_text }}", classes="probability mr-3")
                html.Span("{{ row.label }}", classes="mr-3")
                trust_chip("row")
            lines("row.reasons")
            lines("row.evidence", classes="hint")

    def show_result(self) -> None:
        """Show what was predicted."""
        result = self._app.result
        self._state.molecular_rows = [] if result is None else [asdict(row) for row in molecular_rows(result)]
