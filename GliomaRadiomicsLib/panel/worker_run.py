"""A worker's job without nodes, such as a training, as `panel.run_control` follows it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import Cancelled
from GliomaRadiomicsLib.pipeline.job import Event, Job

_GIVEN_UP = "cancelled"


class WorkerRun:
    """One job of `GliomaRadiomicsLib.pipeline.job`; its result is the path that the worker named.

    Args:
        job: See `Job.start`.
        options: Passed on to `Job`.
    """

    def __init__(self, job: dict[str, Any], options: dict[str, Any]) -> None:
        self._settings, self._made = job, ""
        self.output_folder = Path(job.get("out") or "")
        self._own = Path(tempfile.mkdtemp(prefix="glioma-radiomics-"))
        atexit.register(shutil.rmtree, self._own, ignore_errors=True)
        self._job = Job(self._own / "job", **options)
        self._cancelled = False

    def steps(self) -> Iterator[str]:
        """Start the worker; raises `RefusedInput` if that is not possible, `Cancelled` if it is not wanted any more."""
        yield "Starting"
        if self._cancelled:
            raise Cancelled(_GIVEN_UP)
        self._job.start(self._settings)

    def poll(self) -> list[Event]:
        """New events, without waiting."""
        events = self._job.poll()
        if events and events[-1]["type"] in ("done", "error"):
            self._made = events[-1].get("out") or ""
            shutil.rmtree(self._own, ignore_errors=True)
        return events

    def cancel(self) -> None:
        """Ask the worker to end."""
        self._cancelled = True
        self._job.cancel()

    def kill(self) -> None:
        """End the worker at once."""
        self._job.kill()
        self._job.wait(timeout_s=10)
        shutil.rmtree(self._own, ignore_errors=True)

    def result_steps(self) -> Generator[Any, None, Path]:
        """The path that the worker named."""
        yield from ()
        return Path(self._made)
