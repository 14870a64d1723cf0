"""Correct the outline: upload another, paint and erase, and compute again what depends on it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.interface.outline import corrected_outline
from GliomaRadiomicsLib.scene import display
from GliomaRadiomicsLib.scene.outline import replace_steps
from GliomaRadiomicsLib.scene.volumes import grid_of_node, volume_from_node
from GliomaRadiomicsLib.webapp.view.painting import TOOLS, Painter
from GliomaRadiomicsLib.webapp.view.widgets import action_button, text, upload_button

_THINNEST_MM, _THICKEST_MM, _BRUSH_MM = 1, 40, 8
_BREATH_S = 0.01
_ICONS = {"paint": "mdi-brush", "erase": "mdi-eraser"}


class OutlineBox:
    """The box of the tab Tumour in which the outline is corrected."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._number = 0
        self._painter = Painter(
            app.display.slicer.segmentation_editor, self._on_stroke, app.display.slicer.view_manager.get_views()
        )
        self._settling = False
        self._state.update({"outline_tool": "", "outline_label": "ET", "outline_brush": _BRUSH_MM})
        self._state.update({"outline_said": "", "outline_undo": False})
        self._state.change("outline_tool", "outline_label", "outline_brush", "running")(app.guarded(self._use_tool))

    def build(self) -> None:
        """Widgets."""
        html.H3("Correct the outline")
        html.P("Save it, correct it in another program and upload it, or paint in the slices.", classes="hint mb-2")
        html.P("Surfaces in the 3-D view come back when you stop painting.", v_if=("outline_tool",), classes="hint")
        v3.VBtn(
            "Save the outline",
            href="session/files/segmentation",
            prepend_icon="mdi-download",
            size="small",
            variant="outlined",
            classes="mr-2",
            title="The outline of this result as a NIfTI label map: 1 NCR/NET, 2 oedema, 4 enhancing.",
        )
        help_text = "A label map (NIfTI, NRRD, MetaImage) or a .seg.nrrd of 3D Slicer, on the grid of the images."
        upload_button("outline", "Upload a corrected outline", help_text)
        text("upload_text", classes="upload-text")
        self._tools()
        text("outline_said", id="outline-said", role="status")
        action_button("recompute", "Compute again", self._app.guarded(self._recompute), "mdi-refresh")
        self._app.jobs.build("tumour")

    def show_result(self) -> None:
        """Another outline is shown."""
        self._painter.leave()
        self._state.update({"outline_tool": "", "outline_said": "", "outline_undo": False})

    async def take(self, folder: Path) -> None:
        """Show a corrected outline that was uploaded.

        Raises:
            RefusedInput: If there is no outline to correct, or it is none, or does not lie on these images.
        """
        nodes = self._app.nodes
        if nodes is None or nodes.labelMapNode is None:
            raise RefusedInput(what="there is no outline to correct", remedy="run an analysis with an outline first")
        files = [path for path in sorted(folder.iterdir()) if path.is_file()]
        if len(files) != 1:
            raise RefusedInput(what="not one file", found=len(files), remedy="upload the corrected outline alone")
        images = [grid_of_node(node) for node in nodes.volumeNodes.values()]
        outline = volume_from_node(nodes.labelMapNode)
        corrected = await asyncio.to_thread(corrected_outline, files[0], outline, images)
        if self._app.nodes is not nodes:
            return
        self._painter.leave()
        for _ in replace_steps(nodes.segmentationNode, corrected):
            await asyncio.sleep(_BREATH_S)
        with self._state:
            self._state.update({"outline_tool": "", "outline_undo": False})
            self._say_edited(f"{files[0].name} is shown.")

    def _tools(self) -> None:
        with html.Div(classes="d-flex align-center my-2", title=("allow.edit_mask?.why",)):
            with v3.VBtnToggle(
                v_model=("outline_tool",), density="compact", color="primary", classes="keep-width", id="outline-tools"
            ):
                for tool in TOOLS:
                    v3.VBtn(
                        tool.capitalize(),
                        value=tool,
                        prepend_icon=_ICONS[tool],
                        size="small",
                        disabled=("!allow.edit_mask?.ok",),
                        id=f"outline-{tool}",
                    )
            v3.VSelect(
                v_model=("outline_label",),
                items=("outline_labels", [{"title": one.name, "value": one.key} for one in LABELS]),
                density="compact",
                variant="outlined",
                hide_details=True,
                classes="ml-2 may-shrink",
                id="outline-label",
                title="What is painted or erased; painting replaces the other labels.",
            )
        with html.Div(classes="d-flex align-center"):
            html.Span("Brush", style="width: 60px;")
            v3.VSlider(
                v_model=("outline_brush",),
                min=_THINNEST_MM,
                max=_THICKEST_MM,
                step=1,
                hide_details=True,
                density="compact",
                title="Diameter of the ball that is painted.",
                id="outline-brush",
            )
            html.Span("{{ outline_brush }} mm", classes="nowrap ml-2", style="width: 48px; text-align: right;")
            v3.VBtn(
                "Undo",
                click=self._app.guarded(self._undo),
                prepend_icon="mdi-undo",
                size="small",
                variant="text",
                disabled=("!outline_undo || running",),
                id="outline-undo",
            )

    def _use_tool(self, **_: Any) -> None:
        if self._painter.in_stroke and not self._state.running:
            self._app.spawn(self._use_tool_after_stroke())
            return
        self._use_tool_now()

    async def _use_tool_after_stroke(self) -> None:
        await self._painter.settle()
        self._use_tool_now()

    def _use_tool_now(self) -> None:
        nodes, tool = self._app.nodes, self._state.outline_tool
        if nodes is None or nodes.segmentationNode is None or tool not in TOOLS or self._state.running:
            self._painter.rest(surfaces=bool(self._state.surface))
            self._app.display.redraw()
            return
        self._painter.use(nodes, tool, self._state.outline_label, float(self._state.outline_brush))

    def _undo(self) -> None:
        self._state.outline_tool = ""
        self._painter.undo(surfaces=bool(self._state.surface))

    def _on_stroke(self) -> None:
        with self._state:
            self._state.outline_undo = self._painter.can_undo
            if self._app.shown.is_outline_edited:
                self._say_edited("The outline was painted on.")
            self._app.display.redraw()

    def _say_edited(self, what: str) -> None:
        self._state.outline_said = f"{what} The figures above are still those of before: compute again."
        self._app.display.redraw()
        self._app.refresh()

    async def _recompute(self) -> None:
        from GliomaRadiomicsLib.imaging.files import write_label_map

        if self._settling:
            return
        self._settling = True
        try:
            if self._state.outline_tool:
                await self._painter.settle()
        finally:
            self._settling = False
        outline = display.current_label_map(self._app.nodes)
        if outline is None or not outline.array.any():
            raise RefusedInput(what="the outline is empty", remedy="paint the tumour first, or upload an outline")
        with self._state:
            self._state.outline_tool = ""
        self._number += 1
        path = self._app.settings.folder / "outlines" / f"corrected_{self._number}.nii.gz"
        path.parent.mkdir(exist_ok=True)
        try:
            await asyncio.to_thread(write_label_map, outline, path)
            await self._app.run_tab.recompute(path)
        finally:
            path.unlink(missing_ok=True)
