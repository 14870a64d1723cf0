"""A run in a worker process: what panel, web page and scripts start, follow and cancel.

The worker is ``python -m GliomaRadiomicsLib worker FOLDER``. It reads ``job.json`` in its folder and writes JSON lines
to standard output, which goes to a file in the folder: nothing here blocks, and no thread is needed (inside 3D Slicer
Python threads stand still while the program waits for the user).

Events are dictionaries:

* ``{"type": "progress", "fraction": 0.4, "message": "..."}``
* ``{"type": "log", "message": "..."}`` for any other line the worker wrote
* ``{"type": "check", "findings": [...]}``: what the command ``check`` found, each a `Finding` as plain data
* ``{"type": "patient", "case": "...", "status": "...", "message": "...", "done": 3, "of": 20}``: a patient of the
  command ``cohort`` has ended
* ``{"type": "done", "out": "..."}`` or ``{"type": "error", "kind": "refused|failed|cancelled", "message": "..."}``;
  exactly one of these two, as the last event.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.pipeline.output import OutputFolder
from GliomaRadiomicsLib.pipeline.processes import (
    WORKER,
    ask_tree_to_end,
    end_tree,
    find_python,
    start_process,
    worker_environment,
)
from GliomaRadiomicsLib.pipeline.spare import Spare, release

Event = dict[str, Any]

EXIT_DONE, EXIT_FAILED, EXIT_REFUSED, EXIT_CANCELLED = 0, 1, 2, 130

_FILES = ("events.jsonl", "log.txt")
_TYPES = ("progress", "check", "patient", "done", "error")
_GRACE_S = 1.0
_POLL_S = 0.05
_LOG_LINES_IN_MESSAGE = 3
_OUT_OF_MEMORY = (
    "the system ended the run, most likely for lack of memory; close other programs, or run on a machine with more"
)


class Job:
    """One run, in its own folder and its own process.

    Args:
        folder: Folder of the job; made if missing.
        command: What to start; the folder is added as last argument. Default: the worker of this library.
        environment: Variables to set on top of this process's environment.
        spare: Its process is used if one waits, unless ``command`` or ``environment`` is given; when this job has
            ended, the next is started.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        command: Sequence[str] | None = None,
        environment: dict[str, str] | None = None,
        spare: Spare | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._command, self._environment = command, environment or {}
        self._spare = spare
        self._from_spare = False
        self._process: subprocess.Popen[bytes] | None = None
        self._tails: tuple[_Tail, _Tail] | None = None
        self._out: str | None = None
        self._ending: Event | None = None
        self._ended = False
        self._cancelled_at: float | None = None
        self._last_log: list[str] = []

    @property
    def is_running(self) -> bool:
        """Whether the job was started and its last event has not been given out yet."""
        return self._process is not None and not self._ended

    def start(self, job_settings: dict[str, Any]) -> None:
        """Write ``job.json`` and start the worker; returns at once.

        Args:
            job_settings: ``command`` and what it reads. ``analyze``: ``inputs``, ``dicom``, ``mask``, ``clinical``,
                ``steps``, ``models``, ``device``, ``normalisation``, ``reuse``, ``out``. ``check``: ``inputs`` and
                ``mask``. ``cohort``: what is not of one patient, and ``cohort`` (the table), ``workers``,
                ``scheduler``, ``resume``. ``train``: ``system``, ``cohort``, ``out`` (the bundle), ``config`` (a file)
                and ``device``. ``export``: ``folder`` (of a result), ``kind`` (of `pipeline.export.export.KINDS`),
                ``dicom`` (folder of the series), ``out`` (the file). ``models-download``: ``name``, ``url``,
                ``sha256``. ``models-import``: ``file``.

        Raises:
            RefusedInput: If the folder already had a job, cannot be written, or there is no Python to start.
        """
        if (self.folder / "job.json").exists():
            raise RefusedInput(what="folder already has a job", where=self.folder.name, remedy="use a new folder")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_json(self.folder / "job.json", job_settings)
            self._out = job_settings.get("out")
            self._process = self._process_for_job()
        except OSError as error:
            raise RefusedInput(
                what="run cannot be started",
                where=self.folder.name,
                found=error.strerror or error,
                remedy="check that the temporary folder is writable and has free space",
            ) from error
        events, log = _FILES
        self._tails = (_Tail(self.folder / events), _Tail(self.folder / log))

    def poll(self) -> list[Event]:
        """Events since the last call, without waiting; empty before the start and after the ending."""
        if not self.is_running or self._process is None or self._tails is None:
            return []
        code = self._process.poll()
        if code is None and self._cancelled_at is not None and time.monotonic() - self._cancelled_at > _GRACE_S:
            self.kill()
            code = self._process.wait()
        if code is not None and self._began_anew():
            return []
        events, log = self._tails
        ended = code is not None
        found = [_event(line) for line in events.lines(ended)] + [_log(line) for line in log.lines(ended)]
        running = [event for event in found if event["type"] not in ("done", "error")]
        self._ending = next((event for event in found if event not in running), self._ending)
        self._last_log = (self._last_log + [event["message"] for event in running if event["type"] == "log"])[-99:]
        if code is not None:
            self._ended = True
            if code < 0 or self._cancelled_at is not None:
                self._clear_up(self._process)
            running.append(self._ending_for(code))
            release(self._process)
            if self._spare is not None:
                self._spare.start()
        return running

    def wait(self, timeout_s: float | None = None) -> list[Event]:
        """Block until the job has ended and return the events since the last `poll`.

        Raises:
            TimeoutError: If it has not ended after ``timeout_s`` seconds.
        """
        began, found = time.monotonic(), []
        while self.is_running:
            found += self.poll()
            if timeout_s is not None and self.is_running and time.monotonic() - began > timeout_s:
                msg = f"the run has not ended after {timeout_s:g} s"
                raise TimeoutError(msg)
            if self.is_running:
                time.sleep(_POLL_S)
        return found

    def cancel(self) -> None:
        """Ask the worker and everything it started to end; `poll` ends them by force a second later.

        A run whose result was complete before it heard of this ends with ``done``.
        Returns at once. Does nothing if the job is not running or was cancelled before.
        """
        if not self.is_running or self._cancelled_at is not None or self._process is None:
            return
        self._cancelled_at = time.monotonic()
        ask_tree_to_end(self._process)

    def kill(self) -> None:
        """End the worker and everything it started, at once and by force."""
        if self._process is None or self._process.poll() is not None:
            return
        self._cancelled_at = self._cancelled_at or time.monotonic()
        end_tree(self._process)

    def _process_for_job(self) -> subprocess.Popen[bytes]:
        """The spare's process if it can have this job, else a new one."""
        if self._spare is not None and self._command is None and not self._environment:
            for name in _FILES:
                (self.folder / name).touch()
            process = self._spare.take(self.folder)
            self._from_spare = process is not None
            if process is not None:
                return process
        return self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        command = [*(self._command or (find_python(), *WORKER)), str(self.folder)]
        events, log = (self.folder / name for name in _FILES)
        with events.open("wb") as stdout, log.open("wb") as stderr:
            environment = worker_environment() | self._environment
            return start_process(command, environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)

    def _began_anew(self) -> bool:
        """Whether a new process has the job now, as the spare's ended without a word of it."""
        said = any((self.folder / name).stat().st_size for name in _FILES)
        if not self._from_spare or self._cancelled_at is not None or said or self._process is None:
            return False
        self._from_spare = False
        release(self._process)
        try:
            self._process = self._launch()
        except (OSError, RefusedInput):
            return False
        return True

    def _clear_up(self, process: subprocess.Popen[bytes]) -> None:
        """What a worker that was ended could not do itself."""
        end_tree(process)
        if self._out:
            OutputFolder(self._out).remove_remains()

    def _ending_for(self, code: int) -> Event:
        if self._cancelled_at is not None and self._ending is not None and self._ending["type"] == "done":
            return self._ending
        if self._cancelled_at is not None or code == EXIT_CANCELLED:
            return _error("cancelled", "cancelled")
        if code < 0 and -code == getattr(signal, "SIGKILL", 9):
            return _error("failed", _OUT_OF_MEMORY)
        if self._ending is not None and (code == EXIT_DONE) == (self._ending["type"] == "done"):
            return self._ending
        tail = " / ".join(self._last_log[-_LOG_LINES_IN_MESSAGE:]) or "it wrote no message"
        if code == EXIT_DONE:
            return _error("failed", f"the run ended without a result: {tail}")
        kind = "refused" if code == EXIT_REFUSED else "failed"
        return _error(kind, tail if kind == "refused" else f"the run stopped with exit code {code}: {tail}")


class _Tail:
    """New complete lines of a file that grows."""

    def __init__(self, path: Path) -> None:
        self._path, self._position, self._rest = path, 0, b""

    def lines(self, ended: bool) -> list[str]:
        with self._path.open("rb") as file:
            file.seek(self._position)
            data = file.read()
        self._position += len(data)
        *complete, self._rest = (self._rest + data).split(b"\n")
        if ended and self._rest:
            complete.append(self._rest)
            self._rest = b""
        return [text for line in complete if (text := line.decode("utf-8", errors="replace").strip())]


def _event(line: str) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        return _log(line)
    return event if isinstance(event, dict) and event.get("type") in _TYPES else _log(line)


def _log(line: str) -> Event:
    return {"type": "log", "message": line}


def _error(kind: str, message: str) -> Event:
    return {"type": "error", "kind": kind, "message": message}


def _write_json(path: Path, data: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(data, indent=1), encoding="utf-8")
    partial.replace(path)
