"""The job that is under way, shown where it was started: progress, time left, log, cancel, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.remaining import elapsed_text, remaining_text
from GliomaRadiomicsLib.webapp.view.widgets import action_button

_LOG_LINES = 200
_NOT_DONE = "Not done; the reason stands above."
Then = Callable[[dict[str, Any], Path], Awaitable[None]]
"""What is done with the last event and the output folder of a job that ended well."""


@dataclass(frozen=True)
class JobWords:
    """Where a job is shown, and what is said when it does not end well.

    Attributes:
        place: Of `Jobs.build`.
        refused: Stands over the reason.
        failed: Stands over the message.
        cancelled: Said when it was cancelled.
        done: Said when it ended well, before the time it took.
    """

    place: str
    refused: str
    failed: str
    cancelled: str = "Cancelled; nothing was kept."
    done: str = "Done"


class Jobs:
    """Runs one job at a time for all tabs."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._what = ""
        self._state.update({"progress": 0, "progress_text": "", "log_lines": [], "job_place": ""})

    def build(self, place: str, *, always: bool = False) -> None:
        """Widgets that show the job in one place; without ``always`` only the jobs of this place."""
        shown = {} if always else {"v_if": (f"job_place === '{place}'",)}
        with html.Div(id=f"{place}-job", **shown):
            with html.Div(v_show=("true" if always else "running",)):
                action_button(
                    "cancel",
                    "Cancel",
                    self._app.guarded(self.cancel),
                    "mdi-stop",
                    id=f"{place}-cancel",
                    variant="outlined",
                )
            v3.VProgressLinear(
                v_show=("true" if always else "running || progress",),
                model_value=(f"running || job_place === '{place}' ? progress : 0",),
                height=14,
                color="primary",
                rounded=True,
                id=f"{place}-progress",
            )
            html.P(
                f"{{{{ running || job_place === '{place}' ? progress_text : '' }}}}",
                id=f"{place}-progress-text",
                classes="mt-1",
                role="status",
            )
            with html.Details(open=always, classes="mb-2"):
                html.Summary("Log", classes="font-weight-medium mb-1")
                with html.Div(classes="log", id=f"{place}-log"):
                    html.Div("{{ log_lines.join('\\n') }}")

    async def run(self, job: dict[str, Any], words: JobWords, then: Then | None = None) -> bool:
        """Do a job and show how it goes; whether it ended well.

        Args:
            job: See `Job.start`; without ``out`` its output goes into a folder of the session.
            words: For this job.
            then: Done before the job counts as ended.

        Raises:
            RefusedInput: If it cannot be started, or ``then`` refuses what it found.
        """
        with self._state:
            self._state.update({"running": True, "error": None, "progress": 0, "log_lines": []})
            self._state.job_place = words.place
            self._state.progress_text = self._what = "starting"
        try:
            ending, out = await self._app.runs.run(job)
            if ending["type"] == "done" and then is not None:
                await then(ending, out)
        except BaseException:
            with self._state:
                self._state.update({"running": False, "progress": 0, "progress_text": ""})
            raise
        with self._state:
            self._state.running = False
            self._end(ending, words)
        return bool(ending["type"] == "done")

    def show_event(self, event: dict[str, Any]) -> None:
        """Show progress and log lines."""
        if event["type"] == "progress":
            fraction = float(event.get("fraction") or 0.0)
            self._state.progress = round(100 * fraction, 1)
            elapsed = time.monotonic() - self._app.runs.began
            self._what = self._app.without_paths(str(event.get("message") or self._what))
            parts = (self._what, elapsed_text(elapsed), remaining_text(elapsed, fraction))
            self._state.progress_text = " · ".join(part for part in parts if part)
        if event.get("message"):
            line = self._app.without_paths(str(event["message"]))
            self._state.log_lines = [*self._state.log_lines, line][-_LOG_LINES:]

    def forget(self) -> None:
        """Say nothing any more of the job before; the next one may be refused before it starts."""
        with self._state:
            self._state.update({"progress": 0, "progress_text": "", "log_lines": []})

    def cancel(self) -> None:
        """Ask the job to end."""
        self._state.progress_text = "Cancelling"
        self._app.runs.cancel()

    def _end(self, ending: dict[str, Any], words: JobWords) -> None:
        if ending["type"] == "done":
            took = elapsed_text(time.monotonic() - self._app.runs.began)
            self._state.update({"progress": 100, "progress_text": f"{words.done}; took {took}."})
            return
        kind = str(ending.get("kind"))
        cancelled = kind == "cancelled"
        self._state.update({"progress": 0, "progress_text": words.cancelled if cancelled else _NOT_DONE})
        if not cancelled:
            heading = words.refused if kind == "refused" else words.failed
            self._app.say(heading, ending.get("message") or "no message")
