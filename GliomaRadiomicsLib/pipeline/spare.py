"""A spare worker: a process that has imported the machine learning stack and waits for one job.

Importing takes seconds, so it is done ahead. A spare takes one job, does it as any worker does, and ends; so memory is
given back, and a job is as isolated and can be cancelled as well as without a spare. It also ends when its time of
waiting is over, and with the process that started it, however that ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.pipeline.processes import WORKER, end_tree, find_python, start_process, worker_environment

IDLE_S = 900.0
"""Seconds a spare waits for a job before it ends and gives its memory back."""


class Spare:
    """At most one process that waits; `Job` takes it if it can, and starts the next when it has ended.

    Nothing here blocks. Whatever is wrong with a spare, a job does without it.

    Args:
        idle_s: Seconds to wait for a job.
        command: What to start instead of this library's worker.
        environment: Variables to set on top of this process's environment.
    """

    def __init__(
        self,
        *,
        idle_s: float = IDLE_S,
        command: Sequence[str] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        self._idle_s, self._command, self._more = idle_s, command, environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._environment: dict[str, str] = {}
        self._said: IO[bytes] | None = None
        self._closed = False

    @property
    def is_waiting(self) -> bool:
        """Whether there is a process, be it ready or still importing."""
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it has imported everything, so that a job begins at once."""
        return self.is_waiting and self._said is not None and os.fstat(self._said.fileno()).st_size > 0

    def start(self) -> None:
        """Start a process unless one waits; returns at once, and does nothing where none can be started."""
        if self._closed or self.is_waiting:
            return
        self._forget()
        environment = worker_environment() | self._more
        try:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - the process writes to it as long as it lives
            command = [*(self._command or (find_python(), *WORKER)), "--wait", f"{self._idle_s:g}"]
            self._process = start_process(
                command, environment, stdin=subprocess.PIPE, stdout=self._said, stderr=subprocess.DEVNULL
            )
        except (OSError, RefusedInput):
            return
        self._environment = environment

    def take(self, folder: Path) -> subprocess.Popen[bytes] | None:
        """Give the job in ``folder`` to the process that waits; from then on it is the caller's.

        Returns:
            The process, which may yet die before it says anything in ``events.jsonl``; or None if there is none, or if
            this process's environment is no longer the one it was started with.
        """
        process = self._process
        if process is None or not self.is_waiting or process.stdin is None:
            return None
        if self._environment != worker_environment() | self._more:
            self._end()
            return None
        try:
            process.stdin.write(json.dumps({"job": str(folder.absolute()), "folder": str(Path.cwd())}).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            self._end()
            return None
        self._process = None
        self._forget()
        return process

    def close(self) -> None:
        """End the process that waits, if any, and start no more; a job that was taken goes on."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        if self.is_waiting and self._process is not None:
            end_tree(self._process)
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._process is not None:
            release(self._process)
        if self._said is not None:
            self._said.close()
        self._process = self._said = None


def release(process: subprocess.Popen[bytes]) -> None:
    """Close this end of the pipe to a process that has ended."""
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:
        return
