"""The output folder of `analyze` as nodes of the scene.

Images are read by packages that the panel installs with consent, so these are imported when a result is written.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.interface.nomogram import InteractiveNomogram
from GliomaRadiomicsLib.scene import headless
from GliomaRadiomicsLib.scene.charts import chart_nodes, survival_chart_nodes
from GliomaRadiomicsLib.scene.heatmap import heat_map_node
from GliomaRadiomicsLib.scene.output import OutputFolder, open_output
from GliomaRadiomicsLib.scene.ownership import NodeBatch, folder_item, name_for, put_in_folder, refer_to_inputs
from GliomaRadiomicsLib.scene.segmentation import label_map_node, segmentation_node, surface_steps
from GliomaRadiomicsLib.scene.tables import (
    feature_table_node,
    result_table_node,
    text_node,
)
from GliomaRadiomicsLib.scene.volumes import node_from_volume

ROLE_ATTRIBUTE = "GliomaRadiomics.Role"
"""Attribute by which `scene.restore` finds result nodes again: a field of `SceneResult`, or a heat map's key."""

HEAT_MAP_PREFIX = "heatmap:"
NODE_FIELDS = (
    "segmentationNode",
    "labelMapNode",
    "featureTableNode",
    "resultTableNode",
    "survivalChartNode",
    "nomogramChartNode",
    "provenanceNode",
    "dataNode",
)


def input_role(sequence: str) -> str:
    """Role under which the data node refers to the image of a sequence."""
    return f"GliomaRadiomics.{sequence}"


class Step(NamedTuple):
    """What the next step of writing does, and the share that is done before it."""

    fraction: float
    message: str


@dataclass
class SceneResult:
    """The nodes of one result; what a run left out is None or missing.

    Attributes:
        result: What was found.
        folderItemID: Subject-hierarchy folder of the patient.
        volumeNodes: Input volume node by sequence (``t1``, ``t1ce``, ``t2``, ``flair``).
        segmentationNode: Segments NCR/NET, ED, ET.
        labelMapNode: The same as a label-map volume (0/1/2/4).
        heatmapNodes: Scalar volume node by ``system/method``, and by ``system/method/class`` where there are classes
            (then ``system/method`` is the first class).
        featureTableNode: sequence, region, feature, value, reason.
        resultTableNode: figure, value, evidence.
        survivalChartNode: Predicted survival.
        nomogramChartNode: Survival at the values of the nomogram.
        provenanceNode: The text of ``provenance.json``.
        dataNode: The text of ``result.json``, from which `scene.restore` reads the result again.
    """

    result: CaseResult
    folderItemID: int = 0
    volumeNodes: dict[str, Any] = field(default_factory=dict)
    segmentationNode: Any = None
    labelMapNode: Any = None
    heatmapNodes: dict[str, Any] = field(default_factory=dict)
    featureTableNode: Any = None
    resultTableNode: Any = None
    survivalChartNode: Any = None
    nomogramChartNode: Any = None
    provenanceNode: Any = None
    dataNode: Any = None


def write_result(
    output_folder: str | Path,
    *,
    volume_nodes: dict[str, Any] | None = None,
    patient: str | None = None,
    keep: Iterable[Any] = (),
    scene: Any = None,
    progress: Progress | None = None,
) -> SceneResult:
    """Write the result in ``output_folder`` into the scene, under one subject-hierarchy folder.

    Result nodes written earlier for the same ``patient`` are replaced once the new ones are complete; no other node is
    touched, and no image is ever removed. If anything goes wrong the scene is left as it was.

    Args:
        output_folder: Folder that `analyze` wrote.
        volume_nodes: The user's input node by sequence; they stay where they are. None loads the volumes that the
            folder names, as nodes of ours.
        patient: Name of the folder and start of every node name; no patient identifier. Default: the name under which
            ``volume_nodes`` were analysed before, otherwise one that is not taken (see `ownership.name_for`).
        keep: More nodes that the user gave, such as a mask; they stay too.
        scene: The ``vtkMRMLScene``; default ``slicer.mrmlScene``, made if there is none.
        progress: Told about every step; may cancel.

    Raises:
        RefusedInput: If the folder is not a complete output folder.
        SceneClosed: If the scene was closed meanwhile.
        Cancelled: If ``progress`` says so.
    """
    progress = progress or Progress()
    steps = result_steps(output_folder, volume_nodes=volume_nodes, patient=patient, keep=keep, scene=scene)
    with closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                return end.value
            progress.report(step.fraction, step.message)


def result_steps(
    output_folder: str | Path,
    *,
    volume_nodes: dict[str, Any] | None = None,
    patient: str | None = None,
    keep: Iterable[Any] = (),
    scene: Any = None,
) -> Generator[Step, None, SceneResult]:
    """As `write_result`, but giving way between the steps, each a fraction of a second for ordinary images.

    Whatever is added to the scene between two steps is not ours. If the generator is closed before its end, or the
    scene is, nothing that it wrote stays.

    Yields:
        What the next step does.

    Raises:
        RefusedInput: As `write_result`.
        SceneClosed: As `write_result`.
    """
    scene = scene or headless.boot()
    output = open_output(output_folder)
    inputs = [node for node in (volume_nodes or {}).values() if node is not None]
    patient = patient or name_for(scene, inputs)
    with NodeBatch(scene, patient, keep=[*inputs, *keep]) as batch:
        writer = _Writer(scene, patient, output, batch)
        for step in writer.steps(volume_nodes):
            with batch.resting():
                yield step
            batch.check()
        return writer.nodes


