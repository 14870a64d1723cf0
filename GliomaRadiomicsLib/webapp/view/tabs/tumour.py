"""Tumour: volumes, regions to show and hide, 3-D, jump to the middle of a region, another outline."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.tumour import notes, tumour_rows
from GliomaRadiomicsLib.scene import display
from GliomaRadiomicsLib.webapp.view.tabs.outline import OutlineBox
from GliomaRadiomicsLib.webapp.view.widgets import lines


class TumourTab:
    """The tab Tumour."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self.outline = OutlineBox(app)
        self._state.update({"tumour_rows": [], "tumour_notes": [], "tumour_compared": False})
        self._state.update({"segments": {}, "surface": True})
        self._state.change("segments")(app.guarded(self._show_segments))
        self._state.change("surface")(app.guarded(self._show_surface))

    def build(self) -> None:
        """Widgets."""
        with html.Table(classes="facts", id="tumour-table"):
            with html.Thead(), html.Tr():
                html.Th("Region")
                html.Th("Volume", classes="number")
                html.Th("Change", v_if=("tumour_compared",), title="Against the outline before it was corrected.")
                html.Th("Shown")
                html.Th("Go to", classes="nowrap")
            with html.Tbody(), html.Tr(v_for="row in tumour_rows", key="row.region"):
                with html.Td():
                    html.Span(classes="swatch", v_if=("row.css",), style=("{background: row.css}",))
                    html.Span("{{ row.name }}")
                html.Td("{{ row.volume_text }}", classes="number")
                html.Td(
                    "{{ row.change_text.replace(', ', '\\n') }}", v_if=("tumour_compared",), classes="tumour-change"
                )
                with html.Td():
                    v3.VCheckboxBtn(
                        v_if=("row.shown_as_segment",),
                        v_model=("segments[row.region]",),
                        update_modelValue="flushState('segments')",
                        density="compact",
                        title=("'Show or hide ' + row.name",),
                        id=("'segment-' + row.region",),
                    )
                with html.Td():
                    v3.VBtn(
                        icon="mdi-crosshairs-gps",
                        size="x-small",
                        variant="text",
                        click=(self._app.guarded(self._jump), "[row.region]"),
                        title=("'Slices through the middle of: ' + row.name",),
                    )
        v3.VSwitch(
            label="Surfaces in the 3-D view",
            v_model=("surface",),
            density="compact",
            hide_details=True,
            color="primary",
            id="surface",
        )
        lines("tumour_notes")
        self.outline.build()

    def show_result(self) -> None:
        """Show the volumes."""
        result, nodes = self._app.result, self._app.nodes
        rows = [] if result is None else tumour_rows(result, self._app.shown.before)
        self._state.tumour_rows = [
            asdict(row) | {"css": _css(row.colour_rgb), "change_text": row.change_text} for row in rows
        ]
        self._state.tumour_compared = self._app.shown.before is not None
        self._state.tumour_notes = [] if result is None else notes(result)
        shown = [row.region for row in rows if row.shown_as_segment]
        self._state.segments = {
            region: nodes is not None and display.is_segment_shown(nodes, region) for region in shown
        }
        self._state.surface = nodes is not None and display.is_surface_shown(nodes)
        self.outline.show_result()

    def _show_segments(self, **_: Any) -> None:
        if self._app.nodes is None:
            return
        for region, shown in self._state.segments.items():
            display.show_segment(self._app.nodes, region, bool(shown))
        self._app.display.redraw()

    def _show_surface(self, **_: Any) -> None:
        if self._app.nodes is not None:
            display.show_surface(self._app.nodes, bool(self._state.surface))
            self._app.display.redraw()

    def _jump(self, region: str) -> None:
        nodes = self._app.nodes
        if nodes is not None and not display.jump_to_region(self._app.display.scene, nodes, region):
            self._app.say("Nothing to show", "This region is empty.")
        self._app.display.redraw()


def _css(colour: tuple[float, float, float] | None) -> str:
    return "" if colour is None else "rgb({}, {}, {})".format(*(round(255 * part) for part in colour))
