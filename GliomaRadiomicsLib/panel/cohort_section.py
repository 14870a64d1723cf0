"""Cohort: every patient of a table, who is done and who is not, and one of them into the scene."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.cohort import COHORT_TITLES, CohortRow, cohort_job, cohort_rows, cohort_summary
from GliomaRadiomicsLib.interface.fields import field
from GliomaRadiomicsLib.panel.dialogs import choose_file, choose_folder, guarded
from GliomaRadiomicsLib.panel.parameters import values_of
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted
from GliomaRadiomicsLib.pipeline.job import Event, Job

_TABLE_HEIGHT = 260
_NOTE_COLUMN = len(COHORT_TITLES) - 1


class CohortSection:
    """The section Cohort.

    Attributes:
        rows: Patients who are listed.
    """

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self.rows: list[CohortRow] = []
        ui = self._ui
        for key in ("cohort", "cohort_out"):
            edit, label, button = (getattr(ui, _name(key, kind)) for kind in ("Edit", "Label", "Button"))
            edit.toolTip = button.toolTip = _(field(key).help)
            edit.accessibleName = _(field(key).label)
            label.text = f"{_(field(key).label)}:"
            label.setBuddy(edit)
            edit.connect("textChanged(QString)", lambda _text: self.refresh())
        ui.cohortOutEdit.connect("editingFinished()", guarded(self.list_rows))
        ui.cohortButton.connect("clicked()", guarded(self._choose_table))
        ui.cohortOutButton.connect("clicked()", guarded(self._choose_folder))
        ui.runCohortButton.connect("clicked()", guarded(self._run))
        keep_fitted(ui.cohortTable, _TABLE_HEIGHT)
        ui.cohortTable.connect("itemSelectionChanged()", self.refresh)
        ui.cohortFolderButton.connect("clicked()", guarded(self._open_folder))
        ui.cohortReportButton.connect("clicked()", guarded(self._open_report))
        ui.cohortShowButton.connect("clicked()", guarded(self._show))
        self._fill()

    @property
    def is_filled(self) -> bool:
        """Whether a table and an output folder are chosen."""
        return bool(self._ui.cohortEdit.text.strip() and self._ui.cohortOutEdit.text.strip())

    def chosen_row(self) -> CohortRow | None:
        """The patient chosen in the list."""
        row = self._ui.cohortTable.currentRow()
        return self.rows[row] if 0 <= row < len(self.rows) else None

    def refresh(self) -> None:
        """Enable the buttons."""
        ui, row = self._ui, self.chosen_row()
        self._panel.allow(ui.runCohortButton, "run_cohort")
        done = row is not None and row.folder is not None
        ui.cohortFolderButton.enabled = ui.cohortShowButton.enabled = done
        ui.cohortReportButton.enabled = row is not None and row.report is not None
        why = _("Choose a patient who is done.")
        ui.cohortFolderButton.toolTip = _("Open the folder with the files of this patient.") if done else why
        ui.cohortShowButton.toolTip = _("Load images and result of this patient into the scene.") if done else why
        ui.cohortReportButton.toolTip = _("Open the report of this patient.") if done else why

    def show_result(self) -> None:
        """Nothing here depends on a result."""

    def list_rows(self) -> None:
        """List who has ended in the output folder; an earlier cohort's patients too.

        Raises:
            RefusedInput: If the folder's table cannot be read.
        """
        folder = self._ui.cohortOutEdit.text.strip()
        self.rows = cohort_rows(folder) if folder else []
        self._fill()
        self.refresh()

    def _fill(self) -> None:
        rows = [(row.case, _(row.status_text), *row.texts()[2:]) for row in self.rows]
        fill_table(self._ui.cohortTable, [_(title) for title in COHORT_TITLES], rows, stretch=_NOTE_COLUMN)
        self._ui.cohortStateLabel.text = cohort_summary(self.rows)

    def _choose_table(self) -> None:
        self._ui.cohortEdit.text = choose_file(_("Table of patients"), "CSV (*.csv)")

    def _choose_folder(self) -> None:
        self._ui.cohortOutEdit.text = choose_folder(_("Output folder of the cohort"))
        self.list_rows()

    def _run(self) -> None:
        """The scene of each patient is written here on demand, so that step is left out; one patient at a time."""
        panel, ui = self._panel, self._ui
        panel.run.prepare()
        values = values_of(panel.parameters) | {"step_scene": False}
        job = cohort_job(
            values,
            ui.cohortEdit.text.strip(),
            ui.cohortOutEdit.text.strip(),
            resume=ui.resumeCheckBox.checked,
            workers=1,
        )
        run = CohortRun(job, panel.logic.workerOptions(), self._told)
        panel.run.follow(run, lambda _result: None, _("Every patient has ended."))

    def _told(self) -> None:
        try:
            self.list_rows()
        except RefusedInput as error:
            self._ui.cohortStateLabel.text = str(error)

    def _open_folder(self) -> None:
        row = self.chosen_row()
        if row is not None and row.folder is not None:
            _open(row.folder)

    def _open_report(self) -> None:
        row = self.chosen_row()
        if row is not None and row.report is not None:
            _open(row.report)

    def _show(self) -> None:
        from GliomaRadiomicsLib.scene.views import show_result
        from GliomaRadiomicsLib.scene.writer import write_result

        row = self.chosen_row()
        if row is None or row.folder is None:
            return
        with slicer.util.WaitCursor():
            nodes = write_result(row.folder, patient=row.case, scene=slicer.mrmlScene)
            show_result(slicer.mrmlScene, nodes)
        self._panel.show_new(nodes, row.case, row.folder)


class CohortRun:
    """A cohort in a worker process, for `panel.run_control`.

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

    def steps(self) -> Iterator[str]:
        """Start the worker; raises `RefusedInput` if that is not possible."""
        yield "starting"
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
        self._job.cancel()

    def kill(self) -> None:
        """End the run at once."""
        self._job.kill()
        self._job.wait(timeout_s=10)

    def result_steps(self) -> Iterator[Any]:
        """What it found lies in the output folder."""
        return iter(())


def _worded(event: Event) -> Event:
    if event["type"] != "patient":
        return event
    reason = f": {event['message']}" if event["message"] else ""
    line = f"{event['done']}/{event['of']} {event['case']}: {event['status']}{reason}"
    return {**event, "message": line}


def _open(path: Path) -> None:
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))


def _name(key: str, kind: str) -> str:
    """Widget of a field: ``cohort_out`` and ``Edit`` are ``cohortOutEdit``."""
    first, *others = key.split("_")
    return first + "".join(part.capitalize() for part in others) + kind
