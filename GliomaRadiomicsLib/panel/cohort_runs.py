"""What the section Cohort runs, as `panel.run_control` follows it: the cohort, and one result into the scene."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import slicer

from GliomaRadiomicsLib.core.errors import Cancelled
from GliomaRadiomicsLib.interface.cohort import patient_line
from GliomaRadiomicsLib.pipeline.job import Event, Job

_GIVEN_UP = "cancelled"


class CohortRun:
    """A cohort in a worker process.

    Args:
        job: See `interface.cohort.cohort_job`.
        options: Passed on to `Job`.
        on_patient: Called when patients have ended, and at the end.
    """

    def __init__(self, job: dict[str, Any], options: dict[str, Any], on_patient: Callable[[], None]) -> None:
        self._settings, self._on_patient = job, on_patient
        self.output_folder = Path(job["out"])
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
        """New events; those of patients with a line for the log."""
        events = [_worded(event) for event in self._job.poll()]
        ended = bool(events) and events[-1]["type"] in ("done", "error")
        if ended or any(event["type"] == "patient" for event in events):
            self._on_patient()
        if ended:
            shutil.rmtree(self._own, ignore_errors=True)
        return events

    def cancel(self) -> None:
        """Ask the run to end; patients who are complete stay."""
        self._cancelled = True
        self._job.cancel()

    def kill(self) -> None:
        """End the run at once."""
        self._job.kill()
        self._job.wait(timeout_s=10)

    def result_steps(self) -> Generator[Any, None, None]:
        """What it found lies in the output folder."""
        yield from ()


class LoadRun:
    """A result that was computed before, loaded into the scene in short steps; there is no worker.

    Args:
        folder: Output folder of a patient.
        patient: Name of the nodes.
    """

    def __init__(self, folder: Path, patient: str) -> None:
        self.output_folder, self._patient = folder, patient
        self._cancelled = False

    def steps(self) -> Iterator[str]:
        """There is nothing to start."""
        return iter(())

    def poll(self) -> list[Event]:
        """That it can be loaded."""
        return [{"type": "error", "kind": _GIVEN_UP} if self._cancelled else {"type": "done"}]

    def cancel(self) -> None:
        """Do not begin."""
        self._cancelled = True

    def kill(self) -> None:
        """There is no process."""

    def result_steps(self) -> Generator[Any, None, Any]:
        """Write the nodes and return them; if it is closed early, the scene is left as it was."""
        from GliomaRadiomicsLib.scene.writer import result_steps

        return (yield from result_steps(self.output_folder, patient=self._patient, scene=slicer.mrmlScene))


def _worded(event: Event) -> Event:
    return {**event, "message": patient_line(event)} if event["type"] == "patient" else event
