"""Grade: the systems side by side, why each says so, and its heat maps over the image."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.interface.fields import HEATMAP_FIELDS, field
from GliomaRadiomicsLib.interface.grade import QUESTION, HeatMapChoice, grade_columns, heatmap_choices
from GliomaRadiomicsLib.webapp.view.widgets import lines, percent_slider, text, trust_chip

_PERCENT = 100.0
_NONE = {"title": "none", "value": ""}


class GradeTab:
    """The tab Grade."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._maps: dict[str, HeatMapChoice] = {}
        start = {one.key: one.default for one in HEATMAP_FIELDS}
        self._state.update({**start, "grade_columns": [], "heatmap_items": [_NONE], "heatmap_notes": []})
        self._state.update({"heatmap_signed": False, "heatmap_ends": ["", ""]})
        self._state.change("heatmap", "opacity", "threshold")(app.guarded(self._show_map))

    def build(self) -> None:
        """Widgets."""
        self._heat_map_box()
        html.H3(f"{QUESTION}")
        with html.Div(v_for="one in grade_columns", key="one.system", classes="column", id=("'grade-' + one.system",)):
            with html.Div(classes="d-flex align-center"):
                html.Span("{{ one.title }}", classes="font-weight-medium flex-grow-1")
                html.Span("{{ one.probability_text }}", classes="probability mr-3", v_if=("!one.abstained_reason",))
                html.Span("{{ one.label }}", classes="mr-3", v_if=("one.label",))
                trust_chip("one")
            text("one.abstained_reason", classes="hint")
            lines("one.reasons")
            lines("one.evidence", classes="hint")
            with html.Table(classes="facts", v_if=("one.moved.length",)):
                with html.Thead(), html.Tr():
                    html.Th("What moved it most")
                    html.Th("Value")
                    html.Th("Log-odds", classes="number", title="Positive towards grade 4")
                with html.Tbody(), html.Tr(v_for="(part, i) in one.moved", key="i"):
                    html.Td("{{ part.name }}")
                    html.Td("{{ part.value }}")
                    html.Td(
                        "{{ (part.contribution > 0 ? '+' : '−') + Math.abs(part.contribution).toFixed(2) }}",
                        classes="number",
                    )

    def show_result(self) -> None:
        """Show what the systems say."""
        result = self._app.result
        columns = [] if result is None else grade_columns(result)
        keys = tuple(result.files.get("heatmaps") or ()) if result is not None else ()
        self._maps = {one.key: one for one in heatmap_choices(keys, result)}
        self._state.grade_columns = [asdict(column) for column in columns]
        self._state.heatmap_items = [_NONE, *({"title": m.label, "value": key} for key, m in self._maps.items())]
        self._state.heatmap = ""

    def _heat_map_box(self) -> None:
        html.H3("Heat map over the image")
        with html.Div(v_if=("heatmap_items.length > 1",), id="heatmap-box"):
            v3.VSelect(
                label=field("heatmap").label,
                items=("heatmap_items",),
                v_model=("heatmap",),
                density="compact",
                variant="outlined",
                hide_details=True,
                classes="mb-2",
                title=field("heatmap").help,
                id="heatmap",
            )
            percent_slider(field("opacity"), "opacity", "!heatmap")
            percent_slider(field("threshold"), "threshold", "!heatmap")
            with html.Div(v_if=("heatmap",), id="heatmap-scale"):
                html.Div(classes=("heatmap_signed ? 'scale signed' : 'scale'",))
                with html.Div(classes="scale-words"):
                    html.Span("{{ heatmap_ends[0] }}")
                    html.Span("{{ heatmap_ends[1] }}")
            lines("heatmap_notes", classes="hint")
        html.P("There is no heat map in this result.", v_if=("heatmap_items.length < 2",), classes="hint")

    def _show_map(self, **_: Any) -> None:
        nodes, key = self._app.nodes, self._state.heatmap
        one = self._maps.get(key)
        node = nodes.heatmapNodes.get(key.replace("-", "/", 2)) if nodes is not None and one is not None else None
        shares = float(self._state.opacity) / _PERCENT, float(self._state.threshold) / _PERCENT
        self._app.display.show_heat_map(node, *shares, nodes.segmentationNode if nodes is not None else None)
        if one is None or node is None:
            self._state.heatmap_notes = []
            return
        shown = node.GetDisplayNode()
        low, high = shown.GetWindowLevelMin(), shown.GetWindowLevelMax()
        self._state.heatmap_signed = low < 0
        self._state.heatmap_ends = [f"{end:.3g} {one.unit}".strip() for end in (low, high)]
        unit = f"Unit: {one.unit}." if one.unit else ""
        self._state.heatmap_notes = [line for line in (one.explanation, unit, one.faithfulness) if line]
