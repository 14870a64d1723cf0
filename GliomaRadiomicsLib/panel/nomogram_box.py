"""The nomogram to move: every change is read at once, and the chart of the scene follows."""

from __future__ import annotations

import math
from typing import Any

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.fields import Field
from GliomaRadiomicsLib.interface.nomogram import InteractiveNomogram, NomogramReading
from GliomaRadiomicsLib.interface.survival import year_rows
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.tab_order import chain
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices, fill_table, keep_fitted


class NomogramBox:
    """The box Nomogram of the tab Survival."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._nomogram: InteractiveNomogram | None = None
        self._inputs: dict[str, Any] = {}
        self._unknown: dict[str, float] = {}
        keep_fitted(self._ui.nomogramTable)
        self._ui.nomogramResetButton.connect("clicked()", guarded(self._reset))
        self._ui.nomogramChartButton.connect("clicked()", guarded(self._show_chart))

    def show_result(self, result: Any) -> None:
        """Show the nomogram of a result, at this patient's values."""
        self._nomogram = InteractiveNomogram.of(result) if result is not None else None
        self._ui.nomogramBox.setVisible(self._nomogram is not None)
        self._make_inputs(self._nomogram.fields if self._nomogram is not None else [])
        if self._nomogram is not None:
            self._reset()

    def refresh(self) -> None:
        """Enable the chart's button."""
        nodes = self._panel.nodes
        self._ui.nomogramChartButton.enabled = nodes is not None and nodes.nomogramChartNode is not None
        self._ui.nomogramChartButton.toolTip = _("Survival at these values, in the plot view.")
        self._ui.nomogramResetButton.toolTip = _("Put this patient's values back.")

    def values(self) -> dict[str, Any]:
        """What the inputs say now."""
        fields = self._nomogram.fields if self._nomogram is not None else []
        return {field.key: self._value(field) for field in fields}

    def read(self) -> None:
        """Read the nomogram at the values of the inputs."""
        if self._nomogram is None:
            return
        try:
            reading = self._nomogram.at(self.values())
        except RefusedInput as error:
            self._ui.nomogramLabel.text = str(error)
            return
        self._show_points(reading)
        self._show_probabilities(reading)
        self._move_chart(reading)

    def _make_inputs(self, fields: list[Field]) -> None:
        layout = self._ui.nomogramForm.layout()
        while layout.count():
            widget = layout.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self._inputs = {}
        for field in fields:
            widget = self._input(field)
            widget.toolTip = _(field.help)
            label = qt.QLabel(f"{_(field.label)}:")
            label.setBuddy(widget)
            layout.addRow(label, widget)
            self._inputs[field.key] = widget
        chain([self._ui.survivalEvidenceButton, *self._inputs.values(), self._ui.nomogramTable])

    def _input(self, field: Field) -> Any:
        if field.kind == "number":
            box = qt.QDoubleSpinBox()
            box.decimals = _decimals(field)
            low, high = self._range(field)
            self._unknown[field.key] = low - (field.step or 1.0)
            box.setRange(self._unknown[field.key], high)
            box.specialValueText = _("not known")
            box.singleStep = field.step or 1.0
            box.suffix = f" {_(field.unit)}" if field.unit else ""
            box.connect("valueChanged(double)", guarded(self.read))
            return box
        combo = qt.QComboBox()
        fill_choices(combo, [(choice.value, _(choice.label)) for choice in field.choices])
        combo.connect("currentIndexChanged(int)", guarded(self.read))
        return combo

    def _range(self, field: Field) -> tuple[float, float]:
        """That of the training patients, widened to this patient's own value; the number below it is "not known"."""
        own = self._nomogram.values.get(field.key) if self._nomogram is not None else None
        ends = [end for end in (field.low, field.high, own) if end is not None]
        return min(ends, default=0.0), max(ends, default=0.0)

    def _value(self, field: Field) -> Any:
        widget = self._inputs[field.key]
        if field.kind != "number":
            return chosen(widget)
        unknown = widget.value < self._unknown[field.key] + (field.step or 1.0) / 2
        return None if unknown else widget.value

    def _reset(self) -> None:
        if self._nomogram is None:
            return
        for field in self._nomogram.fields:
            widget, value = self._inputs[field.key], self._nomogram.values.get(field.key)
            blocked = widget.blockSignals(True)
            if field.kind == "number":
                widget.value = float(value) if value is not None else self._unknown[field.key]
            else:
                values = [choice.value for choice in field.choices]
                widget.currentIndex = values.index(value) if value in values else 0
            widget.blockSignals(blocked)
        self.read()

    def _show_points(self, reading: NomogramReading) -> None:
        labels = {field.key: field.label for field in self._nomogram.fields} if self._nomogram is not None else {}
        rows = [(_(labels.get(key, key)), f"{points:.0f}") for key, points in reading.points.items()]
        table = self._ui.nomogramTable
        fill_table(table, [_("Covariate"), _("Points")], [*rows, (_("Total"), f"{reading.total:.0f}")], stretch=0)

    def _show_probabilities(self, reading: NomogramReading) -> None:
        rows = year_rows(reading.probability, reading.interval)
        lines = [f"{_(row.label)}: {row.text}" for row in rows]
        lines += [f"{_('Median survival')}: {_(reading.median)}"] if reading.median else []
        lines += [_(line) for line in reading.outside]
        lines += [f"{_('Rests on')}: {reading.rests_on}."] if reading.rests_on else []
        self._ui.nomogramLabel.text = "\n".join(lines)

    def _move_chart(self, reading: NomogramReading) -> None:
        from GliomaRadiomicsLib.scene.charts import update_chart

        nodes = self._panel.nodes
        if nodes is not None and nodes.nomogramChartNode is not None:
            update_chart(nodes.nomogramChartNode, reading.chart)

    def _show_chart(self) -> None:
        from GliomaRadiomicsLib.panel.survival_tab import show_chart

        show_chart(self._panel.nodes.nomogramChartNode)


def _decimals(field: Field) -> int:
    """Decimals that show one step."""
    return max(0, -math.floor(math.log10(field.step or 1.0)))
