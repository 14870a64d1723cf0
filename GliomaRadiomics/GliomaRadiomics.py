"""The scripted module: module, widget, logic and self-test, wired together from `GliomaRadiomicsLib`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
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

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES, SEQUENCES
from GliomaRadiomicsLib.core.settings import DEMO_SEED, STEPS, AnalyzeSettings, ClinicalData

PHANTOM = "GliomaRadiomicsPhantom"


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

    volumes = make_phantom(DEMO_SEED).volumes
    return {
        key: node_from_volume(slicer.mrmlScene, volumes[key], f"Phantom {SEQUENCE_NAMES[key]}") for key in SEQUENCES
    }


class GliomaRadiomicsWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Connects Slicer's events with the panel, whose parts lie in `GliomaRadiomicsLib.panel`."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: Any = None
        self.panel: Any = None
        self._parameterNode: Any = None

    def setup(self) -> None:
        """Build the panel and connect it."""
        from GliomaRadiomicsLib.panel.frame import Panel

        ScriptedLoadableModuleWidget.setup(self)
        self.logic = GliomaRadiomicsLogic()
        requirements = self.resourcePath("requirements.txt")
        self.panel = Panel(self.layout, lambda name: self.resourcePath(f"UI/{name}"), self.logic, requirements)
        self.ui = self.panel.ui
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        self.setParameterNode(self.logic.getParameterNode())

    def cleanup(self) -> None:
        """The panel goes away: so does a run, and every observer."""
        self.setParameterNode(None)
        if self.panel is not None:
            self.panel.stop()
        self.logic.stopWorker()
        self.logic.forgetImages()
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
        self.panel.forget()
        if self.parent.isEntered:
            self.setParameterNode(self.logic.getParameterNode())

    def onSceneEndImport(self, caller: Any, event: Any) -> None:
        """A scene was loaded: its choices and results come back."""
        if self.parent.isEntered:
            self.setParameterNode(self.logic.getParameterNode())
            self.panel.loaded()

    def setParameterNode(self, parameterNode: Any) -> None:
        """Show and observe another parameter node, or none."""
        if self._parameterNode is not None:
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)
        self._parameterNode = parameterNode
        self.panel.set_parameters(parameterNode)
        if parameterNode is not None:
            self.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self.onParametersChanged)

    def onParametersChanged(self, caller: Any = None, event: Any = None) -> None:
        """A choice was made."""
        self.panel.refresh()


class GliomaRadiomicsLogic(ScriptedLoadableModuleLogic):
    """The same for the panel, the Python console and tests."""

    jobOptions: dict[str, Any] | None = None
    """Passed on to `GliomaRadiomicsLib.pipeline.job.Job`; tests start another worker with it."""

    _spare: Any = None
    _copies: Any = None

    def getParameterNode(self) -> Any:
        """The typed parameter node of this scene."""
        from GliomaRadiomicsLib.panel.parameters import GliomaRadiomicsParameterNode

        return GliomaRadiomicsParameterNode(super().getParameterNode())

    @staticmethod
    def volumeNodes(parameterNode: Any) -> dict[str, Any]:
        """Selected node by sequence; None where none is selected."""
        return {sequence: getattr(parameterNode, sequence) for sequence in SEQUENCES}

    def workerOptions(self) -> dict[str, Any]:
        """How a job is started: by a worker that was started ahead, where there is one."""
        if self.jobOptions is not None:
            return self.jobOptions
        return {} if self._spare is None else {"spare": self._spare}

    def startWorker(self) -> None:
        """Start a worker ahead, so that the next run begins at once; it ends by itself when it is not used."""
        from GliomaRadiomicsLib.pipeline.spare import Spare

        if self._spare is None:
            self._spare = Spare()
        self._spare.start()

    def stopWorker(self) -> None:
        """End the worker that was started ahead."""
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def forgetImages(self) -> None:
        """Delete the files of the images last handed to the worker."""
        if self._copies is not None:
            self._copies.forget()

    def newRun(self, nodes: dict[str, Any], settings: AnalyzeSettings, **options: Any) -> Any:
        """A run on volume nodes by sequence, not started yet (`GliomaRadiomicsLib.scene.run.CaseRun`)."""
        from GliomaRadiomicsLib.scene.run import CaseRun

        return CaseRun(slicer.mrmlScene, nodes, settings, **options, **self._handing_over())

    def newCheck(self, nodes: dict[str, Any], mask: Any = None) -> Any:
        """A check of the images, not started yet (`GliomaRadiomicsLib.scene.run.CheckRun`)."""
        from GliomaRadiomicsLib.scene.run import CheckRun

        return CheckRun(slicer.mrmlScene, nodes, mask_node=mask, **self._handing_over())

    def _handing_over(self) -> dict[str, Any]:
        """How a run starts its worker, and the images that need not be written again."""
        from GliomaRadiomicsLib.scene.image_copies import ImageCopies

        if self._copies is None:
            self._copies = ImageCopies()
        return {"job_options": self.workerOptions(), "copies": self._copies}

    def start(self, nodes: dict[str, Any], settings: AnalyzeSettings, **options: Any) -> Any:
        """Start a run on volume nodes by sequence; returns when the images are written (`scene.run.CaseRun`)."""
        run = self.newRun(nodes, settings, **options)
        run.start()
        return run

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
        reuse: str | None = None,
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
            reuse: Output folder of an earlier run on the same images (``folder``/out): brain, alignment and grid
                are taken from there, so that only what depends on ``mask`` is computed; needs a mask.
            wait: Wait for the end. Otherwise return the started run (`GliomaRadiomicsLib.scene.run.CaseRun`).
            **clinical: What is known of age, sex, kps, resection, idh, grade, histology, location; see `ClinicalData`.

        Returns:
            `GliomaRadiomicsLib.scene.writer.SceneResult` with the nodes written.

        Raises:
            RefusedInput: If the input cannot be used.
            Cancelled: If the run was cancelled.
            RuntimeError: If it failed.
        """
        nodes = {"t1": t1, "t1ce": t1ce, "t2": t2, "flair": flair}
        settings = AnalyzeSettings(ClinicalData(**clinical), tuple(steps), models or {}, device, reuse=reuse)
        run = self.start(nodes, settings, mask_node=mask, patient=patient, folder=folder)
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
