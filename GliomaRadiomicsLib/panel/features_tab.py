"""Features: a table to filter, copy and save."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.interface import features
from GliomaRadiomicsLib.panel.dialogs import choose_target, guarded
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices, fill_table, keep_fitted

MOST_ROWS = 500
"""More rows than this are not put into the widget; copy and CSV have them all."""

_FEATURE, _LEAST_HEIGHT = 2, 320


class FeaturesTab:
    """The tab Features."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._all: list[FeatureRow] = []
        self._shown: list[FeatureRow] = []
        ui = self._ui
        keep_fitted(ui.featureTable, 0)
        ui.featureTable.setMinimumHeight(_LEAST_HEIGHT)
        ui.featureTextEdit.connect("textChanged(QString)", guarded(self._filter))
        ui.featureTextEdit.toolTip = _("Words that the line holds, such as: glcm entropy")
        ui.featureSequenceComboBox.connect("currentIndexChanged(int)", guarded(self._filter))
        ui.featureRegionComboBox.connect("currentIndexChanged(int)", guarded(self._filter))
        ui.featureCopyButton.connect("clicked()", guarded(self._copy))
        ui.featureCsvButton.connect("clicked()", guarded(self._save))

    def show_result(self) -> None:
        """Show the features of the result."""
        from GliomaRadiomicsLib.scene.restore import feature_rows

        nodes = self._panel.nodes
        self._all = feature_rows(nodes.featureTableNode) if nodes is not None else []
        self._list(self._ui.featureSequenceComboBox, features.sequence_choices(self._all))
        self._list(self._ui.featureRegionComboBox, features.region_choices(self._all))
        self._filter()

    def refresh(self) -> None:
        """Enable the buttons."""
        self._panel.allow(self._ui.featureCopyButton, "copy_features")
        self._panel.allow(self._ui.featureCsvButton, "export_csv")

    def _list(self, combo: Any, choices: list[Any]) -> None:
        fill_choices(combo, [(choice.value, _(choice.label)) for choice in choices], chosen(combo))

    def _filter(self) -> None:
        ui = self._ui
        sequence, region = chosen(ui.featureSequenceComboBox), chosen(ui.featureRegionComboBox)
        self._shown = features.filter_rows(self._all, ui.featureTextEdit.text, sequence, region)
        titles = [_(title) for title in features.COLUMNS]
        rows = [features.cells(row) for row in self._shown[:MOST_ROWS]]
        fill_table(ui.featureTable, titles, rows, stretch=_FEATURE)
        ui.featureTable.setColumnHidden(len(titles) - 1, not any(row[-1] for row in rows))
        more = f" ({_('the first')} {MOST_ROWS} {_('are listed')})" if len(self._shown) > MOST_ROWS else ""
        count = f"{len(self._shown)} {_('of')} {len(self._all)} {_('features')}{more}."
        ui.featureCountLabel.text = f"{count} {_(features.UNITS_NOTE)}"

    def _copy(self) -> None:
        qt.QApplication.clipboard().setText(features.as_text(self._shown))

    def _save(self) -> None:
        path = choose_target(_("Save the features that are shown"), "features.csv", "CSV (*.csv)")
        Path(path).write_text(features.as_csv(self._shown), encoding="utf-8")
