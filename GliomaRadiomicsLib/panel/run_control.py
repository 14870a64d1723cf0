"""Run, Cancel, progress bar and log of the panel."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import qt
import slicer

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
        ui: Widgets by name: ``runButton``, ``cancelButton``, ``progressBar``, ``logText``.
        on_result: Called with the result of a run that ended well.
    """

    def __init__(self, ui: Any, on_result: Callable[[Any], None]) -> None:
        self._ui, self._on_result = ui, on_result
        self._run: FollowedRun | None = None
        self._can_run = False
        self._timer = qt.QTimer()
        self._timer.setInterval(_POLL_MS)
        self._timer.connect("timeout()", self.poll)
        ui.cancelButton.connect("clicked()", self.cancel)
        self._update()

    @property
    def is_running(self) -> bool:
        """Whether a run is being followed."""
        return self._run is not None

    def set_can_run(self, can_run: bool, why: str) -> None:
        """Say whether the inputs allow a run; ``why`` is the tool tip of the Run button."""
        self._can_run = can_run
        self._ui.runButton.toolTip = why
        self._update()

    def follow(self, run: FollowedRun) -> None:
        """Follow a run that was just started."""
        self._run = run
        self._ui.logText.clear()
        self._ui.progressBar.value = 0
        self._timer.start()
        self._update()

    def cancel(self) -> None:
        """Cancel the run; the buttons change when it has really ended."""
        if self._run is not None:
            self._log("Cancelling...")
            self._run.cancel()
            self._ui.cancelButton.enabled = False

    def stop(self) -> None:
        """End a run at once, for when the panel goes away."""
        self._timer.stop()
        run, self._run = self._run, None
        if run is not None:
            _kill(run)

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

    def _show(self, event: dict[str, Any]) -> None:
        if event["type"] == "progress":
            self._ui.progressBar.value = int(_PERCENT * float(event.get("fraction") or 0))
        if event["type"] in ("done", "error"):
            self._end(event)
        elif event.get("message"):
            self._log(event["message"])

    def _end(self, ending: dict[str, Any]) -> None:
        self._timer.stop()
        run, self._run = self._run, None
        self._update()
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
        self._log(f"Done. Report, until the program ends: {run.output_folder / 'report.html'}")

    def _tell_error(self, ending: dict[str, Any]) -> None:
        self._ui.progressBar.value = 0
        message = ending.get("message") or "no message"
        kind = ending.get("kind")
        self._log(f"{str(kind).capitalize()}: {message}" if message != kind else str(kind).capitalize())
        if kind != "cancelled":
            heading = "These images cannot be analysed" if kind == "refused" else "The analysis did not succeed"
            slicer.util.errorDisplay(f"{heading}:\n\n{message}", windowTitle="Glioma Radiomics")

    def _update(self) -> None:
        self._ui.runButton.enabled = self._can_run and not self.is_running
        self._ui.cancelButton.enabled = self.is_running

    def _log(self, line: str) -> None:
        self._ui.logText.appendPlainText(line)


def _kill(run: FollowedRun) -> None:
    """End a run that nobody follows any more; the panel goes on, whatever comes of it."""
    try:
        run.kill()
    except (OSError, TimeoutError):
        logging.exception("the run did not end as it should")
