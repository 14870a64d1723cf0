"""Inputs: selectors that fill themselves by name, images from a folder or the DICOM browser, clinical data."""

from __future__ import annotations

from typing import Any

import qt
import slicer
import vtk
from slicer.i18n import tr as _

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.interface.recognise import sequences_by_name
from GliomaRadiomicsLib.panel.dialogs import choose_folder, guarded
from GliomaRadiomicsLib.scene.ownership import CASE_ATTRIBUTE, nodes_of_class

_SETTLE_MS = 300


class InputsSection:
    """The section Inputs."""

    def __init__(self, panel: Any) -> None:
        self._panel, self._ui = panel, panel.ui
        self._seen: set[str] = set()
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.connect("timeout()", self.recognise)
        self._observer = slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.NodeAddedEvent, self._on_node_added)
        self.hint("")
        self._ui.recogniseButton.connect("clicked()", self.recognise_all)
        self._ui.loadFolderButton.connect("clicked()", guarded(self._load_folder))
        self._ui.loadDicomButton.connect("clicked()", guarded(self._load_dicom))

    def recognise(self) -> None:
        """Fill selectors that are empty with images that came in since the last time."""
        parameters = self._panel.parameters
        if parameters is None:
            return
        images = _images()
        new = [node for node in images if node.GetID() not in self._seen]
        self._seen = {node.GetID() for node in images}
        if new:
            self._fill({role: node for role, node in _by_name(images).items() if node in new}, only_empty=True)

    def recognise_all(self) -> None:
        """Fill every selector whose image can be told by its name."""
        found = _by_name(_images())
        self._fill(found, only_empty=False)
        self.hint("" if found else _("No image is recognised by its name; choose them by hand."))

    def fill(self, nodes: dict[str, Any]) -> None:
        """Put nodes into the selectors, by role; None empties one."""
        for role, node in nodes.items():
            getattr(self._ui, f"{role}Selector").setCurrentNode(node)

    def hint(self, text: str) -> None:
        """A line below the buttons; none if empty."""
        self._ui.inputsHint.text = text
        self._ui.inputsHint.setVisible(bool(text))

    def refresh(self) -> None:
        """Enable the buttons."""
        self._panel.allow(self._ui.loadFolderButton, "load_folder")
        if self._panel.allow(self._ui.loadDicomButton, "load_dicom").ok:
            self._ui.loadDicomButton.toolTip = _("Load the series that are selected in the DICOM browser.")
        self._ui.recogniseButton.toolTip = _("Fill the selectors with the images whose names tell the sequence.")

    def show_result(self) -> None:
        """Nothing here depends on a result."""

    def stop(self) -> None:
        """The panel goes away."""
        self._timer.stop()
        slicer.mrmlScene.RemoveObserver(self._observer)

    def _fill(self, found: dict[str, Any], *, only_empty: bool) -> None:
        taken = {node.GetID() for node in self._panel.volume_nodes().values() if node is not None}
        for role, node in found.items():
            selector = getattr(self._ui, f"{role}Selector")
            if selector.currentNode() is None or not only_empty:
                if only_empty and node.GetID() in taken:
                    continue
                selector.setCurrentNode(node)

    def _load_folder(self) -> None:
        from GliomaRadiomicsLib.scene.loading import load_folder

        folder = choose_folder(_("Folder with the images of one patient"))
        self._panel.run.prepare(torch=False)
        with slicer.util.WaitCursor():
            self.fill(load_folder(slicer.mrmlScene, folder))

    def _load_dicom(self) -> None:
        """Load the series selected in the DICOM browser; opens it where nothing is selected."""
        uids = _selected_series()
        if not uids:
            slicer.util.selectModule("DICOM")
            self.hint(_("Select series in the DICOM browser, come back and press this button again."))
            return
        from DICOMLib import DICOMUtils

        loaded = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in DICOMUtils.loadSeriesByUID(uids)]
        nodes = [node for node in loaded if node is not None and node.IsA("vtkMRMLScalarVolumeNode")]
        if not nodes:
            raise RefusedInput(what=_("the selected series hold no image volume"), remedy=_("select other series"))
        found = _by_name(nodes)
        self.fill(found)
        if len(found) < len(nodes):
            self.hint(_("Not every series was recognised by its name; choose the others by hand."))

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def _on_node_added(self, _caller: Any, _event: str, node: Any) -> None:
        if node.IsA("vtkMRMLScalarVolumeNode"):
            self._timer.start()


def _images() -> list[Any]:
    """Volumes that can be a sequence: no label maps, none of our own heat maps."""
    nodes = nodes_of_class(slicer.mrmlScene, "vtkMRMLScalarVolumeNode")
    plain = [node for node in nodes if node.GetClassName() == "vtkMRMLScalarVolumeNode"]
    return [node for node in plain if node.GetAttribute(CASE_ATTRIBUTE) is None]


def _by_name(nodes: list[Any]) -> dict[str, Any]:
    found = sequences_by_name([node.GetName() for node in nodes])
    return {role: nodes[found[role]] for role in SEQUENCES if role in found}


def _selected_series() -> list[str]:
    widget = getattr(slicer.modules, "DICOMWidget", None)
    if widget is None:
        return []
    return list(widget.browserWidget.dicomBrowser.dicomTableManager().currentSeriesSelection())
