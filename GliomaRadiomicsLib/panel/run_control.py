"""Follows a run: progress bar, time left, log, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.remaining import elapsed_text, remaining_text
from GliomaRadiomicsLib.panel.dialogs import show_error

_POLL_MS = 200
_PERCENT = 100


class FollowedRun(Protocol):
    """What is followed; `GliomaRadiomicsLib.scene.run.CaseRun` is one."""

    output_folder: Path

    def poll(self) -> list[dict[str, Any]]:
        """New events, without waiting."""
        ...

    def cancel(self) -> None:
        """Ask the run to end."""
        ...

    def kill(self) -> None:
        """End the run at once."""
        ...

    def result(self) -> Any:
        """What the run found."""
        ...


class RunControl:
    """Follows one run at a time with a timer, so that the program never waits for it.

    Args:
        ui: Widgets by name: ``cancelButton``, ``progressBar``, ``etaLabel``, ``logText``.
        on_change: Called when a run has begun or ended.
    """

    def __init__(self, ui: Any, on_change: Callable[[], None]) -> None:
        self._ui, self._on_change = ui, on_change
        self._on_result: Callable[[Any], None] = lambda _result: None
        self._done_line = ""
        self._run: FollowedRun | None = None
        self._began = 0.0
        self._fraction = 0.0
        self._what = ""
        self._timer = qt.QTimer()
        self._timer.setInterval(_POLL_MS)
        self._timer.connect("timeout()", self.poll)
        ui.cancelButton.connect("clicked()", self.cancel)
        self._say("")

    @property
    def is_running(self) -> bool:
        """Whether a run is being followed."""
        return self._run is not None

    def follow(self, run: FollowedRun, on_result: Callable[[Any], None], done_line: str = "") -> None:
        """Follow a run that was just started.

        Args:
            run: The run.
            on_result: Called with the result of a run that ended well.
            done_line: What to say then.
        """
        self._run, self._on_result, self._done_line = run, on_result, done_line
        self._began, self._fraction, self._what = time.monotonic(), 0.0, ""
        self._ui.logText.clear()
        self._ui.progressBar.value = 0
        self._timer.start()
        self._on_change()

    def cancel(self) -> None:
        """Cancel the run; the buttons change when it has really ended."""
        if self._run is not None:
            self.log(_("Cancelling..."))
            self._run.cancel()
            self._ui.cancelButton.enabled = False

    def stop(self) -> None:
        """End a run at once, for when the panel goes away."""
        self._timer.stop()
        run, self._run = self._run, None
        if run is not None:
            _kill(run)

    def log(self, line: str) -> None:
        """Add a line to the log."""
        self._ui.logText.appendPlainText(line)

    def poll(self) -> None:
        """Show what is new; called by the timer."""
        if self._run is None:
            return
        try:
            events = self._run.poll()
        except OSError as error:
            _kill(self._run)
            events = [{"type": "error", "kind": "failed", "message": f"the run cannot be followed: {error}"}]
        for event in events:
            self._show(event)
        if self._run is not None:
            self._show_time()

    def _show(self, event: dict[str, Any]) -> None:
        if event["type"] == "progress":
            self._fraction, self._what = float(event.get("fraction") or 0), event.get("message") or self._what
            self._ui.progressBar.value = int(_PERCENT * self._fraction)
        if event["type"] in ("done", "error"):
            self._end(event)
        elif event.get("message"):
            self.log(event["message"])

    def _end(self, ending: dict[str, Any]) -> None:
        self._timer.stop()
        run, self._run = self._run, None
        self._on_change()
        if run is None:
            return
        if ending["type"] == "done":
            self._take_result(run)
        else:
            self._tell_error(ending)

    def _take_result(self, run: FollowedRun) -> None:
        try:
            self._on_result(run.result())
        except Exception as error:
            logging.exception("result of the run cannot be shown")
            self._tell_error({"kind": "failed", "message": f"{error}\n\nThe result is in {run.output_folder}"})
            return
        self._ui.progressBar.value = _PERCENT
        took = elapsed_text(time.monotonic() - self._began)
        self._say(f"{self._done_line} {_('Took')} {took}.".strip())
        self.log(self._ui.etaLabel.text)
        self._on_change()

    def _tell_error(self, ending: dict[str, Any]) -> None:
        self._ui.progressBar.value = 0
        self._say(_("Cancelled; nothing was kept.") if ending.get("kind") == "cancelled" else "")
        message = ending.get("message") or "no message"
        kind = ending.get("kind")
        self.log(f"{str(kind).capitalize()}: {message}" if message != kind else str(kind).capitalize())
        if kind != "cancelled":
            heading = _("These images cannot be analysed") if kind == "refused" else _("The analysis did not succeed")
            show_error(f"{heading}:\n\n{message}")

    def _show_time(self) -> None:
        elapsed = time.monotonic() - self._began
        left = remaining_text(elapsed, self._fraction)
        parts = [_(self._what), elapsed_text(elapsed), _(left)]
        self._say(" · ".join(part for part in parts if part))

    def _say(self, text: str) -> None:
        self._ui.etaLabel.text = text
        self._ui.etaLabel.setVisible(bool(text))


def _kill(run: FollowedRun) -> None:
    """End a run that nobody follows any more; the panel goes on, whatever comes of it."""
    try:
        run.kill()
    except (OSError, TimeoutError):
        logging.exception("the run did not end as it should")
