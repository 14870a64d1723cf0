"""Part of the tab Report: exports that refer to the DICOM series of the images."""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.export import CHOOSE_SERIES, EXPORT_KINDS, HELP, NO_SERIES, ExportKind, export_job
from GliomaRadiomicsLib.webapp.view.jobs import JobWords
from GliomaRadiomicsLib.webapp.view.widgets import action_button, text, upload_button

_WORDS = JobWords("report", "This cannot be exported", "The export did not succeed", "Cancelled; nothing was exported.")
_KNOWN = "The DICOM series of these images is known: it was loaded here."
_UPLOADED = "The DICOM series was uploaded."


class DicomExports:
    """Writes what is asked for in a worker, and offers it for download."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._uploaded: Path | None = None
        self._of: Path | None = None
        self.files: dict[str, Path] = {}
        self._state.update({"exported": {}, "export_source": ""})

    def build(self) -> None:
        """Widgets."""
        html.H3("DICOM, for archives and other viewers")
        html.P(HELP, classes="hint")
        with html.Div(v_if=("has_result",), classes="mb-2"):
            text("export_source", id="export-source")
            upload_button("series", "Upload the series", f"{CHOOSE_SERIES}: all its files.", multiple=True)
        for kind in EXPORT_KINDS:
            export = self._app.guarded(partial(self._export, kind))
            action_button(kind.action, kind.title, export, "mdi-export", variant="outlined")
        with v3.VList(density="compact", classes="py-0"):
            for kind in EXPORT_KINDS:
                v3.VListItem(
                    title=f"{kind.title}: {kind.file_name}",
                    href=f"session/exports/{kind.key}",
                    prepend_icon="mdi-download",
                    v_if=(f"exported['{kind.key}']",),
                    id=f"exported-{kind.key}",
                )
        self._app.jobs.build("report")

    async def take(self, folder: Path) -> None:
        """An upload that is the series.

        Raises:
            RefusedInput: If it holds no DICOM image.
        """
        from GliomaRadiomicsLib.imaging.dicom.scan import holds_dicom

        if not await asyncio.to_thread(holds_dicom, folder):
            raise RefusedInput(what="no DICOM image in it", remedy="choose all files of the series")
        self._uploaded = folder
        self._say()

    def show_result(self) -> None:
        """Forget what was exported from, and uploaded for, another result."""
        if self._app.output != self._of:
            self._of = self._app.output
            self._forget()
        self._say()

    def _forget(self) -> None:
        if self._app.shown.before is None:
            self._uploaded = None
        for path in self.files.values():
            path.unlink(missing_ok=True)
        self.files = {}
        self._state.exported = {}

    def _series(self) -> Path | None:
        """Folder of the series: uploaded for this, or the images came from it."""
        result, origin = self._app.result, self._app.shown.origin
        if self._uploaded is not None or result is None:
            return self._uploaded
        if origin.get("dicom"):
            return Path(origin["dicom"])
        image = (origin.get("inputs") or {}).get(result.inputs.get("reference", "t1ce"))
        return self._app.images.dicom_folder(image) if image else None

    def _say(self) -> None:
        known = self._series() is not None
        sentence = f"{NO_SERIES[0].upper()}{NO_SERIES[1:]}."
        self._state.export_source = _UPLOADED if self._uploaded else _KNOWN if known else sentence

    async def _export(self, kind: ExportKind) -> None:
        series = self._series()
        if series is None:
            raise RefusedInput(what=NO_SERIES, remedy="upload the files of the series first")

        async def take(_ending: dict[str, Any], out: Path) -> None:
            target = self._app.settings.folder / "exports" / kind.file_name
            target.parent.mkdir(exist_ok=True)
            await asyncio.to_thread(shutil.move, out, target)
            self._app.runs.forget(out)
            self.files[kind.key] = target

        await self._app.jobs.run(export_job(kind, self._app.output, series), _WORDS, take)
        with self._state:
            self._state.exported = dict.fromkeys(self.files, True)
