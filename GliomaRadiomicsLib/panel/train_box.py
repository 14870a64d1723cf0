"""The box Train of the section Models: what to train on which patients, and where to."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.fields import TRAIN_FIELDS
from GliomaRadiomicsLib.interface.model_jobs import is_train_filled, suggested_name, train_job
from GliomaRadiomicsLib.interface.models import trainable
from GliomaRadiomicsLib.panel.dialogs import choose_file, choose_folder, guarded
from GliomaRadiomicsLib.panel.dress import dress_rows, row_values
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices


class TrainBox:
    """Fields of a training.

    Args:
        panel: The panel.
        start: Called with the job (see `pipeline.job.Job.start`) when the user wants it.
    """

    def __init__(self, panel: Any, start: Any) -> None:
        self._panel, self._ui, self._start = panel, panel.ui, start
        ui = self._ui
        dress_rows(ui, TRAIN_FIELDS)
        fill_choices(ui.trainSystemComboBox, [("", _("choose")), *((name, _(words)) for name, words in trainable())])
        ui.trainSystemComboBox.connect("currentIndexChanged(int)", guarded(self._suggest_name))
        for edit in (ui.trainCohortEdit, ui.trainOutEdit, ui.trainNameEdit):
            edit.connect("textChanged(QString)", lambda _text: self.refresh())
        ui.trainCohortButton.connect("clicked()", guarded(self._choose_cohort))
        ui.trainOutButton.connect("clicked()", guarded(self._choose_out))
        ui.trainConfigButton.connect("clicked()", guarded(self._choose_config))
        ui.trainButton.connect("clicked()", guarded(self._train))

    @property
    def is_filled(self) -> bool:
        """Whether everything that is needed is given."""
        return is_train_filled(row_values(self._ui, TRAIN_FIELDS))

    def refresh(self) -> None:
        """Enable the button."""
        self._panel.allow(self._ui.trainButton, "train")

    def job(self) -> dict[str, Any]:
        """What the worker is told; raises `RefusedInput` for a name that cannot be one of a model."""
        device = self._panel.parameters.device if self._panel.parameters is not None else "auto"
        return train_job(row_values(self._ui, TRAIN_FIELDS), device)

    def _suggest_name(self) -> None:
        system, edit = chosen(self._ui.trainSystemComboBox), self._ui.trainNameEdit
        edit.text = suggested_name(system, edit.text, [name for name, _words in trainable()])
        self.refresh()

    def _choose_cohort(self) -> None:
        self._ui.trainCohortEdit.text = choose_file(_("Table of patients"), "CSV (*.csv)")

    def _choose_out(self) -> None:
        self._ui.trainOutEdit.text = choose_folder(_("Folder for the model"))

    def _choose_config(self) -> None:
        self._ui.trainConfigEdit.text = choose_file(_("Settings"), "YAML (*.yaml *.yml)")

    def _train(self) -> None:
        self._start(self.job())
