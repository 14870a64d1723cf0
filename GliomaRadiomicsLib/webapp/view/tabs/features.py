"""Features: every measured value; filter, copy, save as CSV."""

from __future__ import annotations

from typing import Any

from trame.widgets import html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.interface.features import (
    COLUMNS,
    UNITS_NOTE,
    as_text,
    cells,
    filter_rows,
    read_features,
    region_choices,
    sequence_choices,
)

_WIDTHS = ("20%", "18%", "30%", "16%", "16%")
_KEYS = tuple(f"c{index}" for index in range(len(COLUMNS)))


class FeaturesTab:
    """The tab Features."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._rows: list[FeatureRow] = []
        headers = [
            {"title": title, "key": key, "sortable": True, "width": width}
            for title, key, width in zip(COLUMNS, _KEYS, _WIDTHS, strict=True)
        ]
        self._state.update(
            {
                "feature_headers": headers,
                "feature_rows": [],
                "feature_text": "",
                "feature_sequence": "",
                "feature_region": "",
                "feature_sequences": [],
                "feature_regions": [],
                "feature_copy": "",
                "feature_count": "",
            }
        )
        self._state.change("feature_text", "feature_sequence", "feature_region")(app.guarded(self._filter))

    def build(self) -> None:
        """Widgets."""
        v3.VTextField(
            v_model=("feature_text",),
            label="Words in the line",
            density="compact",
            variant="outlined",
            hide_details=True,
            clearable=True,
            id="feature-text",
            classes="mb-2",
        )
        with v3.VRow(dense=True):
            for key, label in (("sequence", "Sequence"), ("region", "Region")):
                with v3.VCol(cols=6):
                    v3.VSelect(
                        v_model=(f"feature_{key}",),
                        items=(f"feature_{key}s",),
                        label=label,
                        density="compact",
                        variant="outlined",
                        hide_details=True,
                        id=f"feature-{key}",
                    )
        with html.Div(classes="my-2 d-flex align-center"):
            html.Span("{{ feature_count }}", classes="flex-grow-1", id="feature-count")
            v3.VBtn(
                "Copy",
                click="utils.glioma.copy(feature_copy)",
                size="x-small",
                variant="outlined",
                classes="mr-2",
                disabled=("!feature_rows.length",),
                title="Copy the features that are shown.",
            )
            v3.VBtn(
                "CSV",
                href="session/files/features",
                size="x-small",
                variant="outlined",
                disabled=("!allow.export_csv?.ok",),
                title="Save all features as a table.",
            )
        v3.VDataTableVirtual(
            headers=("feature_headers",),
            items=("feature_rows",),
            density="compact",
            height=420,
            fixed_header=True,
            classes="text-caption",
            id="feature-table",
        )
        html.P(UNITS_NOTE, classes="hint")

    def show_result(self) -> None:
        """Read the table of the result."""
        self._rows = read_features(self._app.output) if self._app.output is not None else []
        for key, choices in (("sequence", sequence_choices(self._rows)), ("region", region_choices(self._rows))):
            self._state[f"feature_{key}s"] = [{"title": one.label, "value": one.value} for one in choices]
            self._state[f"feature_{key}"] = ""
        self._state.feature_text = ""
        self._filter()

    def _filter(self, **_: Any) -> None:
        state = self._state
        shown = filter_rows(
            self._rows, state.feature_text or "", state.feature_sequence or None, state.feature_region or None
        )
        state.feature_rows = [dict(zip(_KEYS, cells(row), strict=True)) for row in shown]
        state.feature_copy = as_text(shown)
        state.feature_count = f"{len(shown)} of {len(self._rows)} features"
