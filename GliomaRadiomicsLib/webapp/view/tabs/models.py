"""Models: what is installed, with cards and checksums; import, download, train."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.card_html import card_html
from GliomaRadiomicsLib.interface.fields import DOWNLOAD_FIELDS
from GliomaRadiomicsLib.interface.model_jobs import download_job, import_job
from GliomaRadiomicsLib.interface.models import ModelRow, model_rows, verify_row
from GliomaRadiomicsLib.webapp.view.jobs import JobWords
from GliomaRadiomicsLib.webapp.view.tabs.train import TrainBox
from GliomaRadiomicsLib.webapp.view.widgets import action_button, field_input, fold, text, upload_button

_WORDS = JobWords("models", "This cannot be done", "This did not succeed")
_NOT_HERE = (
    "Models belong to the server: they are added where it runs, with glioma-radiomics models import, models download "
    "and train."
)


class ModelsTab:
    """The tab Models; only an app that this machine alone can reach changes what is installed on it."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._rows: list[ModelRow] = []
        self._state.update({"model_rows": [], "model_verified": {}, "model_open": "", "model_said": ""})
        self._state.update({"model_path": "", "download": {one.key: "" for one in DOWNLOAD_FIELDS}})
        self._state.change("tab")(app.guarded(self._on_tab))
        self.train = TrainBox(app, self._train)

    def build(self) -> None:
        """Widgets."""
        html.P("Installed models with what they were measured to do.", classes="hint mb-2")
        if self._app.settings.local:
            self._import_box()
            self._download_box()
            self.train.build()
        else:
            html.P(_NOT_HERE, classes="hint mb-2", id="models-not-here")
        self._app.jobs.build("models")
        text("model_said", classes="font-weight-medium", id="model-said")
        with html.Div(v_for="(row, i) in model_rows", key="row.path", classes="column"):
            with html.Div(classes="d-flex align-center"):
                html.Span("{{ row.name }} {{ row.version }}", classes="font-weight-medium flex-grow-1 wrap")
                v3.VBtn(
                    "Card",
                    v_if=("row.ok",),
                    click="model_open = model_open === row.key ? '' : row.key",
                    size="x-small",
                    variant="outlined",
                    classes="mr-2 open-card",
                )
                v3.VBtn(
                    "Verify",
                    click=(self._app.guarded(self._verify), "[i]"),
                    size="x-small",
                    variant="outlined",
                    title="Compare the model's files with the checksums in its metadata.",
                    classes="verify",
                )
            html.P("{{ [row.what, row.source].filter(Boolean).join(' · ') }}")
            html.P("{{ row.evidence }}", classes="hint")
            text("row.problem", classes="text-error")
            text("model_verified[row.key]", classes="font-weight-medium verified")
            html.Div(v_if=("model_open === row.key",), v_html=("row.card_html",), classes="card-text")

    async def take(self, folder: Path) -> None:
        """Import a model that was uploaded as one file.

        Raises:
            RefusedInput: If that is not for this session to do, or it is not one file.
        """
        self._check_local()
        files = [path for path in folder.iterdir() if path.is_file()]
        if len(files) != 1:
            raise RefusedInput(what="not one file", found=len(files), remedy="upload the zipped bundle alone")
        self._app.spawn(self._run(import_job(files[0]), "Imported"))

    def _import_box(self) -> None:
        with fold("import", "Import a model"):
            help_text = "A zipped bundle, of this program or of MONAI, or a published file of weights (.pth, .pt)."
            with html.Div(classes="mb-2"):
                upload_button("model", "Upload a zipped model", help_text)
                text("upload_text", classes="upload-text")
            with html.Div(classes="d-flex align-center mb-2"):
                v3.VTextField(
                    v_model=("model_path",),
                    label="File or folder on this computer",
                    density="compact",
                    variant="outlined",
                    hide_details=True,
                    title=help_text,
                    id="model-path",
                )
                html.Div(classes="ml-2")
                action_button("import_model", "Import", self._app.guarded(self._import), "mdi-import")

    def _download_box(self) -> None:
        with fold("download", "Download a model"):
            for one in DOWNLOAD_FIELDS:
                field_input(one, "download")
            action_button(
                "import_model", "Download", self._app.guarded(self._download), "mdi-download", id="do-download-model"
            )

    def _check_local(self) -> None:
        if not self._app.settings.local:
            raise RefusedInput(what=_NOT_HERE)

    async def _import(self) -> None:
        path = str(self._state.model_path).strip()
        if not path:
            raise RefusedInput(what="no file or folder is named", remedy="give its path, or upload the zipped model")
        await self._run(import_job(Path(path).expanduser()), "Imported")

    async def _download(self) -> None:
        await self._run(download_job(self._state.download), "Downloaded")

    async def _train(self, job: dict[str, Any]) -> None:
        await self._run(job, "Trained")

    async def _run(self, job: dict[str, Any], done: str) -> None:
        self._check_local()

        async def tell(ending: dict[str, Any], _out: Path) -> None:
            with self._state:
                self._state.model_said = f"{done}: {Path(ending.get('out') or '').name}"

        with self._state:
            self._state.model_said = ""
        await self._app.jobs.run(job, _WORDS, tell)
        await self._list()

    async def _list(self) -> None:
        self._rows = await asyncio.to_thread(model_rows)
        plain = [asdict(row) | {"key": f"{row.name}-{index}"} for index, row in enumerate(self._rows)]
        for row in plain:
            row["path"] = row["key"]
            row["card_html"] = str(card_html(row.pop("card_markdown")))
        with self._state:
            self._state.model_rows = plain

    async def _verify(self, index: int) -> None:
        problem = await asyncio.to_thread(verify_row, self._rows[int(index)])
        key = self._state.model_rows[int(index)]["key"]
        with self._state:
            said = self._app.without_paths(problem) if problem else "✓ All files are as the metadata says."
            self._state.model_verified = {**self._state.model_verified, key: said}

    def _on_tab(self, tab: str, **_: Any) -> None:
        if tab == "models" and not self._rows:
            self._app.spawn(self._list())
