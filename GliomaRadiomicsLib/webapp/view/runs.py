"""Runs of the session: a worker process at a time, followed without waiting for it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.pipeline.job import Event, Job
from GliomaRadiomicsLib.pipeline.spare import Spare

_POLL_S = 0.2


class Runs:
    """At most one job at a time.

    Args:
        folder: Private folder of the session.
        on_event: Called with every event that is not the last.
        command: What does a job, instead of this library's worker.
    """

    def __init__(self, folder: Path, on_event: Callable[[Event], None], command: tuple[str, ...] | None = None) -> None:
        self._folder, self._on_event, self._command = folder / "runs", on_event, command
        self._spare = None if command else Spare()
        self._job: Job | None = None
        self._number = 0
        self.began = 0.0

    @property
    def is_running(self) -> bool:
        """Whether a job is under way."""
        return self._job is not None

    def warm_up(self) -> None:
        """Let a worker import what it needs, as a run is to be expected."""
        if self._spare is not None:
            self._spare.start()

    async def run(self, settings: dict[str, Any]) -> tuple[Event, Path]:
        """Do one job and give its last event and its output folder; the folder of a job that failed is gone.

        A job that names its own ``out`` has that, and keeps it however it ends.

        Raises:
            RefusedInput: If it cannot be started.
        """
        self._number += 1
        folder = self._folder / str(self._number)
        named = settings.get("out")
        out = Path(named) if named else folder / "out"
        job = Job(folder / "job", command=self._command, spare=self._spare)
        folder.mkdir(parents=True)
        job.start({**settings, "out": str(out)})
        self._job, self.began = job, time.monotonic()
        ending: Event = {"type": "error", "kind": "cancelled", "message": "cancelled"}
        try:
            while job.is_running:
                for event in job.poll():
                    if event["type"] in ("done", "error"):
                        ending = event
                    else:
                        self._on_event(event)
                await asyncio.sleep(_POLL_S)
        finally:
            self._job = None
            job.kill()
            gone = folder if named or ending["type"] != "done" else folder / "job"
            shutil.rmtree(gone, ignore_errors=True)
        return ending, out

    def cancel(self) -> None:
        """Ask the job to end."""
        if self._job is not None:
            self._job.cancel()

    def forget(self, out: Path | None) -> None:
        """Delete the output of an earlier run."""
        if out is not None and out.parent.parent == self._folder:
            shutil.rmtree(out.parent, ignore_errors=True)

    def close(self) -> None:
        """End whatever runs or waits."""
        if self._job is not None:
            self._job.kill()
        if self._spare is not None:
            self._spare.close()
