"""Run: what is done, how far it is, what it says, and how to stop it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.fields import RUN_FIELDS
from GliomaRadiomicsLib.interface.remaining import elapsed_text, remaining_text
from GliomaRadiomicsLib.interface.values import analyze_settings
from GliomaRadiomicsLib.webapp.view.widgets import action_button, field_input

_LOG_LINES = 200
_HEADINGS = {
    "refused": "These images cannot be analysed",
    "failed": "The analysis did not succeed; change what is needed and run again",
}


class RunTab:
    """The tab Run."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._what = ""
        self._state.update({"progress": 0, "progress_text": "", "log_lines": []})

    def build(self) -> None:
        """Widgets."""
        with v3.VRow(dense=True, classes="mb-1"):
            for field in RUN_FIELDS:
                with v3.VCol(cols=6 if field.kind == "flag" else 12, classes="py-0"):
                    field_input(field, "values")
        action_button("run", "Run", self._app.guarded(self._start), "mdi-play", size="default")
        action_button(
            "cancel", "Cancel", self._app.guarded(self._cancel), "mdi-stop", size="default", variant="outlined"
        )
        v3.VProgressLinear(model_value=("progress",), height=14, color="primary", rounded=True, id="progress")
        html.P("{{ progress_text }}", id="progress-text", classes="mt-1", role="status")
        html.H3("Log")
        with html.Div(classes="log", id="log"):
            html.Div("{{ log_lines.join('\\n') }}")

    async def run(self, job: dict[str, Any]) -> None:
        """Do a job on the images that are chosen, and show what comes of it."""
        sources = self._app.inputs.sources()
        mask = sources.pop("mask", None)
        with self._state:
            self._state.update({"running": True, "error": None, "progress": 0, "log_lines": [], "tab": "run"})
            self._state.progress_text = self._what = "starting"
        try:
            ending, out = await self._app.runs.run({**job, "inputs": sources, "mask": mask})
            if ending["type"] == "done" and job["command"] == "analyze":
                await self._app.take_result(out)
        except BaseException:
            with self._state:
                self._state.update({"running": False, "progress": 0, "progress_text": ""})
            raise
        with self._state:
            self._state.running = False
            self._end(ending, job["command"])

    def show_event(self, event: dict[str, Any]) -> None:
        """Show progress and log lines."""
        if event["type"] == "progress":
            fraction = float(event.get("fraction") or 0.0)
            self._state.progress = round(100 * fraction, 1)
            elapsed = time.monotonic() - self._app.runs.began
            self._what = event.get("message") or self._what
            parts = (self._what, elapsed_text(elapsed), remaining_text(elapsed, fraction))
            self._state.progress_text = " · ".join(part for part in parts if part)
        if event.get("message"):
            line = self._app.without_paths(str(event["message"]))
            self._state.log_lines = [*self._state.log_lines, line][-_LOG_LINES:]

    async def _start(self) -> None:
        settings = analyze_settings(self._state.values)
        await self.run(
            {
                "command": "analyze",
                "clinical": asdict(settings.clinical),
                "steps": list(settings.steps),
                "models": dict(settings.models),
                "device": settings.device,
                "normalisation": settings.normalisation,
            }
        )

    def _cancel(self) -> None:
        self._state.progress_text = "Cancelling"
        self._app.runs.cancel()

    def _end(self, ending: dict[str, Any], command: str) -> None:
        took = elapsed_text(time.monotonic() - self._app.runs.began)
        if ending["type"] == "done":
            self._state.update({"progress": 100, "progress_text": f"Done; took {took}."})
            self._state.tab = "check" if command == "check" else "results"
            return
        kind = str(ending.get("kind"))
        cancelled = kind == "cancelled"
        self._state.update({"progress": 0, "progress_text": "Cancelled; nothing was kept." if cancelled else ""})
        if not cancelled:
            self._app.say(_HEADINGS.get(kind, _HEADINGS["failed"]), ending.get("message") or "no message")
