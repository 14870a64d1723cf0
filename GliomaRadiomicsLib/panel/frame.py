"""The panel: its parts, the result that they show, and the state that the rules look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.interface.fields import SEQUENCE_FIELDS, STEP_PREFIX
from GliomaRadiomicsLib.interface.rules import Allowed, PanelState, allowed
from GliomaRadiomicsLib.interface.sections import RESULT_TABS, SECTIONS
from GliomaRadiomicsLib.interface.summary import NOTICE
from GliomaRadiomicsLib.panel import output_folders
from GliomaRadiomicsLib.panel.dress import dress, dress_choices
from GliomaRadiomicsLib.panel.parameters import FIELDS, values_of
from GliomaRadiomicsLib.panel.tab_order import put_in_order, stops
from GliomaRadiomicsLib.scene.display import has_outline, outline_stamp

_REPORT, _REPORT_ATTRIBUTE = "report.html", "GliomaRadiomics.Report"
_IMAGES_ATTRIBUTE, _PREPARED = "GliomaRadiomics.Images", "prepared"
_PARTS = ("inputs", "check", "run", "cohort", "models")


class Panel:
    """What the widget of the module shows; every part gets it and asks it.

    Args:
        layout: Where the panel is put.
        ui_path: Gives the path of a ``.ui`` file by its name.
        logic: The logic of the module.
        requirements: Path of ``requirements.txt``.
    """

    def __init__(self, layout: Any, ui_path: Callable[[str], str], logic: Any, requirements: str) -> None:
        self.logic, self.requirements = logic, requirements
        self.parameters: Any = None
        self.nodes: Any = None
        self.before: CaseResult | None = None
        self._shown, self._stamp = "", 0
        self._warm = False
        self._state: PanelState | None = None
        self._folder: Path | None = None
        self._own_folders: set[Path] = set()
        self._gui_tag: Any = None
        self.ui = self._load(layout, ui_path)
        dress(self.ui, [field for field in FIELDS if field.key != "step_scene"])
        self.ui.noticeLabel.text = _(NOTICE)
        self._make_parts()

    @property
    def result(self) -> CaseResult | None:
        """What is shown, naming only files that are still there."""
        if self.nodes is None:
            return None
        return _with_files(self.nodes, self.report_file)

    @property
    def output_folder(self) -> Path | None:
        """Output folder of the shown result, of an earlier session too; None if it is gone, or not known here."""
        return self._folder if self._folder is not None and self._folder.is_dir() else None

    @property
    def reusable_folder(self) -> Path | None:
        """The same, if a run of this session made it from the images that are in the scene."""
        return self.output_folder if self._folder in self._own_folders else None

    @property
    def report_file(self) -> Path | None:
        """The shown result's report, of an earlier session too; None if there is none or it is gone."""
        path = self.output_folder / _REPORT if self.output_folder is not None else None
        return path if path is not None and path.is_file() else None

    @property
    def patient(self) -> str:
        """Name of the patient whose result is shown."""
        return self._shown

    @property
    def mask_edited(self) -> bool:
        """Whether the outline was drawn on since its result is shown."""
        return self.nodes is not None and outline_stamp(self.nodes) != self._stamp

    @property
    def state(self) -> PanelState:
        """What the rules look at; looked up once for all parts while these are refreshed."""
        return self._state or self._look()

    def _look(self) -> PanelState:
        values = values_of(self.parameters) if self.parameters is not None else {}
        steps = {key.removeprefix(STEP_PREFIX) for key, on in values.items() if key.startswith(STEP_PREFIX) and on}
        return PanelState(
            sequences=frozenset(field.key for field in SEQUENCE_FIELDS if values.get(field.key) is not None),
            running=any(part.is_running for part in (self.run, self.models, self.cohort, self.report)),
            result=self.result,
            report_gone=self._noted(_REPORT_ATTRIBUTE) is not None and self.report_file is None,
            mask_edited=self.mask_edited,
            has_tumour=not self.mask_edited or has_outline(self.nodes),
            has_folder=self.output_folder is not None,
            has_images=self._noted(_IMAGES_ATTRIBUTE) != _PREPARED,
            steps=frozenset(steps),
            cohort=self.cohort.is_filled,
            model=self.models.chosen_row() is not None,
            training=self.models.train.is_filled,
        )

    def allow(self, button: Any, action: str) -> Allowed:
        """Enable a button as the rules say, with the reason as its tool tip."""
        answer = allowed(action, self.state)
        button.enabled = answer.ok
        button.toolTip = _(answer.why)
        return answer

    def volume_nodes(self) -> dict[str, Any]:
        """Selected node by sequence; None where none is selected."""
        return self.logic.volumeNodes(self.parameters) if self.parameters is not None else {}

    def set_parameters(self, parameters: Any) -> None:
        """Show another parameter node, or none."""
        if self.parameters is not None:
            self.parameters.disconnectGui(self._gui_tag)
        self.parameters = parameters
        if parameters is not None:
            self._gui_tag = parameters.connectGui(self.ui)
            dress_choices(self.ui, FIELDS)
            dress(self.ui, [field for field in FIELDS if field.kind == "number"])
            self.inputs.recognise()
            if not self._still_shows(parameters.patient):
                self.show_patient(parameters.patient)
        self.refresh()

    def refresh(self) -> None:
        """Enable and disable what depends on the choices."""
        self._state = self._look()
        try:
            for part in self._parts:
                part.refresh()
        finally:
            self._state = None
        self._warm_up()

    def show_new(self, nodes: Any, patient: str, folder: Path, before: CaseResult | None = None) -> None:
        """Show a result that a run has just written into the scene."""
        self._own_folders.add(folder)
        self._show_of(nodes, patient, folder, before)

    def show_loaded(self, nodes: Any, patient: str, folder: Path) -> None:
        """Show a result of an earlier run with the images that lie in its folder, which are prepared already."""
        if nodes.dataNode is not None:
            nodes.dataNode.SetAttribute(_IMAGES_ATTRIBUTE, _PREPARED)
        self._show_of(nodes, patient, folder, None)

    def show_patient(self, patient: str) -> None:
        """Show the result of a patient found in the scene; of the last one if this one has none."""
        from GliomaRadiomicsLib.scene.restore import find_result, patients_with_result

        names = patients_with_result(slicer.mrmlScene)
        patient = patient if patient in names else (names[-1] if names else "")
        if self.parameters is not None and self.parameters.patient != patient:
            self.parameters.patient = patient
        self._show(find_result(slicer.mrmlScene, patient) if patient else None, None, patient)

    def loaded(self) -> None:
        """A scene was loaded; where its file lies is known only when loading has ended."""
        qt.QTimer.singleShot(0, self._look_beside)

    def forget(self) -> None:
        """The scene was closed: nothing is shown any more."""
        self.logic.forgetImages()
        self.check.forget()
        self._show(None, None, "")

    def stop(self) -> None:
        """The panel goes away."""
        self.run.stop()
        self.models.stop()
        self.cohort.stop()
        self.inputs.stop()
        self.tumour.stop()
        self.report.stop()

    def _show_of(self, nodes: Any, patient: str, folder: Path, before: CaseResult | None) -> None:
        """The scene notes only that there is a report; where it lies is a matter of this machine."""
        output_folders.remember(nodes.dataNode, folder)
        if (folder / _REPORT).is_file() and nodes.dataNode is not None:
            nodes.dataNode.SetAttribute(_REPORT_ATTRIBUTE, _REPORT)
        parameters = self.parameters or self.logic.getParameterNode()  # another module may be shown by now
        parameters.patient = patient
        self._show(nodes, before, patient)

    def _show(self, nodes: Any, before: CaseResult | None, patient: str) -> None:
        self.nodes, self.before = nodes, before
        self._folder = output_folders.find(nodes.dataNode) if nodes is not None else None
        self._shown, self._stamp = patient, outline_stamp(nodes)
        for part in self._parts:
            part.show_result()
        self.refresh()

    def _look_beside(self) -> None:
        """Files of the result may lie beside the scene's own file."""
        if self.parameters is None or self.nodes is None or self._folder is not None:
            return
        self._folder = output_folders.find(self.nodes.dataNode)
        if self._folder is not None:
            for part in self._parts:
                part.show_result()
            self.refresh()

    def _warm_up(self) -> None:
        """Start a worker ahead once there is something to run on, so that the run begins at once."""
        if not self._warm and self.ui.runButton.enabled:
            self._warm = True
            self.logic.startWorker()

    def _noted(self, attribute: str) -> str | None:
        """What was noted on the shown result in the scene."""
        return self.nodes.dataNode.GetAttribute(attribute) if self._has_data() else None

    def _has_data(self) -> bool:
        return self.nodes is not None and self.nodes.dataNode is not None

    def _still_shows(self, patient: str) -> bool:
        """Whether the result of this patient is shown already; then an edited outline stays marked as edited."""
        shown = self.nodes is not None and self._shown == patient
        return shown and bool(slicer.mrmlScene.IsNodePresent(self.nodes.dataNode))

    def _load(self, layout: Any, ui_path: Callable[[str], str]) -> Any:
        frame = slicer.util.loadUI(ui_path("GliomaRadiomics.ui"))
        layout.addWidget(frame)
        places = slicer.util.childWidgetVariables(frame)
        self._frame = frame
        for key in _PARTS:
            section = slicer.util.loadUI(ui_path(f"{key.capitalize()}Section.ui"))
            getattr(places, f"{key}CollapsibleButton").layout().addWidget(section)
            if key == "inputs":
                section.setMRMLScene(slicer.mrmlScene)
        for tab in RESULT_TABS:
            page = slicer.util.loadUI(ui_path(f"{tab.key.capitalize()}Tab.ui"))
            getattr(places, f"{tab.key}Tab").layout().addWidget(page)
        ui = slicer.util.childWidgetVariables(frame)
        for section in SECTIONS:
            fold = getattr(ui, f"{section.key}CollapsibleButton", None)
            if fold is not None:
                fold.text, fold.toolTip = _(section.title), _(section.help)
        for index, tab in enumerate(RESULT_TABS):
            ui.resultTabs.setTabText(index, _(tab.title))
            ui.resultTabs.setTabToolTip(index, _(tab.help))
        frame.setMRMLScene(slicer.mrmlScene)
        put_in_order(ui, _tab_stops(ui_path))
        return ui

    def _make_parts(self) -> None:
        from GliomaRadiomicsLib.panel.check_section import CheckSection
        from GliomaRadiomicsLib.panel.cohort_section import CohortSection
        from GliomaRadiomicsLib.panel.features_tab import FeaturesTab
        from GliomaRadiomicsLib.panel.grade_tab import GradeTab
        from GliomaRadiomicsLib.panel.inputs_section import InputsSection
        from GliomaRadiomicsLib.panel.models_section import ModelsSection
        from GliomaRadiomicsLib.panel.molecular_tab import MolecularTab
        from GliomaRadiomicsLib.panel.report_tab import ReportTab
        from GliomaRadiomicsLib.panel.results_section import ResultsSection
        from GliomaRadiomicsLib.panel.run_section import RunSection
        from GliomaRadiomicsLib.panel.survival_tab import SurvivalTab
        from GliomaRadiomicsLib.panel.tumour_tab import TumourTab

        self.models = ModelsSection(self)
        self.run = RunSection(self)
        self.cohort = CohortSection(self)
        self.inputs = InputsSection(self)
        self.check = CheckSection(self)
        self.tumour, self.report = TumourTab(self), ReportTab(self)
        tabs = (GradeTab, MolecularTab, SurvivalTab, FeaturesTab)
        self._parts = [self.models, self.run, self.inputs, self.check, ResultsSection(self), self.tumour]
        self._parts += [*(tab(self) for tab in tabs), self.report, self.cohort]


def _tab_stops(ui_path: Callable[[str], str]) -> list[str]:
    """Names of all tab stops: section by section, the tabs of the results among them."""
    names = []
    for section in SECTIONS:
        names.append(f"{section.key}CollapsibleButton")
        if section.key in _PARTS:
            names += stops(ui_path(f"{section.key.capitalize()}Section.ui"))
            continue
        names += stops(ui_path("GliomaRadiomics.ui"))
        for tab in RESULT_TABS:
            names += stops(ui_path(f"{tab.key.capitalize()}Tab.ui"))
    return names


def _with_files(nodes: Any, report: Path | None) -> CaseResult:
    """The result, its files as far as they can still be had: from nodes of the scene, or where the run wrote them."""
    result = nodes.result
    kept = {}
    if nodes.heatmapNodes:
        kept["heatmaps"] = result.files.get("heatmaps") or dict.fromkeys(nodes.heatmapNodes, "")
    if nodes.featureTableNode is not None:
        kept["features"] = "features.csv"
    if nodes.segmentationNode is not None:
        kept["segmentation"] = "segmentation.nii.gz"
    if report is not None:
        kept["report"] = report.name
    return replace(result, files=kept)
