"""The head of the results: what was found, in a few lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.summary import summary_lines

_COLOURS = "{ok: 'success', caution: 'warning', no: 'error'}"


class SummaryHead:
    """The lines above the tabs of the results."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._state.summary = []

    def build(self) -> None:
        """Widgets."""
        with html.Details(open=True, classes="mb-1"):
            html.Summary("In short", classes="font-weight-medium")
            self._table()

    def show_result(self) -> None:
        """Fill the lines."""
        result = self._app.result
        self._state.summary = [] if result is None else [asdict(line) for line in summary_lines(result)]

    def _table(self) -> None:
        with (
            html.Table(classes="facts", id="summary"),
            html.Tbody(),
            html.Tr(v_for="(line, i) in summary", key="i"),
        ):
            html.Td("{{ line.label }}", style="width: 36%;")
            with html.Td(title=("line.note",)):
                v3.VIcon("mdi-circle", size="10", color=(f"{_COLOURS}[line.mark]",), v_if=("line.mark !== 'plain'",))
                html.Span(" {{ line.value }}", classes="font-weight-medium")
                html.Div("{{ line.note }}", classes="hint text-caption")
