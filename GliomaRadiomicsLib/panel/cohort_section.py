"""Cohort: every patient of a table, who is done and who is not, and one of them into the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.cohort import CohortRow, cohort_job, cohort_rows, cohort_summary
from GliomaRadiomicsLib.interface.fields import COHORT_FIELDS
from GliomaRadiomicsLib.panel.cohort_runs import CohortRun, LoadRun
from GliomaRadiomicsLib.panel.dialogs import choose_file, choose_folder, guarded
from GliomaRadiomicsLib.panel.dress import dress_rows, row_input
from GliomaRadiomicsLib.panel.run_control import RunControl, RunWidgets, RunWords
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted

_TABLE_HEIGHT = 260


class CohortSection:
    """The section Cohort.

    Attributes:
        rows: Patients who are listed.
    """

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self.rows: list[CohortRow] = []
        ui = self._ui
        dress_rows(ui, COHORT_FIELDS)
        for one in COHORT_FIELDS:
            row_input(ui, one.key).connect("textChanged(QString)", lambda _text: self.refresh())
        ui.cohortOutEdit.connect("editingFinished()", guarded(self.list_rows))
        ui.cohortButton.connect("clicked()", guarded(self._choose_table))
        ui.cohortOutButton.connect("clicked()", guarded(self._choose_folder))
        ui.runCohortButton.connect("clicked()", guarded(self._run))
        keep_fitted(ui.cohortTable, _TABLE_HEIGHT)
        ui.cohortTable.connect("itemSelectionChanged()", self.refresh)
        ui.cohortFolderButton.connect("clicked()", guarded(self._open_folder))
        ui.cohortReportButton.connect("clicked()", guarded(self._open_report))
        ui.cohortShowButton.connect("clicked()", guarded(self._show))
        self.control = RunControl(
            RunWidgets(ui.cohortCancelButton, ui.cohortProgressBar, ui.cohortEtaLabel, ui.cohortLogText), self._on_run
        )
        ui.cohortProgress.setVisible(False)
        self._fill()

    @property
    def is_running(self) -> bool:
        """Whether a cohort is analysed, or a patient loaded."""
        return self.control.is_running

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
        self._panel.allow(ui.cohortCancelButton, "cancel")
        ui.cohortCancelButton.enabled = self.is_running
        if self.is_running:
            ui.cohortCancelButton.toolTip = _("End this; patients who are done are kept.")
        done = row is not None and row.folder is not None
        ui.cohortFolderButton.enabled = done
        ui.cohortShowButton.enabled = done and not self._panel.state.running
        ui.cohortReportButton.enabled = row is not None and row.report is not None
        why = _("Choose a patient who is done.")
        ui.cohortFolderButton.toolTip = _("Open the folder with the files of this patient.") if done else why
        ui.cohortShowButton.toolTip = _("Load images and result of this patient into the scene.") if done else why
        ui.cohortReportButton.toolTip = _("Open the report of this patient.") if done else why

    def show_result(self) -> None:
        """Nothing here depends on a result."""

    def stop(self) -> None:
        """The panel goes away, and what runs here with it."""
        self.control.stop()

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
        rows = [(row.case, _(row.status_text), row.in_words()) for row in self.rows]
        fill_table(self._ui.cohortTable, [_("Patient"), _("Status"), _("What was found, or why not")], rows, stretch=2)
        self._ui.cohortStateLabel.text = cohort_summary(self.rows)

    def _choose_table(self) -> None:
        self._ui.cohortEdit.text = choose_file(_("Table of patients"), "CSV (*.csv)")

    def _choose_folder(self) -> None:
        self._ui.cohortOutEdit.text = choose_folder(_("Output folder of the cohort"))
        self.list_rows()

    def _run(self) -> None:
        """The scene of each patient is written here on demand, so that step is left out; one patient at a time."""
        panel, ui = self._panel, self._ui
        panel.run.prepare(self.control)
        values = panel.run.values() | {"step_scene": False}
        job = cohort_job(
            values,
            ui.cohortEdit.text.strip(),
            ui.cohortOutEdit.text.strip(),
            resume=ui.resumeCheckBox.checked,
            workers=1,
        )
        run = CohortRun(job, panel.logic.workerOptions(), self._told)
        words = RunWords(
            done=_("Every patient has ended."),
            cancelled=_("Cancelled; patients who are done are kept."),
            failed=_("The cohort was not analysed to its end; patients who are done are kept"),
            refused=_("This cohort cannot be analysed"),
        )
        self.control.follow(run, lambda _result: self.list_rows(), words)
        panel.run.tell_absent_models(self.control)

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
        row = self.chosen_row()
        if row is None or row.folder is None:
            return
        self._panel.run.prepare(self.control, torch=False)
        words = RunWords(
            done=_("Loaded."),
            cancelled=_("Cancelled; the scene is as it was."),
            failed=_("The result cannot be loaded"),
            refused=_("The result cannot be loaded"),
        )
        run, case = LoadRun(row.folder, row.case), row.case
        self.control.follow(run, lambda nodes: self._take(nodes, case, run.output_folder), words)

    def _take(self, nodes: Any, case: str, folder: Path) -> None:
        from GliomaRadiomicsLib.scene.views import show_result

        show_result(slicer.mrmlScene, nodes)
        self._panel.show_loaded(nodes, case, folder)

    def _on_run(self) -> None:
        self._ui.cohortProgress.setVisible(True)
        self._panel.refresh()


def _open(path: Path) -> None:
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
