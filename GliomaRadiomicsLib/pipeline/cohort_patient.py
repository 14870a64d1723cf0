"""One patient of a cohort, in a process of its own that ends with the one that started it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline.cohort_plan import Outcome, PatientTask
from GliomaRadiomicsLib.pipeline.cohort_resume import Expected, is_same
from GliomaRadiomicsLib.pipeline.job import Job
from GliomaRadiomicsLib.pipeline.spare import Spare

_POLL_S = 0.1
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
CANCELLED = Outcome("cancelled", "cancelled")


@dataclass(frozen=True)
class How:
    """How every patient is run; plain data that can be sent to another machine.

    Attributes:
        settings: Of the analysis; clinical data are the patient's own.
        stop: File whose appearance cancels.
        patients_at_once: On one machine; the processor cores are shared among them.
        keep: Results made in this way are kept; None: none is.
        command: What to start instead of this library's worker.
    """

    settings: AnalyzeSettings
    stop: str
    patients_at_once: int = 1
    keep: Expected | None = None
    command: tuple[str, ...] | None = None


Watch = Callable[[float | None], None]
"""Called several times a second with the fraction that is done, or None if nothing is new; raises to cancel."""


def run_patient(task: PatientTask, how: How, watch: Watch) -> Outcome:
    """Run a patient and wait for the end; whatever goes wrong with it is its outcome.

    Args:
        task: The patient.
        how: See `How`.
        watch: See `Watch`.

    Raises:
        Exception: What ``watch`` raised, when the patient's process has ended.
    """
    if Path(how.stop).exists():
        return CANCELLED
    if how.keep is not None and is_same(task, how.keep):
        return Outcome("done", kept=True)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="glioma-radiomics-", ignore_cleanup_errors=True) as folder:
            ending = _follow(task, how, Path(folder) / "job", watch)
    except (OSError, RefusedInput) as error:
        ending = {"type": "error", "kind": "failed", "message": str(error)}
    seconds = round(time.monotonic() - began, 1)
    if ending["type"] == "done":
        return Outcome("done", seconds=seconds)
    if ending["kind"] == "cancelled":
        return CANCELLED
    status = "refused" if ending["kind"] == "refused" else "failed"
    return Outcome(status, task.without_paths(ending["message"]), seconds)  # type: ignore[arg-type]


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _follow(task: PatientTask, how: How, folder: Path, watch: Watch) -> dict[str, Any]:
    """The last event. The process hangs on a pipe of this one, so that it ends even if this one is killed."""
    threads = str(max(1, cores() // how.patients_at_once))
    spare = Spare(command=how.command, environment=dict.fromkeys(_THREADS, threads))
    spare.start()
    job = Job(folder, spare=spare)
    last: dict[str, Any] = {}
    try:
        job.start(task.job(how.settings))
        spare.close()
        while job.is_running:
            for last in job.poll():
                if last["type"] == "progress":
                    watch(float(last["fraction"]))
            watch(None)
            if Path(how.stop).exists():
                job.cancel()
            time.sleep(_POLL_S)
    except BaseException:
        job.cancel()
        job.wait()
        raise
    finally:
        spare.close()
    return last
