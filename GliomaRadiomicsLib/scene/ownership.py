"""Which nodes are ours, so that a second run replaces them and never touches the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from types import TracebackType
from typing import Any

import slicer
import vtk

CASE_ATTRIBUTE = "GliomaRadiomics.Case"
"""Attribute of every result node (and folder item) this product wrote; its value is the patient's name in the scene."""

IMAGE_ATTRIBUTE = "GliomaRadiomics.Image"
"""The same for images read from an output folder: what is found on them may be replaced, they themselves stay."""

_ID_ATTRIBUTE = "GliomaRadiomics.Node"
"""ID of the node we marked; a copy that the user makes has our attributes but another ID, so it is not ours."""

INPUT_ROLE = "GliomaRadiomics.Input"
"""Role under which the result table refers to the images that the result was found on."""

_FIRST_NAME = "Patient"

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

    Args:
        scene: The ``vtkMRMLScene``.
        patient: Name of the patient in the scene.
        keep: Nodes that the user gave; if an earlier run wrote them they are the user's from now on.
    """

    def __init__(self, scene: Any, patient: str, keep: Iterable[Any] = ()) -> None:
        self._scene, self._patient = scene, patient
        self._kept = [part for node in keep for part in _with_display(node)]
        self._nodes: list[Any] = []
        self._closed = self._rests = False

    def __enter__(self) -> NodeBatch:
        self._earlier = [node for node in own_nodes(self._scene, self._patient) if node not in self._kept]
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
            _disown(self._kept)
            remove_nodes(self._scene, _without_used_colors(self._scene, self._earlier))
            return
        remove_nodes(self._scene, self._nodes)
        if self._closed or not self._had_folder:
            _remove_folder(self._scene, self._patient)
        if self._closed and kind is not GeneratorExit:
            raise SceneClosed(_closed_message()) from error

    @contextmanager
    def resting(self) -> Iterator[None]:
        """While the program goes on between two steps: nodes that come in then are somebody else's."""
        self._rests = True
        try:
            yield
        finally:
            self._rests = False

    def check(self) -> None:
        """Raise `SceneClosed` if the scene was closed since the batch began."""
        if self._closed:
            raise SceneClosed(_closed_message())

    def mark_as_image(self, node: Any) -> None:
        """Say that a node made in this batch is an image, which no later run removes."""
        _disown(_with_display(node))
        node.SetAttribute(IMAGE_ATTRIBUTE, self._patient)

    def _node_added(self, node: Any) -> None:
        if self._rests:
            return
        if any(node.IsA(name) for name in _RESULT_CLASSES) and not node.GetSingletonTag():
            node.SetAttribute(CASE_ATTRIBUTE, self._patient)
            node.SetAttribute(_ID_ATTRIBUTE, node.GetID())
            self._nodes.append(node)

    def _scene_closed(self, *_: object) -> None:
        self._closed = True


def own_nodes(scene: Any, patient: str) -> list[Any]:
    """Every node in the scene that was written for ``patient``."""
    ours = (node for node in nodes_of_class(scene, "vtkMRMLNode") if node.GetAttribute(CASE_ATTRIBUTE) == patient)
    return [node for node in ours if node.GetAttribute(_ID_ATTRIBUTE) == node.GetID()]


def name_for(scene: Any, inputs: Sequence[Any]) -> str:
    """Name for a patient that the user did not name.

    Returns:
        The name under which these images were analysed before, also if some were left out then or now; otherwise
        ``Patient``, ``Patient 2`` and so on, the first that is not taken.
    """
    given = set(inputs)
    for table in nodes_of_class(scene, "vtkMRMLTableNode"):
        references = range(table.GetNumberOfNodeReferences(INPUT_ROLE))
        before = {table.GetNthNodeReference(INPUT_ROLE, index) for index in references} - {None}
        name = table.GetAttribute(CASE_ATTRIBUTE)
        if name and given and before and (before <= given or given <= before):
            return name
    names = (_FIRST_NAME if number == 1 else f"{_FIRST_NAME} {number}" for number in count(1))
    return next(name for name in names if not _is_taken(scene, name))


def refer_to_inputs(node: Any, inputs: Iterable[Any]) -> None:
    """Note on a result node which images it was found on; this survives saving and loading the scene."""
    for image in inputs:
        node.AddNodeReferenceID(INPUT_ROLE, image.GetID())


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
    """Put a node under a folder; the desktop program has made its item already, otherwise it is made here.

    A node that was taken out of the scene meanwhile is passed over.
    """
    if not scene.IsNodePresent(node):
        return
    hierarchy = _hierarchy(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item == hierarchy.GetInvalidItemID():
        item = hierarchy.CreateItem(folder, node)
    hierarchy.SetItemParent(item, folder)
    plugin = next((plugin for name, plugin in _OWNER_PLUGINS if node.IsA(name)), "")
    if plugin and not hierarchy.GetItemOwnerPluginName(item):
        hierarchy.SetItemOwnerPluginName(item, plugin)


def _is_taken(scene: Any, name: str) -> bool:
    attributes = (CASE_ATTRIBUTE, IMAGE_ATTRIBUTE)
    marked = any(node.GetAttribute(key) == name for node in nodes_of_class(scene, "vtkMRMLNode") for key in attributes)
    return marked or find_folder(scene, name) != 0


def _with_display(node: Any) -> list[Any]:
    """A node with what it is shown with: display nodes and their colour tables."""
    if not node.IsA("vtkMRMLDisplayableNode"):
        return [node]
    displays = [
        shown for i in range(node.GetNumberOfDisplayNodes()) if (shown := node.GetNthDisplayNode(i)) is not None
    ]
    return [node, *displays, *(color for shown in displays if (color := shown.GetColorNode()) is not None)]


def _without_used_colors(scene: Any, nodes: list[Any]) -> list[Any]:
    """``nodes`` but for the colour tables that another node, such as the user's copy, is shown with."""
    going = set(nodes)
    used = {display.GetColorNode() for display in nodes_of_class(scene, "vtkMRMLDisplayNode") if display not in going}
    return [node for node in nodes if node not in used]


def _disown(nodes: Iterable[Any]) -> None:
    for node in nodes:
        if node.GetAttribute(CASE_ATTRIBUTE) is not None:
            node.RemoveAttribute(CASE_ATTRIBUTE)


def nodes_of_class(scene: Any, class_name: str) -> list[Any]:
    """Every node of a class, derived ones among them, in the order of the scene."""
    nodes = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
    return [node for node in nodes if node.IsA(class_name)]


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
