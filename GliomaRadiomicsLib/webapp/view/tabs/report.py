"""Report: open and save what was found."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.pipeline.scene import write_scene
from GliomaRadiomicsLib.webapp.view.tabs.dicom_exports import DicomExports

_FILES = (
    ("report?download", "Report (HTML)", "report"),
    ("segmentation", "Outline (NIfTI)", "segmentation"),
    ("features", "Features (CSV)", "features"),
    ("result", "All results (JSON)", ""),
    ("scene", "Scene for 3D Slicer (MRB)", "scene"),
)


class ReportTab:
    """The tab Report."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._exports = DicomExports(app)
        self._state.update({"result_files": {}, "making_scene": False})

    @property
    def exported(self) -> dict[str, Path]:
        """Files that were exported from the result that is shown, by kind."""
        return self._exports.files

    async def take(self, folder: Path) -> None:
        """The DICOM series of the images, uploaded for exports."""
        await self._exports.take(folder)

    def build(self) -> None:
        """Widgets."""
        v3.VBtn(
            "Open the report",
            href="session/files/report",
            target="_blank",
            prepend_icon="mdi-file-document-outline",
            color="primary",
            size="small",
            disabled=("!allow.open_report?.ok",),
            title=("allow.open_report?.why",),
            id="open-report",
        )
        html.H3("Save")
        with v3.VList(density="compact", classes="py-0"):
            for path, title, key in _FILES:
                v3.VListItem(
                    title=title,
                    href=f"session/files/{path}",
                    prepend_icon="mdi-download",
                    v_if=(f"result_files.{key}" if key else "has_result",),
                )
        v3.VBtn(
            "Make a scene for 3D Slicer",
            v_if=("!result_files.scene",),
            click=self._app.guarded(self._make_scene),
            loading=("making_scene",),
            size="small",
            variant="outlined",
            id="make-scene",
        )
        self._exports.build()
        html.P(NOTICE, classes="mt-4 font-weight-medium")
        html.P("These files are deleted when the session ends; save what you need.", classes="hint")

    def show_result(self) -> None:
        """Find out which files there are."""
        output = self._app.output
        names = {"report": "report.html", "segmentation": "segmentation.nii.gz", "features": "features.csv"}
        names["scene"] = "scene.mrb"
        found = {key: output is not None and (output / name).is_file() for key, name in names.items()}
        self._state.result_files = found
        self._exports.show_result()

    async def _make_scene(self) -> None:
        output = self._app.output
        if output is None:
            return
        with self._state:
            self._state.making_scene = True
        try:
            problem = await asyncio.to_thread(write_scene, output)
        finally:
            with self._state:
                self._state.making_scene = False
        if problem:
            raise RefusedInput(what=problem)
        with self._state:
            self.show_result()
