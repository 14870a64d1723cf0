"""The scripted module: module, widget, logic and self-test, wired together from `GliomaRadiomicsLib`.

No ``from __future__ import annotations`` here: the parameter node wrapper needs real types.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

try:
    import GliomaRadiomicsLib
except ModuleNotFoundError:  # a source checkout, where the library lies beside this folder
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    import GliomaRadiomicsLib

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.settings import STEPS, AnalyzeSettings, ClinicalData

PHANTOM = "GliomaRadiomicsPhantom"
UNKNOWN = "unknown"
UNKNOWN_AGE = -1


class GliomaRadiomics(ScriptedLoadableModule):
    """What the module list shows."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Glioma Radiomics")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = []
        self.parent.contributors = ["The GliomaRadiomics contributors"]
        self.parent.helpText = _(
            "Segments, measures and grades gliomas from any of T1, T1ce, T2 and FLAIR, and explains what it found. "
            "For research only: not a medical device, not for diagnosis or treatment."
        )
        self.parent.acknowledgementText = f"GliomaRadiomics {GliomaRadiomicsLib.__version__}"
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData() -> None:
    """Add the phantom patient to the module Sample Data; it is made here, not downloaded."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="GliomaRadiomics",
        sampleName=PHANTOM,
        thumbnailFileName=str(Path(__file__).parent / "Resources" / "Icons" / "GliomaRadiomics.png"),
        customDownloader=lambda source=None: list(loadPhantom().values()),
    )


def loadPhantom() -> dict[str, Any]:
    """Make the phantom patient and add its four volumes to the scene; returns the nodes by sequence."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom
    from GliomaRadiomicsLib.scene.volumes import node_from_volume

    volumes = make_phantom().volumes
    return {
        key: node_from_volume(slicer.mrmlScene, volumes[key], f"Phantom {SEQUENCE_NAMES[key]}") for key in SEQUENCES
    }


@parameterNodeWrapper
class GliomaRadiomicsParameterNode:
    """What the panel asks for; saved with the scene.

    Attributes:
        t1: Native T1-weighted volume, or None, as the other three.
        t1ce: T1-weighted volume after contrast.
        t2: T2-weighted volume.
        flair: T2 FLAIR volume.
        age: Years; -1 if unknown.
        sex: ``F``, ``M`` or ``unknown``.
    """

    t1: vtkMRMLScalarVolumeNode
    t1ce: vtkMRMLScalarVolumeNode
    t2: vtkMRMLScalarVolumeNode
    flair: vtkMRMLScalarVolumeNode
    age: Annotated[int, WithinRange(UNKNOWN_AGE, 120)] = UNKNOWN_AGE
    sex: Annotated[str, Choice([UNKNOWN, "F", "M"])] = UNKNOWN


class GliomaRadiomicsWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Connects the panel's parts; the work is done by the logic and by `GliomaRadiomicsLib.panel`."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.runControl: Any = None
        self._parameterNode: Any = None
        self._guiTag: Any = None

    def setup(self) -> None:
        """Load the layout and connect it."""
        from GliomaRadiomicsLib.panel.run_control import RunControl

        ScriptedLoadableModuleWidget.setup(self)
        widget = slicer.util.loadUI(self.resourcePath("UI/GliomaRadiomics.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = GliomaRadiomicsLogic()
        self.runControl = RunControl(self.ui, self.onResult)
        self.ui.runButton.connect("clicked()", self.onRun)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.setParameterNode(self.logic.getParameterNode())

    def cleanup(self) -> None:
        """The panel goes away: so does a run, and every observer."""
        if self.runControl is not None:
            self.runControl.stop()
        self.setParameterNode(None)
        self.removeObservers()

    def enter(self) -> None:
        """The module is shown again."""
        self.setParameterNode(self.logic.getParameterNode())

    def exit(self) -> None:
        """Another module is shown; a run goes on."""
        self.setParameterNode(None)

    def onSceneStartClose(self, caller: Any, event: Any) -> None:
        """The parameter node is about to be reset."""
        self.setParameterNode(None)

    def onSceneEndClose(self, caller: Any, event: Any) -> None:
        """Start afresh if the module is shown."""
        self.ui.resultLabel.text = _("No result yet.")
        if self.parent.isEntered:
            self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode: Any) -> None:
        """Show and observe another parameter node, or none."""
        if self._parameterNode is not None:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
        self._parameterNode = parameterNode
        if parameterNode is not None:
            self._guiTag = parameterNode.connectGui(self.ui)
            self.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
        self.onParametersChanged()

    def onParametersChanged(self, caller: Any = None, event: Any = None) -> None:
        """Run needs one sequence at least."""
        ready = self._parameterNode is not None and any(self.logic.volumeNodes(self._parameterNode).values())
        why = _("Segment, measure and grade") if ready else _("Select at least one of T1, T1ce, T2, FLAIR")
        self.runControl.set_can_run(ready, why)

    def onRun(self) -> None:
        """Install what is missing, with consent, and start a run."""
        from GliomaRadiomicsLib.panel.packages import ensure_packages

        try:
            ensure_packages(self.resourcePath("requirements.txt"))
            parameters = self._parameterNode
            run = self.logic.analyze(
                **self.logic.volumeNodes(parameters),
                age=None if parameters.age == UNKNOWN_AGE else parameters.age,
                sex=None if parameters.sex == UNKNOWN else parameters.sex,
                wait=False,
            )
        except Cancelled as stopped:
            self.ui.logText.appendPlainText(str(stopped))
            return
        except RefusedInput as error:
            slicer.util.errorDisplay(str(error), windowTitle="Glioma Radiomics")
            return
        self.runControl.follow(run)

    def onResult(self, result: Any) -> None:
        """Show the nodes and the figures of a run that ended well."""
        from GliomaRadiomicsLib.scene.tables import result_lines
        from GliomaRadiomicsLib.scene.views import show_result

        show_result(slicer.mrmlScene, result)
        self.ui.resultLabel.text = "\n".join(f"{figure}: {value}" for figure, value, _e in result_lines(result.result))


class GliomaRadiomicsLogic(ScriptedLoadableModuleLogic):
    """The same for the panel, the Python console and tests."""

    jobOptions: dict[str, Any] | None = None
    """Passed on to `GliomaRadiomicsLib.pipeline.job.Job`; tests start another worker with it."""

    def getParameterNode(self) -> Any:
        """The typed parameter node of this scene."""
        return GliomaRadiomicsParameterNode(super().getParameterNode())

    @staticmethod
    def volumeNodes(parameterNode: Any) -> dict[str, Any]:
        """Selected node by sequence; None where none is selected."""
        return {sequence: getattr(parameterNode, sequence) for sequence in SEQUENCES}

    def analyze(
        self,
        t1: Any = None,
        t1ce: Any = None,
        t2: Any = None,
        flair: Any = None,
        *,
        mask: Any = None,
        steps: Sequence[str] = STEPS,
        models: dict[str, str] | None = None,
        device: str = "auto",
        patient: str | None = None,
        folder: str | None = None,
        wait: bool = True,
        **clinical: Any,
    ) -> Any:
        """Analyse one patient in a worker process and write the result into the scene.

        Args:
            t1: Native T1-weighted volume node; at least one of the four is needed.
            t1ce: T1-weighted volume node after contrast.
            t2: T2-weighted volume node.
            flair: T2 FLAIR volume node.
            mask: Segmentation or label-map node to use instead of segmenting.
            steps: Subset of `STEPS`; the scene is always written here and never as a file.
            models: Model bundle to use instead of the starter model, by system name.
            device: ``auto``, ``cpu`` or ``cuda``.
            patient: Name of the folder and of the nodes; no patient identifier. A result of the same name is replaced.
                Default: the name under which these images were analysed before, otherwise one that is not taken
                (``Patient``, ``Patient 2``, ...).
            folder: Keep report and files in ``folder``/out; otherwise they go when the program ends.
            wait: Wait for the end. Otherwise return the started run (`GliomaRadiomicsLib.scene.run.CaseRun`).
            **clinical: What is known of age, sex, kps, resection, idh, grade, histology, location; see `ClinicalData`.

        Returns:
            `GliomaRadiomicsLib.scene.writer.SceneResult` with the nodes written.

        Raises:
            RefusedInput: If the input cannot be used.
            Cancelled: If the run was cancelled.
            RuntimeError: If it failed.
        """
        from GliomaRadiomicsLib.scene.run import CaseRun

        nodes = {"t1": t1, "t1ce": t1ce, "t2": t2, "flair": flair}
        settings = AnalyzeSettings(ClinicalData(**clinical), tuple(steps), models or {}, device)
        options = {"mask_node": mask, "patient": patient, "folder": folder}
        run = CaseRun(slicer.mrmlScene, nodes, settings, **options, job_options=self.jobOptions)
        run.start()
        return run.finish() if wait else run


class GliomaRadiomicsTest(ScriptedLoadableModuleTest):
    """Self-test on the phantom patient, from volume nodes to result nodes."""

    def setUp(self) -> None:
        """Start with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        """Run the whole chain."""
        self.setUp()
        self.test_phantom()

    def test_phantom(self) -> None:
        """The phantom has a tumour with all three parts, and a second run leaves no node twice."""
        self.delayDisplay("Making the phantom patient")
        nodes = loadPhantom()
        result = GliomaRadiomicsLogic().analyze(**nodes, age=54)
        self.assertEqual(result.segmentationNode.GetSegmentation().GetNumberOfSegments(), 3)
        self.assertGreater(result.result.segmentation.volumes_ml["WT"], 1.0)
        self.assertIsNotNone(result.featureTableNode)
        before = slicer.mrmlScene.GetNumberOfNodes()
        GliomaRadiomicsLogic().analyze(**nodes, age=54)
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodes(), before)
        self.delayDisplay("Test passed")
