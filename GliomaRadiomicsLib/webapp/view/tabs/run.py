"""Run: what is done, how far it is, what it says, and how to stop it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.fields import RUN_FIELDS
from GliomaRadiomicsLib.interface.values import analyze_settings
from GliomaRadiomicsLib.webapp.view.jobs import JobWords
from GliomaRadiomicsLib.webapp.view.widgets import action_button, field_input

_REFUSED = "These images cannot be analysed"
_FAILED = "The analysis did not succeed; change what is needed and run again"
_WORDS = JobWords("run", _REFUSED, _FAILED)
_CHECK = JobWords(
    "run", "These images cannot be checked", "The check did not succeed", done="Images checked, nothing computed yet"
)
_RECOMPUTE = JobWords("tumour", _REFUSED, _FAILED, "Cancelled; the result is as it was.")


class RunTab:
    """The tab Run."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state

    def build(self) -> None:
        """Widgets."""
        with v3.VRow(dense=True, classes="mb-1"):
            for field in RUN_FIELDS:
                with v3.VCol(cols=6 if field.kind == "flag" else 12, classes="py-0"):
                    field_input(field, "values")
        action_button("run", "Run", self._app.guarded(self._start), "mdi-play", size="default")
        html.Div(classes="mb-1")
        self._app.jobs.build("run", always=True)

    async def check(self) -> None:
        """Look at the images that are chosen."""
        self._app.jobs.forget()
        sources, mask = self._app.inputs.chosen()
        with self._state:
            self._state.tab = "run"
        if await self._app.jobs.run({"command": "check", "inputs": sources, "mask": mask}, _CHECK):
            with self._state:
                self._state.tab = "check"

    async def recompute(self, mask: Path) -> None:
        """Compute again what depends on the outline of the shown result, and compare with before.

        Args:
            mask: The outline as it was corrected.
        """
        shown = self._app.shown

        async def take(_ending: dict[str, Any], out: Path) -> None:
            await shown.take_again(out, self._app.told)

        origin = {key: value for key, value in shown.origin.items() if value is not None}
        job = {**self._job(), **origin, "mask": str(mask), "reuse": str(shown.output)}
        await self._app.jobs.run(job, _RECOMPUTE, take)

    async def _start(self) -> None:
        self._app.jobs.forget()
        sources, mask = self._app.inputs.chosen()
        job = {**self._job(), "inputs": sources, "mask": mask}

        async def take(_ending: dict[str, Any], out: Path) -> None:
            origin = {"inputs": sources, "clinical": job["clinical"]}
            await self._app.shown.take(out, self._app.inputs.nodes(), origin, self._app.told)

        with self._state:
            self._state.tab = "run"
        if await self._app.jobs.run(job, _WORDS, take):
            with self._state:
                self._state.tab = "results"

    def _job(self) -> dict[str, Any]:
        settings = analyze_settings(self._app.values)
        return {
            "command": "analyze",
            "clinical": asdict(settings.clinical),
            "steps": list(settings.steps),
            "models": dict(settings.models),
            "device": settings.device,
            "normalisation": settings.normalisation,
        }
