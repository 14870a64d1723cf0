"""Report: open it, save it, save the scene."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.rules import REPORT_GONE
from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.panel.dialogs import choose_target, guarded
from GliomaRadiomicsLib.panel.export_box import ExportBox


class ReportTab:
    """The tab Report."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._exports = ExportBox(panel)
        self._ui.openReportButton.connect("clicked()", guarded(self._open))
        self._ui.saveReportButton.connect("clicked()", guarded(self._save))
        self._ui.exportMrbButton.connect("clicked()", guarded(self._save_scene))

    @property
    def is_running(self) -> bool:
        """Whether an export is being written."""
        return self._exports.is_running

    def stop(self) -> None:
        """The panel goes away, and an export with it."""
        self._exports.stop()

    def show_result(self) -> None:
        """Say how long the report is there."""
        result = self._panel.result
        lines = [_(NOTICE)]
        if result is not None and result.files.get("report"):
            lines.append(_("The report is kept until the program ends; save it to keep it."))
        elif self._panel.state.report_gone:
            lines.append(_(REPORT_GONE))
        elif result is not None:
            lines.append(_("No report was written with this result."))
        self._ui.reportLabel.text = "\n".join(lines)

    def refresh(self) -> None:
        """Enable the buttons."""
        self._panel.allow(self._ui.openReportButton, "open_report")
        self._panel.allow(self._ui.saveReportButton, "save_report")
        self._panel.allow(self._ui.exportMrbButton, "save_scene")
        self._exports.refresh()

    def _report(self) -> Path:
        path = self._panel.report_file
        if path is None:
            raise RefusedInput(what=REPORT_GONE)
        return path

    def _open(self) -> None:
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._report())))

    def _save(self) -> None:
        path = choose_target(_("Save the report"), "report.html", "HTML (*.html)")
        shutil.copyfile(self._report(), path)

    def _save_scene(self) -> None:
        from GliomaRadiomicsLib.scene.bundle import save_scene

        path = Path(choose_target(_("Save the scene"), "scene.mrb", "MRB (*.mrb)"))
        path = path if path.suffix.lower() == ".mrb" else path.with_name(f"{path.name}.mrb")
        with slicer.util.WaitCursor():
            save_scene(slicer.mrmlScene, path)
