"""Which nodes are ours, so that a second run replaces them and never touches the user's."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any

import slicer
import vtk

CASE_ATTRIBUTE = "GliomaRadiomics.Case"
"""Attribute of every node (and folder item) this product wrote; its value is the patient's name in the scene."""

_RESULT_CLASSES = ("vtkMRMLStorableNode", "vtkMRMLDisplayNode", "vtkMRMLPlotSeriesNode", "vtkMRMLPlotChartNode")
_OWNER_PLUGINS = (
    ("vtkMRMLLabelMapVolumeNode", "LabelMaps"),
    ("vtkMRMLVolumeNode", "Volumes"),
    ("vtkMRMLSegmentationNode", "Segmentations"),
    ("vtkMRMLTableNode", "Tables"),
    ("vtkMRMLPlotChartNode", "Charts"),
    ("vtkMRMLTextNode", "Texts"),
)


class SceneClosed(RuntimeError):  # noqa: N818 - says what happened
    """The scene was closed while nodes were being written."""


class NodeBatch:
    """Nodes written together: all of them stay in the scene, or none does.

    Use as a context manager. Every result node that is added to the scene inside it is marked as ours. When it ends
    well, earlier nodes of the same patient go; when it does not, the new ones go.
    """

    def __init__(self, scene: Any, patient: str) -> None:
        self._scene, self._patient = scene, patient
        self._nodes: list[Any] = []
        self._closed = False

    def __enter__(self) -> NodeBatch:
        self._earlier = own_nodes(self._scene, self._patient)
        self._had_folder = find_folder(self._scene, self._patient) != 0
        self._observers = [
            self._scene.AddObserver(self._scene.NodeAddedEvent, _with_node(self._node_added)),
            self._scene.AddObserver(self._scene.StartCloseEvent, self._scene_closed),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for observer in self._observers:
            self._scene.RemoveObserver(observer)
        if kind is None and not self._closed:
            remove_nodes(self._scene, self._earlier)
            return
        remove_nodes(self._scene, self._nodes)
        if self._closed or not self._had_folder:
            _remove_folder(self._scene, self._patient)
        if self._closed:
            raise SceneClosed(_closed_message()) from error

    def check(self) -> None:
        """Raise `SceneClosed` if the scene was closed since the batch began."""
        if self._closed:
            raise SceneClosed(_closed_message())

    def _node_added(self, node: Any) -> None:
        if any(node.IsA(name) for name in _RESULT_CLASSES) and not node.GetSingletonTag():
            node.SetAttribute(CASE_ATTRIBUTE, self._patient)
            self._nodes.append(node)

    def _scene_closed(self, *_: object) -> None:
        self._closed = True


def own_nodes(scene: Any, patient: str) -> list[Any]:
    """Every node in the scene that was written for ``patient``."""
    nodes = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
    return [node for node in nodes if node.GetAttribute(CASE_ATTRIBUTE) == patient]


def remove_nodes(scene: Any, nodes: Iterable[Any]) -> None:
    """Remove nodes with their storage nodes; those no longer in the scene are passed over."""
    for node in nodes:
        storage = node.GetStorageNode() if node.IsA("vtkMRMLStorableNode") else None
        for victim in (node, storage):
            if victim is not None and scene.IsNodePresent(victim):
                scene.RemoveNode(victim)


def folder_item(scene: Any, patient: str) -> int:
    """The subject-hierarchy folder of ``patient``, made if there is none."""
    found = find_folder(scene, patient)
    if found:
        return found
    hierarchy = _hierarchy(scene)
    item = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), patient)
    hierarchy.SetItemAttribute(item, CASE_ATTRIBUTE, patient)
    hierarchy.SetItemOwnerPluginName(item, "Folder")
    return item


def find_folder(scene: Any, patient: str) -> int:
    """The folder item we made for ``patient``; 0 if there is none."""
    hierarchy = _hierarchy(scene)
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, False)
    candidates = (items.GetId(index) for index in range(items.GetNumberOfIds()))
    return next((item for item in candidates if hierarchy.GetItemAttribute(item, CASE_ATTRIBUTE) == patient), 0)


def put_in_folder(scene: Any, folder: int, node: Any) -> None:
    """Put a node under a folder; the desktop program has made its item already, otherwise it is made here."""
    hierarchy = _hierarchy(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        item = hierarchy.CreateItem(folder, node)
    hierarchy.SetItemParent(item, folder)
    plugin = next((plugin for name, plugin in _OWNER_PLUGINS if node.IsA(name)), "")
    if plugin and not hierarchy.GetItemOwnerPluginName(item):
        hierarchy.SetItemOwnerPluginName(item, plugin)


def _remove_folder(scene: Any, patient: str) -> None:
    item = find_folder(scene, patient)
    if item:
        _hierarchy(scene).RemoveItem(item, False, False)


def _hierarchy(scene: Any) -> Any:
    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)


def _with_node(function: Any) -> Any:
    @vtk.calldata_type(vtk.VTK_OBJECT)
    def observer(_caller: Any, _event: str, node: Any) -> None:
        function(node)

    return observer


def _closed_message() -> str:
    return "the scene was closed while the result was being written; load it again from its output folder"
