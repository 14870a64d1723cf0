"""Run: steps, device, models; starts runs and follows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import qt
from slicer.i18n import tr as _

from GliomaRadiomicsLib.interface.models import ModelRow
from GliomaRadiomicsLib.interface.values import analyze_settings, clinical_values
from GliomaRadiomicsLib.panel import packages
from GliomaRadiomicsLib.panel.dialogs import guarded
from GliomaRadiomicsLib.panel.parameters import values_of
from GliomaRadiomicsLib.panel.run_control import RunControl, RunWidgets, RunWords
from GliomaRadiomicsLib.panel.tab_order import chain
from GliomaRadiomicsLib.panel.tables import chosen, fill_choices


class RunSection:
    """The section Run."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        ui = panel.ui
        self.control = RunControl(
            RunWidgets(ui.cancelButton, ui.progressBar, ui.etaLabel, ui.logText),
            self._changed,
        )
        self._words = RunWords(
            done=_("Done."),
            cancelled=_("Cancelled; nothing was kept."),
            failed=_("The analysis did not succeed"),
            refused=_("These images cannot be analysed"),
        )
        self._model_boxes: dict[str, Any] = {}
        self._ui.runButton.connect("clicked()", guarded(self._run))
        self.list_models()

    @property
    def is_running(self) -> bool:
        """Whether something is running."""
        return self.control.is_running

    def prepare(self, control: RunControl | None = None, *, torch: bool = True) -> None:
        """Install what is missing, with consent.

        Args:
            control: In whose log it is told that the user declined; default that of this section.
            torch: Whether PyTorch is needed too.

        Raises:
            Cancelled: If the user declines.
            RefusedInput: If something cannot be installed from here.
        """
        try:
            packages.ensure_packages(self._panel.requirements, torch=torch)
        except packages.Cancelled as declined:
            (control or self.control).log(str(declined))
            raise

    def start(self, *, recompute: bool = False) -> None:
        """Start an analysis with what is chosen.

        Args:
            recompute: With the outline as it was edited, on the images and with the clinical data of the shown result,
                prepared as before; the new result replaces it, and it is kept to compare with.

        Raises:
            Cancelled: If packages are missing and the user declines.
            RefusedInput: If the images or the settings cannot be used.
        """
        self.prepare()
        panel, values = self._panel, self.values()
        nodes, options = panel.volume_nodes(), {"mask_node": values["mask"], "patient": None}
        before = None
        if recompute:
            before = panel.nodes.result
            nodes = dict(panel.nodes.volumeNodes)
            options = {"mask_node": panel.nodes.segmentationNode, "patient": panel.patient, "keep_mask": False}
            values |= clinical_values(before) | {"reuse": str(panel.reusable_folder) if panel.reusable_folder else None}
        run = panel.logic.newRun(nodes, analyze_settings(values), **options)
        self.follow(run, lambda result: self._take(run, result, before), self._words)
        self.tell_absent_models(self.control)

    def values(self) -> dict[str, Any]:
        """What is chosen, with the paths of the chosen models; those that are not installed here are left out."""
        values, installed = values_of(self._panel.parameters), self._installed()
        values["models"] = {system: installed[key] for system, key in values["models"].items() if key in installed}
        return values

    def tell_absent_models(self, control: RunControl) -> None:
        """Say in a log which models that a loaded scene asks for are not installed here."""
        chosen_models = dict(self._panel.parameters.models)
        for system, key in chosen_models.items():
            if key not in self._installed():
                control.log(f"{system}: {key} {_('is not installed here; the automatic choice is used instead.')}")

    def _installed(self) -> dict[str, str]:
        return {row.key: row.path for row in self._panel.models.rows if row.ok}

    def follow(self, run: Any, on_result: Callable[[Any], None], words: RunWords) -> None:
        """Start and follow a run that was made elsewhere in the panel."""
        self.control.follow(run, on_result, words)

    def refresh(self) -> None:
        """Enable the buttons."""
        self._panel.allow(self._ui.runButton, "run")
        self._panel.allow(self._ui.cancelButton, "cancel")
        self._ui.cancelButton.enabled = self.is_running
        models = dict(self._panel.parameters.models) if self._panel.parameters is not None else {}
        for system, box in self._model_boxes.items():
            keys = [box.itemData(index) for index in range(box.count)]
            wanted = models.get(system, "")
            box.currentIndex = keys.index(wanted) if wanted in keys else 0

    def show_result(self) -> None:
        """Nothing here depends on a result."""

    def stop(self) -> None:
        """The panel goes away, and a run with it."""
        self.control.stop()

    def list_models(self) -> None:
        """A choice for every system of which more than one model is installed."""
        layout = self._ui.modelsForm.layout()
        while layout.count():
            widget = layout.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self._model_boxes = {}
        for system, rows in _alternatives(self._panel.models.rows).items():
            box = qt.QComboBox()
            label = qt.QLabel(f"{system}:")
            choices = [(row.key, f"{row.name} {row.version}, {_(row.source)}") for row in rows]
            fill_choices(box, [("", _("automatic")), *choices])
            box.connect("currentIndexChanged(int)", lambda _index, key=system: self._choose(key))
            layout.addRow(label, box)
            label.setBuddy(box)
            box.toolTip = label.toolTip = _("Which model is used; automatic is the one that came with the product.")
            self._model_boxes[system] = box
        chain([self._ui.normalisationComboBox, *self._model_boxes.values(), self._ui.runButton])
        self._ui.modelsForm.setVisible(bool(self._model_boxes))

    def _choose(self, system: str) -> None:
        parameters = self._panel.parameters
        if parameters is None:
            return
        others = {one: key for one, key in dict(parameters.models).items() if one != system}
        key = chosen(self._model_boxes[system])
        parameters.models = others | ({system: key} if key else {})

    def _run(self) -> None:
        self.start()

    def _take(self, run: Any, nodes: Any, before: Any) -> None:
        from GliomaRadiomicsLib.scene.ownership import CASE_ATTRIBUTE
        from GliomaRadiomicsLib.scene.views import show_result

        if before is None:
            import slicer

            show_result(slicer.mrmlScene, nodes)
        patient = nodes.resultTableNode.GetAttribute(CASE_ATTRIBUTE)
        self._panel.show_new(nodes, patient, run.output_folder, before)

    def _changed(self) -> None:
        self._panel.refresh()


def _alternatives(rows: list[ModelRow]) -> dict[str, list[ModelRow]]:
    by_system: dict[str, list[ModelRow]] = defaultdict(list)
    for row in rows:
        if row.ok:
            by_system[row.system].append(row)
    return {system: found for system, found in by_system.items() if len(found) > 1}
