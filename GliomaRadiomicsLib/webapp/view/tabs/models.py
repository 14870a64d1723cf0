"""Models: what is installed, with cards and checksums."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.models import ModelRow, model_rows, verify_row
from GliomaRadiomicsLib.webapp.view.widgets import text


class ModelsTab:
    """The tab Models."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._rows: list[ModelRow] = []
        self._state.update({"model_rows": [], "model_verified": {}, "model_open": ""})
        self._state.change("tab")(app.guarded(self._on_tab))

    def build(self) -> None:
        """Widgets."""
        html.P("Installed models with what they were measured to do.", classes="hint")
        with html.Div(v_for="(row, i) in model_rows", key="row.path", classes="column"):
            with html.Div(classes="d-flex align-center"):
                html.Span("{{ row.name }} {{ row.version }}", classes="font-weight-medium flex-grow-1")
                v3.VBtn(
                    "Card",
                    v_if=("row.ok",),
                    click="model_open = model_open === row.key ? '' : row.key",
                    size="x-small",
                    variant="outlined",
                    classes="mr-2 open-card",
                )
                v3.VBtn(
                    "Verify",
                    click=(self._app.guarded(self._verify), "[i]"),
                    size="x-small",
                    variant="outlined",
                    title="Compare the model's files with the checksums in its metadata.",
                    classes="verify",
                )
            html.P("{{ row.what }} · {{ row.source }}")
            html.P("{{ row.evidence }}", classes="hint")
            text("row.problem", classes="text-error")
            text("model_verified[row.key]", classes="font-weight-medium verified")
            html.Div("{{ row.card_markdown }}", v_if=("model_open === row.key",), classes="card-text")

    async def _list(self) -> None:
        self._rows = await asyncio.to_thread(model_rows)
        plain = [asdict(row) | {"key": f"{row.name}-{index}"} for index, row in enumerate(self._rows)]
        for row in plain:
            row["path"] = row["key"]
        with self._state:
            self._state.model_rows = plain

    async def _verify(self, index: int) -> None:
        problem = await asyncio.to_thread(verify_row, self._rows[int(index)])
        key = self._state.model_rows[int(index)]["key"]
        with self._state:
            said = self._app.without_paths(problem) if problem else "✓ All files are as the metadata says."
            self._state.model_verified = {**self._state.model_verified, key: said}

    def _on_tab(self, tab: str, **_: Any) -> None:
        if tab == "models" and not self._rows:
            self._app.spawn(self._list())
