"""Part of the tab Report: exports that refer to the DICOM series of the images, written by the worker."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.export import CHOOSE_SERIES, EXPORT_KINDS, HELP, ExportKind, export_job
from GliomaRadiomicsLib.panel.dialogs import choose_folder, choose_target, guarded
from GliomaRadiomicsLib.panel.run_control import RunControl, RunWidgets, RunWords
from GliomaRadiomicsLib.panel.worker_run import WorkerRun

_UIDS = "DICOM.instanceUIDs"
"""Attribute of a volume that 3D Slicer loaded from its DICOM database."""


class ExportBox:
    """Asks for the series, where it is not known, and for the file."""

    def __init__(self, panel: Any) -> None:
        self._panel, ui = panel, panel.ui
        self._ui = ui
        self._chosen: dict[str, str] = {}
        self._buttons = dict(
            zip(EXPORT_KINDS, (ui.exportSegButton, ui.exportSrButton, ui.exportRtstructButton), strict=True)
        )
        for kind, button in self._buttons.items():
            button.text = f"{_(kind.title)}..."
            button.connect("clicked()", guarded(partial(self._export, kind)))
        ui.exportHelpLabel.text = _(HELP)
        widgets = RunWidgets(ui.exportCancelButton, ui.exportProgressBar, ui.exportEtaLabel, ui.exportLogText)
        self.control = RunControl(widgets, self._on_run)
        ui.exportProgress.setVisible(False)

    @property
    def is_running(self) -> bool:
        """Whether an export is being written."""
        return self.control.is_running

    def refresh(self) -> None:
        """Enable the buttons."""
        for kind, button in self._buttons.items():
            self._panel.allow(button, kind.action)
        self._ui.exportCancelButton.enabled = self.is_running

    def stop(self) -> None:
        """The panel goes away, and an export with it."""
        self.control.stop()

    def _on_run(self) -> None:
        self._ui.exportProgress.setVisible(True)
        self._panel.refresh()

    def _export(self, kind: ExportKind) -> None:
        panel = self._panel
        folder = panel.output_folder
        if folder is None:
            raise RefusedInput(what=_("the files of this result are gone"), remedy=_("run again to export it"))
        patient = panel.patient
        series = self._chosen.get(patient) or series_folder(self._reference()) or choose_folder(_(CHOOSE_SERIES))
        out = Path(choose_target(_(kind.title), kind.file_name, "DICOM (*.dcm)"))
        panel.run.prepare(self.control)
        run = WorkerRun(export_job(kind, folder, series, out), panel.logic.workerOptions())
        words = RunWords(
            done=_("Exported."),
            cancelled=_("Cancelled; nothing was exported."),
            failed=_("The export did not succeed"),
            refused=_("This cannot be exported"),
        )
        self.control.follow(run, lambda _path: self._chosen.update({patient: str(series)}), words)

    def _reference(self) -> Any:
        """Volume node whose grid the outline has; None where it is not in the scene."""
        nodes = self._panel.nodes
        return nodes.volumeNodes.get(nodes.result.inputs.get("reference", "t1ce"))


def series_folder(node: Any) -> str:
    """Folder of the DICOM files that a volume node was loaded from; empty where 3D Slicer does not know."""
    uids = ((node.GetAttribute(_UIDS) if node is not None else None) or "").split()
    database = getattr(slicer, "dicomDatabase", None)
    path = database.fileForInstance(uids[0]) if uids and database is not None else ""
    return str(Path(path).parent) if path else ""
