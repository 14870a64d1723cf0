"""Models: installed bundles with their cards; import, download, verify, train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.fields import DOWNLOAD_FIELDS
from GliomaRadiomicsLib.interface.model_jobs import download_job, import_job
from GliomaRadiomicsLib.interface.models import ModelRow, model_rows, verify_row
from GliomaRadiomicsLib.panel.dialogs import choose_file, choose_folder, guarded
from GliomaRadiomicsLib.panel.dress import dress_rows, row_values
from GliomaRadiomicsLib.panel.run_control import RunControl, RunWidgets, RunWords
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted
from GliomaRadiomicsLib.panel.train_box import TrainBox
from GliomaRadiomicsLib.panel.worker_run import WorkerRun

_TABLE_HEIGHT, _CARD_HEIGHT = 220, 180
_FILES = "*.zip *.tar *.tar.gz *.tgz *.pth *.pt"


class ModelsSection:
    """The section Models."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self.rows: list[ModelRow] = []
        ui = self._ui
        self.control = RunControl(
            RunWidgets(ui.modelCancelButton, ui.modelProgressBar, ui.modelEtaLabel, ui.modelLogText),
            self._on_run,
        )
        self.train = TrainBox(panel, self._train)
        dress_rows(ui, DOWNLOAD_FIELDS)
        keep_fitted(ui.modelTable, _TABLE_HEIGHT)
        ui.modelTable.connect("itemSelectionChanged()", self._show_card)
        ui.importModelButton.connect("clicked()", guarded(self._import_file))
        ui.importFolderButton.connect("clicked()", guarded(self._import_folder))
        ui.verifyModelButton.connect("clicked()", guarded(self._verify))
        ui.downloadModelButton.connect("clicked()", guarded(self._download))
        ui.modelCardBrowser.setMinimumHeight(_CARD_HEIGHT)
        ui.modelProgress.setVisible(False)
        self._list()

    @property
    def is_running(self) -> bool:
        """Whether a model is being trained, imported or downloaded."""
        return self.control.is_running

    def chosen_row(self) -> ModelRow | None:
        """The model chosen in the list."""
        row = self._ui.modelTable.currentRow()
        return self.rows[row] if 0 <= row < len(self.rows) else None

    def refresh(self) -> None:
        """Enable the buttons."""
        panel, ui = self._panel, self._ui
        panel.allow(ui.importModelButton, "import_model")
        panel.allow(ui.importFolderButton, "import_model")
        panel.allow(ui.verifyModelButton, "verify_model")
        panel.allow(ui.downloadModelButton, "import_model")
        panel.allow(ui.modelCancelButton, "cancel")
        ui.modelCancelButton.enabled = self.is_running
        self.train.refresh()
        ui.downloadModelButton.toolTip = _("Fetch a zipped bundle; it is taken only if its SHA-256 is as given.")

    def show_result(self) -> None:
        """Nothing here depends on a result."""

    def stop(self) -> None:
        """The panel goes away, and what runs here with it."""
        self.control.stop()

    def _on_run(self) -> None:
        self._ui.modelProgress.setVisible(True)
        self._panel.refresh()

    def _list(self) -> None:
        self.rows = model_rows()
        titles = [_("Model"), _("Predicts"), _("Version")]
        rows = [(row.name, _(row.what or row.problem), row.version) for row in self.rows]
        fill_table(self._ui.modelTable, titles, rows, stretch=1)

    def _changed(self, message: str) -> None:
        self._list()
        self._panel.run.list_models()
        self._ui.modelStateLabel.text = message
        self._panel.refresh()

    def _show_card(self) -> None:
        row = self.chosen_row()
        if row is not None:
            self._ui.modelCardBrowser.setMarkdown(row.card_markdown or row.problem)
            self._ui.modelStateLabel.text = f"{row.name} {row.version}, {_(row.source)}: {_(row.evidence)}"
        self.refresh()

    def _import_file(self) -> None:
        self._import(choose_file(_("Model to import"), f"{_('Models')} ({_FILES})"))

    def _import_folder(self) -> None:
        self._import(choose_folder(_("Folder of the model to import")))

    def _import(self, source: str) -> None:
        self._run(import_job(source), _("Imported"))

    def _verify(self) -> None:
        row = self.chosen_row()
        if row is None:
            return
        problem = verify_row(row)
        text = problem or _("Every file is as its metadata says.")
        self._ui.modelStateLabel.text = f"{row.name}: {text}"

    def _download(self) -> None:
        self._run(download_job(row_values(self._ui, DOWNLOAD_FIELDS)), _("Downloaded"))

    def _train(self, job: dict[str, Any]) -> None:
        self._run(job, _("Trained"))

    def _run(self, job: dict[str, Any], done: str) -> None:
        """In a worker, so that the program goes on meanwhile."""
        self._panel.run.prepare(self.control)
        run = WorkerRun(job, self._panel.logic.workerOptions())
        self.control.follow(run, lambda path: self._made(path, done), self._words(f"{done}."))

    @staticmethod
    def _words(done: str) -> RunWords:
        return RunWords(done, _("Cancelled; no model was added."), _("This did not succeed"), _("This cannot be done"))

    def _made(self, path: Path, done: str) -> None:
        self._changed(f"{done}: {path.name}")
