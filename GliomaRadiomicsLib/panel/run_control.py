"""Follows a run: progress bar, time left, log, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.interface.remaining import elapsed_text, remaining_text
from GliomaRadiomicsLib.panel.dialogs import show_error
from GliomaRadiomicsLib.scene.ownership import SceneClosed

_POLL_MS = 200
_PERCENT = 100


class FollowedRun(Protocol):
    """What is followed; `GliomaRadiomicsLib.scene.run.CaseRun` is one."""

    output_folder: Path

    def steps(self) -> Iterator[str]:
        """Start, giving way between short steps; each says what comes next."""
        ...

    def poll(self) -> list[dict[str, Any]]:
        """New events, without waiting."""
        ...

    def cancel(self) -> None:
        """Ask the run to end."""
        ...

    def kill(self) -> None:
        """End the run at once."""
        ...

    def result_steps(self) -> Generator[Any, None, Any]:
        """Make the result of a run that ended well, giving way between short steps, and return it."""
        ...


@dataclass(frozen=True)
class RunWidgets:
    """The widgets that show a run."""

    cancel: Any
    bar: Any
    line: Any
    log: Any


@dataclass(frozen=True)
class RunWords:
    """What is said of a run.

    Attributes:
        done: When it has ended well.
        cancelled: When it was cancelled.
        failed: Before the message of one that failed.
        refused: Before the message of one that was refused.
    """

    done: str
    cancelled: str
    failed: str
    refused: str


class RunControl:
    """Follows one run at a time with a timer, so that the program never waits for it.

    What has to be done in this process, before and after the worker's part, is done a step at each turn of the timer.

    Args:
        widgets: Where it is shown.
        on_change: Called when a run has begun or ended.
    """

    def __init__(self, widgets: RunWidgets, on_change: Callable[[], None]) -> None:
        self._widgets, self._on_change = widgets, on_change
        self._on_result: Callable[[Any], None] = lambda _result: None
        self._words = RunWords("", "", "", "")
        self._run: FollowedRun | None = None
        self._steps: Any = None
        self._is_ending = False
        self._began = 0.0
        self._fraction = 0.0
        self._what = ""
        self._timer = qt.QTimer()
        self._timer.connect("timeout()", self.poll)
        widgets.cancel.connect("clicked()", self.cancel)
        self._say("")

    @property
    def is_running(self) -> bool:
        """Whether a run is being followed."""
        return self._run is not None

    def follow(self, run: FollowedRun, on_result: Callable[[Any], None], words: RunWords) -> None:
        """Start a run and follow it.

        Args:
            run: The run.
            on_result: Called with the result of a run that ended well.
            words: What is said of it.
        """
        self._run, self._on_result, self._words = run, on_result, words
        self._began, self._fraction, self._what = time.monotonic(), 0.0, ""
        self._widgets.log.clear()
        self._widgets.bar.value = 0
        self._in_steps(run.steps(), is_ending=False)
        self._timer.start()
        self._on_change()
        self._step()

    def cancel(self) -> None:
        """Cancel the run; the buttons change when it has really ended."""
        if self._run is None:
            return
        self.log(_("Cancelling..."))
        self._widgets.cancel.enabled = False
        if self._is_ending:
            _close(self._steps)
            self._end({"type": "error", "kind": "cancelled"})
        else:
            self._run.cancel()

    def stop(self) -> None:
        """End a run at once, for when the panel goes away."""
        self._timer.stop()
        run, self._run = self._run, None
        _close(self._steps)
        self._steps = None
        if run is not None:
            _kill(run)

    def log(self, line: str) -> None:
        """Add a line to the log."""
        self._widgets.log.appendPlainText(line)

    def poll(self) -> None:
        """Do the next step, or show what is new; called by the timer."""
        if self._run is None:
            return
        if self._steps is not None:
            self._step()
        else:
            self._listen(self._run)
        if self._run is not None:
            self._show_time()

    def _in_steps(self, steps: Any, *, is_ending: bool) -> None:
        """Do these steps at the next turns of the timer, without waiting between them."""
        self._steps, self._is_ending = steps, is_ending
        self._timer.setInterval(0)

    def _step(self) -> None:
        steps = self._steps
        try:
            what = next(steps)
        except StopIteration as end:
            self._steps = None
            self._timer.setInterval(_POLL_MS)
            if self._is_ending:
                self._take_result(end.value)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user is told and the panel goes on
            self._end(self._error_event(error))
        else:
            self._what = getattr(what, "message", what)
            share = int(_PERCENT * getattr(what, "fraction", 0.0))
            self._widgets.bar.value = max(self._widgets.bar.value, share)

    def _listen(self, run: FollowedRun) -> None:
        try:
            events = run.poll()
        except OSError as error:
            _kill(run)
            events = [{"type": "error", "kind": "failed", "message": f"the run cannot be followed: {error}"}]
        for event in events:
            self._show(event, run)

    def _show(self, event: dict[str, Any], run: FollowedRun) -> None:
        if event["type"] == "progress":
            self._fraction, self._what = float(event.get("fraction") or 0), event.get("message") or self._what
            self._widgets.bar.value = int(_PERCENT * self._fraction)
        if event["type"] == "done":
            self._fraction = 1.0
            self._in_steps(run.result_steps(), is_ending=True)
        elif event["type"] == "error":
            self._end(event)
        elif event.get("message"):
            self.log(event["message"])

    def _end(self, ending: dict[str, Any] | None) -> None:
        """The run is over; an ending that is not good is told."""
        self._timer.stop()
        self._run = self._steps = None
        self._on_change()
        if ending is not None:
            self._tell_error(ending)

    def _take_result(self, result: Any) -> None:
        run = self._run
        self._end(None)
        try:
            self._on_result(result)
        except Exception as error:
            logging.exception("result of the run cannot be shown")
            self._tell_error({"kind": "failed", "message": _with_folder(error, run)})
            return
        self._widgets.bar.value = _PERCENT
        took = elapsed_text(time.monotonic() - self._began)
        self._say(f"{self._words.done} {_('Took')} {took}.".strip())
        self.log(self._widgets.line.text)
        self._on_change()

    def _error_event(self, error: Exception) -> dict[str, Any]:
        if isinstance(error, Cancelled | SceneClosed):
            return {"type": "error", "kind": "cancelled", "message": str(error) or "cancelled"}
        if self._is_ending:
            logging.error("result of the run cannot be shown", exc_info=error)
            return {"type": "error", "kind": "failed", "message": _with_folder(error, self._run)}
        if isinstance(error, RefusedInput):
            return {"type": "error", "kind": "refused", "message": str(error)}
        logging.error("the run cannot be started", exc_info=error)
        return {"type": "error", "kind": "failed", "message": f"{type(error).__name__}: {error}"}

    def _tell_error(self, ending: dict[str, Any]) -> None:
        self._widgets.bar.value = 0
        kind, words = ending.get("kind"), self._words
        self._say(words.cancelled if kind == "cancelled" else "")
        message = ending.get("message") or kind or "no message"
        self.log(f"{str(kind).capitalize()}: {message}" if message != kind else str(kind).capitalize())
        if kind != "cancelled":
            show_error(f"{words.refused if kind == 'refused' else words.failed}:\n\n{message}")

    def _show_time(self) -> None:
        elapsed = time.monotonic() - self._began
        left = "" if self._steps is not None else remaining_text(elapsed, self._fraction)
        parts = [_(self._what), elapsed_text(elapsed), _(left)]
        self._say(" · ".join(part for part in parts if part))

    def _say(self, text: str) -> None:
        self._widgets.line.text = text
        self._widgets.line.setVisible(bool(text))


def _with_folder(error: Exception, run: FollowedRun | None) -> str:
    where = f"\n\nThe result is in {run.output_folder}" if run is not None else ""
    return f"{error}{where}"


def _close(steps: Any) -> None:
    """End steps early, so that they undo what they did; a plain iterator has nothing to undo."""
    close = getattr(steps, "close", None)
    if close is not None:
        close()


def _kill(run: FollowedRun) -> None:
    """End a run that nobody follows any more; the panel goes on, whatever comes of it."""
    try:
        run.kill()
    except (OSError, TimeoutError):
        logging.exception("the run did not end as it should")