class _Writer:
    """Writes one output folder, step by step."""

    def __init__(self, scene: Any, patient: str, output: OutputFolder, batch: NodeBatch) -> None:
        self._scene, self._patient, self._output = scene, patient, output
        self._batch = batch
        self.nodes = SceneResult(output.result)
        self._in_folder: list[Any] = []

    def steps(self, volume_nodes: dict[str, Any] | None) -> Iterator[Step]:
        """Write everything; yields before each step what it does."""
        parts = (self._volumes(volume_nodes), self._segmentation(), self._heat_maps(), self._tables(), self._folder())
        for done, part in enumerate(parts):
            for what in part:
                yield Step(done / len(parts), f"Scene: {what}")
        yield Step(1.0, "Scene: done")

    def _volumes(self, given: dict[str, Any] | None) -> Iterator[str]:
        from GliomaRadiomicsLib.imaging.files import read_volume_steps

        if given is not None:
            self.nodes.volumeNodes = {sequence: node for sequence, node in given.items() if node is not None}
            return
        for sequence, path in self._output.volumes.items():
            yield SEQUENCE_NAMES[sequence]
            volume = yield from _named(read_volume_steps(path, SEQUENCE_NAMES[sequence]), SEQUENCE_NAMES[sequence])
            yield SEQUENCE_NAMES[sequence]
            node = node_from_volume(self._scene, volume, self._name(SEQUENCE_NAMES[sequence]))
            self._batch.mark_as_image(node)
            self.nodes.volumeNodes[sequence] = node
            self._in_folder.append(node)

    def _segmentation(self) -> Iterator[str]:
        if self._output.label_map is None:
            return
        from GliomaRadiomicsLib.imaging.files import read_volume_steps

        yield "outline"
        label_map = yield from _named(read_volume_steps(self._output.label_map, "segmentation"), "outline")
        yield "outline"
        segmentation = segmentation_node(self._scene, label_map, self._name("segmentation"), surface=False)
        self.nodes.segmentationNode = segmentation
        self._in_folder.append(segmentation)
        reference = self.nodes.volumeNodes.get(self._output.reference or "")
        if reference is not None:
            role = segmentation.GetReferenceImageGeometryReferenceRole()
            segmentation.SetNodeReferenceID(role, reference.GetID())
        for _ in surface_steps(segmentation, label_map):
            yield "surfaces"
        yield "label map"
        self.nodes.labelMapNode, _ = label_map_node(self._scene, label_map, self._name("label map"))
        self._in_folder.append(self.nodes.labelMapNode)

    def _heat_maps(self) -> Iterator[str]:
        from GliomaRadiomicsLib.imaging.files import read_volume_steps

        for key, path in self._output.heat_maps.items():
            yield "heat maps"
            heat = yield from _named(read_volume_steps(path, key), "heat maps")
            yield "heat maps"
            node, _ = heat_map_node(self._scene, heat, self._name(key.replace("/", " ")))
            node.SetAttribute(ROLE_ATTRIBUTE, HEAT_MAP_PREFIX + key)
            self.nodes.heatmapNodes[key] = node
            self.nodes.heatmapNodes.setdefault("/".join(key.split("/")[:2]), node)
            self._in_folder.append(node)

    def _tables(self) -> Iterator[str]:
        nodes, result = self.nodes, self._output.result
        yield "tables"
        nodes.resultTableNode = result_table_node(self._scene, result, self._name("result"))
        refer_to_inputs(nodes.resultTableNode, nodes.volumeNodes.values())
        self._in_folder.append(nodes.resultTableNode)
        if self._output.features is not None:
            from GliomaRadiomicsLib.reports.tables import read_features_csv

            rows = read_features_csv(self._output.features)
            yield "tables"
            nodes.featureTableNode = feature_table_node(self._scene, rows, self._name("features"))
            self._in_folder.append(nodes.featureTableNode)
        yield "charts"
        self._charts(result)
        if self._output.provenance is not None:
            text = self._output.provenance.read_text(encoding="utf-8")
            nodes.provenanceNode = text_node(self._scene, text, self._name("provenance"))
            self._in_folder.append(nodes.provenanceNode)
        nodes.dataNode = text_node(self._scene, json.dumps(result.to_dict()), self._name("data"))
        for sequence, node in nodes.volumeNodes.items():
            nodes.dataNode.SetNodeReferenceID(input_role(sequence), node.GetID())
        self._in_folder.append(nodes.dataNode)

    def _charts(self, result: CaseResult) -> None:
        made = survival_chart_nodes(self._scene, result.survival, self._name("survival"))
        self.nodes.survivalChartNode = self._chart(made)
        nomogram = InteractiveNomogram.of(result)
        if nomogram is not None:
            chart = nomogram.at(nomogram.values).chart
            self.nodes.nomogramChartNode = self._chart(chart_nodes(self._scene, chart, self._name("nomogram")))

    def _chart(self, made: list[Any]) -> Any:
        self._in_folder += [node for node in made if not node.IsA("vtkMRMLPlotSeriesNode")]
        return made[0] if made else None

    def _folder(self) -> Iterator[str]:
        yield "folder"
        self.nodes.folderItemID = folder_item(self._scene, self._patient)
        for node in self._in_folder:
            put_in_folder(self._scene, self.nodes.folderItemID, node)
        for role in NODE_FIELDS:
            node = getattr(self.nodes, role)
            if node is not None:
                node.SetAttribute(ROLE_ATTRIBUTE, role)

    def _name(self, what: str) -> str:
        return f"{self._patient} {what}"


def _named(steps: Generator[None, None, Volume], name: str) -> Generator[str, None, Volume]:
    """The same steps, each saying ``name``."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        yield name
