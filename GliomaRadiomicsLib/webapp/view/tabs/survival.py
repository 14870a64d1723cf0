"""Survival: risk group, probabilities, this patient's curve, and a nomogram to move."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from trame.widgets import client, html
from trame.widgets import vuetify3 as v3

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.charts import Chart
from GliomaRadiomicsLib.interface.nomogram import InteractiveNomogram
from GliomaRadiomicsLib.interface.survival import SurvivalView, survival_view, year_rows
from GliomaRadiomicsLib.webapp.view.plots import figure
from GliomaRadiomicsLib.webapp.view.widgets import lines, text, trust_chip


class SurvivalTab:
    """The tab Survival."""

    def __init__(self, app: Any) -> None:
        self._app, self._state = app, app.state
        self._chart: Chart | None = None
        self._moved: Chart | None = None
        self._nomogram: InteractiveNomogram | None = None
        self._state.update(
            {
                "survival": None,
                "survival_notes": [],
                "survival_figure": figure(None, dark=True),
                "nomogram_fields": [],
                "nomogram_values": {},
                "nomogram_points": {},
                "nomogram_total": "",
                "nomogram_years": [],
                "nomogram_notes": [],
                "nomogram_figure": figure(None, dark=True),
            }
        )
        self._state.change("nomogram_values")(app.guarded(self._move))
        self._state.change("dark")(app.guarded(self._draw))

    def build(self) -> None:
        """Widgets."""
        for name in ("survival_figure", "nomogram_figure", "result_tab", "tab"):
            client.ClientStateChange(value=name, change="utils.glioma.charts()")
        html.P("Survival was not asked for in this run.", v_if=("!survival",), classes="hint")
        with html.Div(v_if=("survival",)):
            text("survival.abstained_reason", classes="font-weight-medium")
            with html.Div(v_if=("!survival.abstained_reason",)):
                self._figures()
                html.Div(classes="figure", id="survival-figure")
                lines("survival_notes", classes="hint")
        with html.Div(v_if=("nomogram_fields.length",), id="nomogram"):
            html.H3("Nomogram to move")
            self._nomogram_inputs()
            lines("nomogram_notes", classes="hint")
            html.Div(classes="figure", id="nomogram-figure")

    def show_result(self) -> None:
        """Show what was predicted."""
        result = self._app.result
        view = survival_view(result) if result is not None else None
        self._chart = None if view is None else view.chart
        self._state.survival = None if view is None else asdict(replace(view, chart=None))
        self._state.survival_notes = [] if view is None else _notes(view)
        self._nomogram = InteractiveNomogram.of(result) if result is not None else None
        self._moved = None
        self._state.nomogram_fields = [self._field(one) for one in self._nomogram.fields] if self._nomogram else []
        self._reset()
        self._draw()

    def _figures(self) -> None:
        with html.Table(classes="facts", id="survival-table"), html.Tbody():
            for key, label in (
                ("risk_group", "Risk group"),
                ("median", "Median survival"),
                ("hazard_ratio", "Hazard ratio"),
            ):
                with html.Tr(v_if=(f"survival.{key}",)):
                    html.Td(label)
                    html.Td(f"{{{{ survival.{key} }}}}", classes="font-weight-medium")
            with html.Tr(v_for="row in survival.years", key="row.key"):
                html.Td("{{ row.label }}")
                html.Td("{{ row.text }}")
            with html.Tr(v_if=("survival.trust_text",)):
                html.Td("Trust")
                with html.Td():
                    trust_chip("survival")

    def _nomogram_inputs(self) -> None:
        with html.Table(classes="facts", id="nomogram-table"):
            with html.Thead(), html.Tr():
                html.Th("Item")
                html.Th("Value", style="width: 46%;")
                html.Th("Points", classes="number")
            with html.Tbody():
                with html.Tr(v_for="one in nomogram_fields", key="one.key"):
                    html.Td("{{ one.title }}", title=("one.help",))
                    with html.Td():
                        with html.Div(v_if=("one.kind === 'number'",), classes="d-flex align-center"):
                            v3.VSlider(
                                v_model=("nomogram_values[one.key]",),
                                update_modelValue="flushState('nomogram_values')",
                                min=("one.low",),
                                max=("one.high",),
                                step=("one.step",),
                                hide_details=True,
                                density="compact",
                                id=("'nomogram-' + one.key",),
                            )
                            html.Span(
                                "{{ utils.glioma.known(nomogram_values[one.key]) }}",
                                classes="ml-2",
                                style="min-width: 36px;",
                            )
                        v3.VSelect(
                            v_else=True,
                            v_model=("nomogram_values[one.key]",),
                            update_modelValue="flushState('nomogram_values')",
                            items=("one.items",),
                            hide_details=True,
                            density="compact",
                            variant="underlined",
                            id=("'nomogram-' + one.key",),
                        )
                    html.Td("{{ nomogram_points[one.key] ?? '–' }}", classes="number")
                with html.Tr():
                    html.Td("Total", classes="font-weight-medium")
                    html.Td()
                    html.Td("{{ nomogram_total }}", classes="number font-weight-medium", id="nomogram-total")
                with html.Tr(v_for="row in nomogram_years", key="row.key"):
                    html.Td("{{ row.label }}")
                    html.Td("{{ row.text }}", colspan=2, id=("'nomogram-' + row.key",))
        v3.VBtn(
            "This patient's values",
            click=self._app.guarded(self._reset),
            size="x-small",
            variant="outlined",
            classes="mt-2",
            id="nomogram-reset",
        )

    def _field(self, field: Any) -> dict[str, Any]:
        """A field as the page needs it, its range widened to this patient's own value."""
        assert self._nomogram is not None
        own = self._nomogram.values.get(field.key)
        plain = asdict(field) | {"title": field.title}
        plain["items"] = [{"title": choice.label, "value": choice.value} for choice in field.choices]
        if field.kind == "number":
            ends = [end for end in (field.low, field.high, own) if end is not None]
            plain |= {"low": min(ends, default=0.0), "high": max(ends, default=1.0)}
        return plain

    def _reset(self) -> None:
        values = dict(self._nomogram.values) if self._nomogram is not None else {}
        self._state.nomogram_values = values
        self._move()

    def _move(self, **_: Any) -> None:
        if self._nomogram is None:
            return
        try:
            reading = self._nomogram.at(self._state.nomogram_values)
        except RefusedInput as refusal:
            self._state.nomogram_notes = [str(refusal)]
            return
        self._state.nomogram_points = {key: f"{points:.0f}" for key, points in reading.points.items()}
        self._state.nomogram_total = f"{reading.total:.0f}"
        self._state.nomogram_years = [asdict(row) for row in year_rows(reading.probability, reading.interval)]
        median = f"Median survival: {reading.median}." if reading.median else ""
        rests = f"Rests on: {reading.rests_on}." if reading.rests_on else ""
        self._state.nomogram_notes = [line for line in (median, *reading.outside, rests) if line]
        self._moved = reading.chart
        self._state.nomogram_figure = figure(self._moved, bool(self._state.dark))

    def _draw(self, **_: Any) -> None:
        self._state.survival_figure = figure(self._chart, bool(self._state.dark))
        self._state.nomogram_figure = figure(self._moved, bool(self._state.dark))


def _notes(view: SurvivalView) -> list[str]:
    found = [
        *view.reasons,
        f"Rests on: {view.rests_on}." if view.rests_on else "",
        f"Not known, so not used: {view.missing}." if view.missing else "",
        view.chart.note if view.chart is not None else "",
        *view.evidence,
    ]
    return [line for line in found if line]
