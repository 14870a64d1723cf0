"""What the section Cohort runs, as `panel.run_control` follows it: the cohort, and one result into the scene."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import slicer

from GliomaRadiomicsLib.interface.cohort import patient_line
from GliomaRadiomicsLib.panel.worker_run import WorkerRun
from GliomaRadiomicsLib.pipeline.job import Event

_GIVEN_UP = "cancelled"


class CohortRun(WorkerRun):
    """A cohort in a worker process; when it is cancelled, patients who are complete stay.

    Args:
        job: See `interface.cohort.cohort_job`.
        options: Passed on to `Job`.
        on_patient: Called when patients have ended, and at the end.
    """

    def __init__(self, job: dict[str, Any], options: dict[str, Any], on_patient: Callable[[], None]) -> None:
        super().__init__(job, options)
        self._on_patient = on_patient

    def poll(self) -> list[Event]:
        """New events; those of patients with a line for the log."""
        events = [_worded(event) for event in super().poll()]
        if any(event["type"] in ("patient", "done", "error") for event in events):
            self._on_patient()
        return events


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
