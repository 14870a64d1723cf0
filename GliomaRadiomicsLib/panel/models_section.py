"""Models: installed bundles with their cards; import, download, verify."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.models import ModelRow, model_rows, verify_row
from GliomaRadiomicsLib.panel.dialogs import choose_file, choose_folder, guarded
from GliomaRadiomicsLib.panel.tables import fill_table, keep_fitted

_TABLE_HEIGHT, _CARD_HEIGHT = 180, 180


class ModelsSection:
    """The section Models."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self.rows: list[ModelRow] = []
        ui = self._ui
        keep_fitted(ui.modelTable, _TABLE_HEIGHT)
        ui.modelTable.connect("itemSelectionChanged()", self._show_card)
        ui.importModelButton.connect("clicked()", guarded(self._import_file))
        ui.importFolderButton.connect("clicked()", guarded(self._import_folder))
        ui.verifyModelButton.connect("clicked()", guarded(self._verify))
        ui.downloadModelButton.connect("clicked()", guarded(self._download))
        ui.modelCardBrowser.setMinimumHeight(_CARD_HEIGHT)
        self._list()

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
        ui.downloadModelButton.toolTip = _("Fetch a zipped bundle; it is taken only if its SHA-256 is as given.")

    def show_result(self) -> None:
        """Nothing here depends on a result."""

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
        self._import(lambda: choose_file(_("Model to import"), "ZIP (*.zip)"))

    def _import_folder(self) -> None:
        self._import(lambda: choose_folder(_("Folder of the model to import")))

    def _import(self, choose: Callable[[], str]) -> None:
        from GliomaRadiomicsLib.models.store import import_bundle

        source = choose()
        with slicer.util.WaitCursor():
            folder = import_bundle(source)
        self._changed(f"{_('Imported')}: {folder.name}")

    def _verify(self) -> None:
        row = self.chosen_row()
        if row is None:
            return
        problem = verify_row(row)
        text = problem or _("Every file is as its metadata says.")
        self._ui.modelStateLabel.text = f"{row.name}: {text}"

    def _download(self) -> None:
        from GliomaRadiomicsLib.models.store import download

        ui = self._ui
        with slicer.util.WaitCursor():
            path = download(ui.downloadNameEdit.text, ui.downloadUrlEdit.text, ui.downloadShaEdit.text.strip().lower())
        self._changed(f"{_('Downloaded')}: {path.name}")
