"""Inputs: files in, which image is which sequence, clinical data."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.interface.fields import CLINICAL_FIELDS, SEQUENCE_FIELDS
from GliomaRadiomicsLib.webapp.view import phantom
from GliomaRadiomicsLib.webapp.view.widgets import field_input, text, upload_button

_PREFERRED = ("t1ce", "flair", "t2", "t1")
_NONE = {"title": "none", "value": ""}
_OF_RESULT = "result:"


class InputsTab:
    """The tab Inputs."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._phantoms = 0
        self._state.update(
            {
                "image_items": [_NONE],
                "outline_items": [_NONE],
                "image_rows": [],
                "server_folder": "",
                "shown": "",
                "shown_items": [],
            }
        )
        self._state.change("roles")(app.guarded(self._on_roles))
        self._state.change("shown")(app.guarded(self._show))

    def build(self) -> None:
        """Widgets."""
        with html.Div(classes="drop", drop="utils.glioma.drop($event)", raw_attrs=['@dragover.prevent=""']):
            upload_button(
                "images",
                "Upload images",
                "NIfTI, NRRD or MetaImage files, or all DICOM files of one patient.",
                multiple=True,
                color="primary",
                variant="flat",
            )
            v3.VBtn(
                "Phantom patient",
                click=self._app.guarded(self.load_phantom),
                prepend_icon="mdi-account-outline",
                variant="outlined",
                size="small",
                classes="ml-2",
                disabled=("running",),
                id="do-phantom",
                title="A computed brain with a tumour, to try the app with; not a real person.",
            )
            html.P("or drop files here: NIfTI, NRRD, MetaImage, or DICOM files of one patient", classes="hint mt-2")
            text("upload_text", classes="upload-text")
        if self._app.settings.local:
            self._folder_field()
        self._selectors()
        html.H3("Clinical data (may be left empty)")
        with v3.VRow(dense=True):
            for field in CLINICAL_FIELDS:
                with v3.VCol(cols=6):
                    field_input(field, "values")

    async def load_phantom(self) -> None:
        """Make the phantom patient and load it."""
        self._phantoms += 1
        with self._state:
            self._state.upload_text = "Making the phantom patient: computed, not a real person"
        folder = self._app.settings.folder / "phantom" / str(self._phantoms)
        try:
            await phantom.make(folder)
            await self.take(folder)
        finally:
            with self._state:
                self._state.upload_text = ""

    async def take(self, folder: Path) -> None:
        """Read the images of a folder, and fill the selectors that their names tell; raises `RefusedInput`."""
        _, roles = await self._app.images.take(folder)
        with self._state:
            self._list()
            self._state.roles = {**self._state.roles, **roles}
            self._app.refresh()
        self._app.runs.warm_up()

    def fill(self, changes: dict[str, str | None]) -> None:
        """Change selectors all at once: role by the role whose image it gets; None empties it."""
        before = dict(self._state.roles)
        self._state.roles = {**before, **{role: before.get(source or "", "") for role, source in changes.items()}}

    def set_aside(self) -> None:
        """Empty the selectors, as images of another patient come into the views."""
        self._state.roles = dict.fromkeys(self._state.roles, "")

    def chosen(self) -> tuple[dict[str, str], str | None]:
        """File by sequence of what is chosen, and that of the outline."""
        images = {role: self._app.images.get(key) for role, key in self._state.roles.items()}
        files = {role: str(image.path) for role, image in images.items() if image is not None}
        mask = files.pop("mask", None)
        return files, mask

    def nodes(self) -> dict[str, Any]:
        """Volume node by sequence of what is chosen."""
        images = {role: self._app.images.get(self._state.roles[role]) for role in SEQUENCES}
        return {role: image.node for role, image in images.items() if image is not None}

    def list_shown(self) -> None:
        """Offer the images that can be looked at: those of a result with its own images, else those that are chosen."""
        roles = self._state.roles
        keys = {role: f"{_OF_RESULT}{role}" for role in self._app.shown.images} or roles
        shown = [{"title": SEQUENCE_NAMES[role], "value": keys[role]} for role in SEQUENCES if keys.get(role)]
        self._state.shown_items = shown
        if self._state.shown not in [item["value"] for item in shown]:
            self._state.shown = next((keys[role] for role in _PREFERRED if keys.get(role)), "")

    def _selectors(self) -> None:
        html.H3("Which image is which")
        for field in SEQUENCE_FIELDS:
            items = "outline_items" if field.key == "mask" else "image_items"
            v3.VSelect(
                label=field.title,
                items=(items,),
                v_model=(f"roles.{field.key}",),
                update_modelValue="flushState('roles')",
                density="compact",
                variant="outlined",
                hide_details=True,
                classes="mb-2",
                title=field.help,
                disabled=("running",),
                id=f"role-{field.key}",
            )
        html.P("{{ row }}", v_for="(row, i) in image_rows", key="i", classes="hint")

    def _folder_field(self) -> None:
        with html.Div(classes="d-flex align-center mb-2"):
            v3.VTextField(
                v_model=("server_folder",),
                label="Folder on this computer",
                density="compact",
                variant="outlined",
                hide_details=True,
                title="A folder with the images of one patient; only offered because app and browser share a computer.",
                id="server-folder",
            )
            v3.VBtn(
                "Load",
                click=self._app.guarded(self._load_folder),
                size="small",
                classes="ml-2",
                disabled=("running || !server_folder",),
                id="do-load-folder",
            )

    async def _load_folder(self) -> None:
        folder = Path(self._state.server_folder).expanduser()
        if not folder.is_dir():
            raise RefusedInput(what="no such folder", where=folder.name, remedy="give the full path of a folder")
        await self._app.taking(self.take)(await asyncio.to_thread(self._linked, folder))

    def _linked(self, folder: Path) -> Path:
        """The images of a folder as the house finds them in it, so that its other files are left alone."""
        from GliomaRadiomicsLib.pipeline.inputs import sources_of_folder

        try:
            sources = sources_of_folder(folder)
        except RefusedInput:
            return folder
        self._phantoms += 1
        target = self._app.settings.folder / "linked" / str(self._phantoms)
        target.mkdir(parents=True)
        for path in sources.values():
            if isinstance(path, str | Path):
                (target / Path(path).name).symlink_to(Path(path).resolve())
        return target

    def _list(self) -> None:
        images = list(self._app.images)
        items = [{"title": image.name, "value": image.key} for image in images]
        outlines = [item for item, image in zip(items, images, strict=True) if image.is_outline]
        self._state.image_items = [_NONE, *items]
        self._state.outline_items = [_NONE, *outlines]
        self._state.image_rows = [f"{image.name}: {image.size}" for image in images]

    def _on_roles(self, **_: Any) -> None:
        self._app.check.forget()
        if self._app.result is not None and not self._state.running:
            self._app.shown.forget()
        self.list_shown()

    def _show(self, **_: Any) -> None:
        image = self._app.images.get(self._state.shown)
        node = image.node if image else self._app.shown.images.get(str(self._state.shown).removeprefix(_OF_RESULT))
        self._app.display.show_image(node, fit=self._app.result is None and node is not None)
