"""Every patient of a table through the chain, each in its own process; what is complete is never lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import sha256_file, timestamp, versions
from GliomaRadiomicsLib.core.remaining import remaining_text
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.pipeline import cohort_files as files
from GliomaRadiomicsLib.pipeline.checks import check_settings
from GliomaRadiomicsLib.pipeline.cohort_dask import INSTALL, has_dask, run_on_dask
from GliomaRadiomicsLib.pipeline.cohort_folder import CohortFolder, default_workers
from GliomaRadiomicsLib.pipeline.cohort_patient import How, run_patient
from GliomaRadiomicsLib.pipeline.cohort_plan import Outcome, PatientTask, plan
from GliomaRadiomicsLib.pipeline.cohort_resume import Expected, expected_of
from GliomaRadiomicsLib.pipeline.cohort_table import read_rows
from GliomaRadiomicsLib.pipeline.output import OutputFolder

STATUSES = ("done", "refused", "failed", "skipped")
_ALMOST = 0.999


@dataclass(frozen=True)
class CohortSummary:
    """How a cohort ended: lines of ``cohort.csv``, how many of each status, and how many results were kept."""

    folder: Path
    rows: list[dict[str, str]]
    counts: dict[str, int]
    kept: int

    @property
    def faults(self) -> list[dict[str, str]]:
        """Patients who were refused or failed."""
        return [row for row in self.rows if row["status"] in ("refused", "failed")]


def run_cohort(
    table: str | Path,
    out: str | Path,
    *,
    settings: AnalyzeSettings | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    on_patient: Callable[[dict[str, Any]], None] | None = None,
    command: Sequence[str] | None = None,
) -> CohortSummary:
    """Run every patient of a COHORT.csv; a patient who cannot be used never stops the others.

    Args:
        table: See `imaging.cohort`; its paths are relative to it.
        out: Folder with a folder for each patient, and the tables of `pipeline.cohort_files`.
        settings: Of every patient; clinical data are taken from the table.
        workers: Patients at the same time on this machine; default: as many as cores and memory allow, one without
            Dask.
        scheduler: Address of a Dask scheduler whose workers see the same files, instead of this machine.
        resume: Keep what is complete and of the same inputs, settings, models and version.
        progress: Told how many patients have ended; may cancel.
        on_patient: Given an event of type ``patient`` (see `pipeline.job`) for everyone who has ended.
        command: What to start for each patient instead of this library's worker.

    Raises:
        RefusedInput: If the table, the settings or the folder cannot be used; nothing is run.
        Cancelled: If the user cancelled; patients who are complete stay.
    """
    settings = settings or AnalyzeSettings()
    check_settings(settings)
    patients = read_cohort(table, keep_absent=True)
    workers = _checked_workers(workers, scheduler, len(patients))
    tasks = plan(patients, Path(out))
    if all(task.ended is not None and task.ended.status == "skipped" for task in tasks):
        remedy = "fill at least one of t1, t1ce, t2, flair, dicom"
        raise RefusedInput(what="no line of the cohort has images", where=Path(table).name, remedy=remedy)
    expected = expected_of(settings)
    with CohortFolder(out) as folder:
        how = How(
            settings,
            stop=str(folder.absolute() / f".stop-{uuid4().hex}"),
            keep=expected if resume else None,
            command=tuple(command) if command else None,
        )
        about = _about(Path(table), expected, resume=resume, workers=workers, scheduler=scheduler)
        run = _Run(folder, tasks, about, progress or Progress(), on_patient or (lambda _event: None))
        return run.run(how, workers, scheduler)


def _checked_workers(workers: int | None, scheduler: str | None, patients: int) -> int:
    if workers is not None and workers < 1:
        raise RefusedInput(what="not a number of workers", where="--workers", found=workers, remedy="give 1 or more")
    if (scheduler is not None or (workers or 1) > 1) and not has_dask():
        where = "--workers" if scheduler is None else "--scheduler"
        remedy = f"install it: {INSTALL}; or run patient by patient with --workers 1"
        raise RefusedInput(what="Dask is needed and not installed", where=where, remedy=remedy)
    if workers is None:
        workers = default_workers() if has_dask() else 1
    return min(workers, patients)


def _about(table: Path, expected: Expected, *, resume: bool, workers: int, scheduler: str | None) -> dict[str, Any]:
    return {
        "created": timestamp(),
        "state": "running",
        "cohort": {"file": table.name, "sha256": sha256_file(table)},
        "settings": {**expected.settings, "models": expected.models},
        "resume": resume,
        "cluster": "existing" if scheduler else "embedded" if workers > 1 else "none",
        "workers": None if scheduler else workers,
        "versions": versions(),
    }


@dataclass
class _Run:
    """One run: takes what ended, writes the tables, tells."""

    folder: Path
    tasks: list[PatientTask]
    about: dict[str, Any]
    progress: Progress
    on_patient: Callable[[dict[str, Any]], None]
    rows: dict[int, dict[str, str]] = field(default_factory=dict)
    earlier: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[int, float] = field(default_factory=dict)
    kept: int = 0
    computed: int = 0
    began: float = field(default_factory=time.monotonic)
    told: tuple[int, int] = (-1, -1)

    def run(self, how: How, workers: int, scheduler: str | None) -> CohortSummary:
        """Run all; writes the tables however it ends."""
        if how.keep is not None:
            self.earlier = {row["case"]: row for row in read_rows(self.folder) if row["status"] == "done"}
        try:
            self._run_all(how, workers, scheduler)
            self.about["state"] = "done"
        except (Cancelled, KeyboardInterrupt):
            self.about["state"] = "cancelled"
            raise
        except BaseException:
            self.about["state"] = "failed"
            raise
        finally:
            Path(how.stop).unlink(missing_ok=True)
            self._close()
        return CohortSummary(self.folder, self._lines(), self._counts(), self.kept)

    def _run_all(self, how: How, workers: int, scheduler: str | None) -> None:
        self._write()
        for task in self.tasks:
            if task.ended is not None:
                self._take(task, task.ended)
        to_run = [task for task in self.tasks if task.ended is None]
        self._tell()
        if scheduler is not None or workers > 1:
            run_on_dask(
                to_run,
                how,
                take=self._take,
                report=self._hear,
                tick=self._tell,
                workers=workers,
                scheduler=scheduler,
            )
            return
        for task in to_run:
            self._take(task, run_patient(task, how, partial(self._watch, task.line)))

    def _take(self, task: PatientTask, outcome: Outcome) -> None:
        """A patient has ended."""
        self.running.pop(task.line, None)
        if outcome.status == "cancelled":
            return
        try:
            row = files.row_of(task, outcome)
        except RefusedInput as error:
            outcome = Outcome("failed", f"the result cannot be read: {error}", outcome.seconds)
            row = files.row_of(task, outcome)
        if outcome.kept:
            self.kept += 1
            row["seconds"] = self.earlier.get(task.case, {}).get("seconds", "")
        elif outcome.seconds is not None:
            self.computed += 1
        self.rows[task.line] = row
        self._write()
        message = outcome.message or ("the result of an earlier run is kept" if outcome.kept else "")
        said = {"type": "patient", "case": task.case, "status": outcome.status, "message": message}
        self.on_patient({**said, "done": len(self.rows), "of": len(self.tasks)})

    def _watch(self, line: int, fraction: float | None) -> None:
        if fraction is not None:
            self._hear(line, fraction)
        self._tell()

    def _hear(self, line: int, fraction: float) -> None:
        if line not in self.rows:
            self.running[line] = min(fraction, _ALMOST)

    def _tell(self) -> None:
        """Progress, where something has changed; raises `Cancelled` if the user cancelled."""
        if self.progress.is_cancelled():
            msg = "cancelled"
            raise Cancelled(msg)
        under_way = sum(list(self.running.values()))
        ended, total = len(self.rows), len(self.tasks)
        fraction = (ended + under_way) / total
        now = (ended, int(100 * fraction))
        if now == self.told:
            return
        self.told = now
        to_compute = total - (ended - self.computed)
        pace = (self.computed + under_way) / to_compute if to_compute else 1.0
        left = remaining_text(time.monotonic() - self.began, pace)
        text = f"{ended} of {total} patients have ended"
        self.progress.report(fraction, f"{text}, {left}" if left else text)

    def _lines(self) -> list[dict[str, str]]:
        """Of this run, and of earlier ones for those whose turn has not come."""
        waiting = [task for task in self.tasks if task.line not in self.rows and task.case in self.earlier]
        earlier = [{**self.earlier[task.case], "line": str(task.line)} for task in waiting]
        return sorted([*self.rows.values(), *earlier], key=lambda row: int(row["line"]))

    def _counts(self) -> dict[str, int]:
        found = Counter(row["status"] for row in self.rows.values())
        return {status: found[status] for status in STATUSES}

    def _write(self) -> None:
        lines = self._lines()
        files.write_rows(lines, self.folder)
        files.write_skipped(lines, self.folder)
        counts = {**self._counts(), "not_run": len(self.tasks) - len(self.rows), "kept": self.kept}
        about = {**self.about, "patients": len(self.tasks), "counts": counts}
        files.write_settings({**about, "seconds": round(time.monotonic() - self.began, 1)}, self.folder)

    def _close(self) -> None:
        for task in self.tasks:
            OutputFolder(task.out).remove_remains()
        self._tell_end()
        self._write()
        files.write_features(self._lines(), self.folder)

    def _tell_end(self) -> None:
        if self.about["state"] == "done":
            self.progress.report(1.0, f"all {len(self.tasks)} patients have ended")
