"""A whole result as nodes: names, places, replacement, and a scene that is closed in the middle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import slicer
from support.output_folder import write_output_folder
from vtk.util import numpy_support

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.heatmap import heat_map_node
from GliomaRadiomicsLib.scene.ownership import SceneClosed, find_folder, own_nodes
from GliomaRadiomicsLib.scene.volumes import node_from_volume, volume_from_node
from GliomaRadiomicsLib.scene.writer import write_result

FLOAT32_HEADER_MM = 2e-5
"""A NIfTI header keeps its matrix in single precision."""


def node_names(scene: Any) -> list[str]:
    """Class and name of every node; numbers at the end of names of display nodes are left out."""
    nodes = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
    shown = [(node.GetClassName(), node) for node in nodes if not node.IsA("vtkMRMLSubjectHierarchyNode")]
    return sorted(name if node.IsA("vtkMRMLDisplayNode") else f"{name} {node.GetName()}" for name, node in shown)


def test_every_node_is_there_with_its_place(scene: Any, tmp_path: Path) -> None:
    sequences, labels, heat = write_output_folder(tmp_path / "out")
    nodes = write_result(tmp_path / "out", patient="Case A", scene=scene)
    assert nodes.segmentationNode.GetName() == "Case A segmentation"
    assert set(nodes.heatmapNodes) == {
        "cnn_grading/gradcam",
        "cnn_grading/gradcam/hgg",
        "cnn_grading/gradcam/lgg",
    }
    assert nodes.heatmapNodes["cnn_grading/gradcam"] is nodes.heatmapNodes["cnn_grading/gradcam/hgg"]
    for node, volume in (
        (nodes.labelMapNode, labels),
        (nodes.heatmapNodes["cnn_grading/gradcam"], heat),
        *((nodes.volumeNodes[name], sequences[name]) for name in sequences),
    ):
        found = volume_from_node(node)
        assert found.grid_distance_mm(volume) < FLOAT32_HEADER_MM
        np.testing.assert_allclose(found.array, volume.array)
    assert nodes.result.grading["cnn_grading"].label == "high grade"


@pytest.mark.parametrize(("named", "expected"), [("t2", "t2"), (None, "t1ce"), ("pet", "t1ce")])
def test_the_segmentation_refers_to_the_image_whose_grid_it_has(
    scene: Any, output: Path, named: str | None, expected: str
) -> None:
    result = json.loads((output / "result.json").read_text())
    result["inputs"]["reference"] = named
    (output / "result.json").write_text(json.dumps(result))
    nodes = write_result(output, scene=scene)
    role = nodes.segmentationNode.GetReferenceImageGeometryReferenceRole()
    assert nodes.segmentationNode.GetNodeReference(role) is nodes.volumeNodes[expected]


def test_without_t1ce_the_first_sequence_lends_its_grid(scene: Any, output: Path) -> None:
    for name in ("t1", "t1ce"):
        (output / "preprocessed" / f"{name}.nii.gz").unlink()
    nodes = write_result(output, scene=scene)
    role = nodes.segmentationNode.GetReferenceImageGeometryReferenceRole()
    assert nodes.segmentationNode.GetNodeReference(role) is nodes.volumeNodes["t2"]


def test_tables_text_and_chart(scene: Any, output: Path) -> None:
    nodes = write_result(output, scene=scene)
    table = nodes.featureTableNode.GetTable()
    assert [table.GetColumnName(i) for i in range(5)] == ["sequence", "region", "feature", "value", "reason"]
    assert table.GetNumberOfRows() == 2
    assert table.GetColumnByName("value").GetValue(0) == pytest.approx(321.5)
    assert np.isnan(table.GetColumnByName("value").GetValue(1))
    results = nodes.resultTableNode.GetTable()
    figures = {results.GetValue(i, 0).ToString(): i for i in range(results.GetNumberOfRows())}
    row = figures["Grade by cnn_grading"]
    assert results.GetValue(row, 1).ToString() == "high grade (probability 0.90), trust: caution"
    assert "n = 10" in results.GetValue(row, 2).ToString()
    assert figures["Volume of Whole tumour"] is not None
    assert "Ödem" in nodes.provenanceNode.GetText()
    series = nodes.survivalChartNode.GetNthPlotSeriesNode(0)
    assert series.GetTableNode().GetTable().GetColumnByName("Patients alive (%)").GetValue(1) == pytest.approx(60)


def test_heat_map_is_transparent_below_its_threshold(scene: Any, output: Path) -> None:
    display = write_result(output, scene=scene).heatmapNodes["cnn_grading/gradcam"].GetDisplayNode()
    top = display.GetWindowLevelMax()
    assert display.GetApplyThreshold()
    assert display.GetLowerThreshold() == pytest.approx(0.25 * top)
    colours = display.GetColorNode().GetLookupTable()
    values = [colours.GetTableValue(index)[:3] for index in range(colours.GetNumberOfTableValues())]
    lightness = [np.dot(rgb, (0.2126, 0.7152, 0.0722)) for rgb in values]
    assert np.all(np.diff(lightness) > 0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_signed_heat_map_shows_both_signs_and_nothing_around_zero(scene: Any, sign: float) -> None:
    values = sign * np.array([-4.0, -0.8, 0.0, 0.8, 1.2, 2.0], np.float32)
    node, _ = heat_map_node(scene, Volume(values.reshape(6, 1, 1), np.eye(4)), "occlusion")
    shown = shown_colours(node)
    assert (shown[:, 3] > 0).tolist() == [True, False, False, False, True, True]
    red_over_blue = shown[:, 0].astype(int) - shown[:, 2]
    assert np.sign(red_over_blue[[0, 4, 5]]).tolist() == np.sign(values[[0, 4, 5]]).tolist()


def test_a_map_that_speaks_against_everywhere_is_not_blank(scene: Any) -> None:
    node, _ = heat_map_node(scene, Volume(np.array([[[-2.0, 0.0, -1.0]]], np.float32), np.eye(4)), "occlusion")
    assert (shown_colours(node)[:, 3] > 0).tolist() == [True, False, True]


def shown_colours(node: Any) -> np.ndarray:
    """RGBA, 0 to 255, of every voxel as the slice views show it."""
    display = node.GetDisplayNode()
    display.GetOutputImageDataConnection().GetProducer().Update()
    return numpy_support.vtk_to_numpy(display.GetOutputImageData().GetPointData().GetScalars())


def test_everything_lies_under_one_folder_of_the_patient(scene: Any, output: Path) -> None:
    nodes = write_result(output, patient="Case A", scene=scene)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    assert hierarchy.GetItemName(nodes.folderItemID) == "Case A"
    for node in (nodes.segmentationNode, nodes.labelMapNode, nodes.resultTableNode, nodes.provenanceNode):
        item = hierarchy.GetItemByDataNode(node)
        assert hierarchy.GetItemParent(item) == nodes.folderItemID


def test_a_second_run_replaces_its_own_nodes_only(scene: Any, output: Path) -> None:
    other = write_result(output, patient="Case B", scene=scene)
    mine = node_from_volume(scene, Volume(np.ones((3, 3, 3), np.uint8), np.eye(4)), "Case A segmentation")
    first = write_result(output, patient="Case A", volume_nodes={"t1ce": mine}, scene=scene)
    names = node_names(scene)
    second = write_result(output, patient="Case A", volume_nodes={"t1ce": mine}, scene=scene)
    assert node_names(scene) == names
    assert not scene.IsNodePresent(first.segmentationNode)
    assert scene.IsNodePresent(second.segmentationNode)
    assert scene.IsNodePresent(other.segmentationNode)
    assert scene.IsNodePresent(mine)
    assert second.folderItemID == first.folderItemID


def images_of(scene: Any, name: str) -> dict[str, Any]:
    array = np.ones((3, 3, 3), np.float32)
    return {key: node_from_volume(scene, Volume(array, np.eye(4)), f"{name} {key}") for key in ("t1ce", "flair")}


def test_patients_nobody_named_do_not_replace_each_other(scene: Any, output: Path) -> None:
    one, two = images_of(scene, "one"), images_of(scene, "two")
    first = write_result(output, volume_nodes=one, scene=scene)
    second = write_result(output, volume_nodes=two, scene=scene)
    assert scene.IsNodePresent(first.segmentationNode)
    assert first.segmentationNode.GetName() == "Patient segmentation"
    assert second.segmentationNode.GetName() == "Patient 2 segmentation"
    assert second.folderItemID != first.folderItemID
    fewer = write_result(output, volume_nodes={"t1ce": two["t1ce"]}, scene=scene)
    assert fewer.segmentationNode.GetName() == "Patient 2 segmentation"
    assert not scene.IsNodePresent(second.segmentationNode)
    one_of_both = write_result(output, volume_nodes={"t1ce": two["t1ce"], "flair": one["flair"]}, scene=scene)
    assert scene.IsNodePresent(first.segmentationNode)
    assert one_of_both.segmentationNode.GetName() != "Patient segmentation"


def test_a_run_on_images_of_an_earlier_result_keeps_every_image(scene: Any, output: Path) -> None:
    earlier = write_result(output, scene=scene)
    images = list(earlier.volumeNodes.values())
    again = write_result(output, volume_nodes={"t1ce": earlier.volumeNodes["t1ce"]}, scene=scene)
    assert all(scene.IsNodePresent(node) and node.GetDisplayNode() is not None for node in images)
    assert not scene.IsNodePresent(earlier.segmentationNode)
    assert again.folderItemID == earlier.folderItemID


def test_a_mask_from_an_earlier_result_stays_with_its_colours(scene: Any, output: Path) -> None:
    images = images_of(scene, "one")
    first = write_result(output, volume_nodes=images, patient="Case A", scene=scene)
    mask = first.labelMapNode
    for _ in range(2):
        write_result(output, volume_nodes=images, patient="Case A", keep=[mask], scene=scene)
    write_result(output, volume_nodes=images, patient="Case A", scene=scene)
    assert scene.IsNodePresent(mask)
    assert mask.GetDisplayNode().GetColorNode().GetColorName(4) == "ET"
    assert not scene.IsNodePresent(first.segmentationNode)


def test_the_users_copy_of_a_result_stays(scene: Any, output: Path) -> None:
    images = images_of(scene, "one")
    first = write_result(output, volume_nodes=images, scene=scene)
    heat_map = first.heatmapNodes["cnn_grading/gradcam"]
    copies = [slicer.vtkSlicerVolumesLogic.CloneVolume(scene, heat_map, "my copy")]
    copies.append(scene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
    copies[-1].Copy(first.segmentationNode)
    write_result(output, volume_nodes=images, scene=scene)
    assert all(scene.IsNodePresent(node) for node in copies)
    assert copies[0].GetDisplayNode().GetColorNode().GetNumberOfColors() == 256
    assert not scene.IsNodePresent(heat_map)


def test_only_what_the_run_did_is_written(scene: Any, output: Path) -> None:
    for name in ("features.csv", "segmentation.nii.gz", "provenance.json"):
        (output / name).unlink()
    nodes = write_result(output, volume_nodes={}, scene=scene)
    assert nodes.segmentationNode is nodes.featureTableNode is nodes.provenanceNode is None
    assert nodes.resultTableNode is not None
    assert nodes.volumeNodes == {}


@pytest.mark.parametrize("closed_at", [0.2, 0.5, 1.0])
def test_a_scene_closed_in_the_middle_leaves_nothing_behind(scene: Any, output: Path, closed_at: float) -> None:
    def close(fraction: float, _message: str) -> None:
        if fraction >= closed_at and not closed:
            closed.append(True)
            scene.Clear(False)

    closed: list[bool] = []
    with pytest.raises(SceneClosed, match="output folder"):
        write_result(output, patient="Case A", scene=scene, progress=Progress(close))
    assert own_nodes(scene, "Case A") == []
    assert find_folder(scene, "Case A") == 0
    assert write_result(output, patient="Case A", scene=scene).segmentationNode is not None


def test_cancelled_writing_keeps_the_earlier_result(scene: Any, output: Path) -> None:
    first = write_result(output, patient="Case A", scene=scene)
    names = node_names(scene)
    calls: list[bool] = []
    with pytest.raises(Cancelled):
        write_result(
            output,
            patient="Case A",
            scene=scene,
            progress=Progress(is_cancelled=lambda: calls.append(1) or len(calls) > 3),
        )
    assert node_names(scene) == names
    assert scene.IsNodePresent(first.segmentationNode)


@pytest.mark.parametrize("text", ["sequence,region,feature\nt1,WT,a\n", "sequence,region,feature,value\nt1,WT,a,x\n"])
def test_a_damaged_feature_table_is_refused_by_name(scene: Any, output: Path, text: str) -> None:
    (output / "features.csv").write_text(text)
    with pytest.raises(RefusedInput, match=r"features\.csv"):
        write_result(output, scene=scene)
    assert own_nodes(scene, "Patient") == []


def test_a_damaged_file_leaves_the_scene_as_it_was(scene: Any, output: Path) -> None:
    names = node_names(scene)
    (output / "heatmaps" / "cnn_grading-gradcam-hgg.nii.gz").write_bytes(b"nothing")
    with pytest.raises(RefusedInput):
        write_result(output, scene=scene)
    assert [name for name in node_names(scene) if name not in names] == []


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": "99.0"}'])
def test_a_folder_without_a_usable_result_is_refused(scene: Any, tmp_path: Path, text: str) -> None:
    with pytest.raises(RefusedInput, match=r"result\.json"):
        write_result(tmp_path, scene=scene)
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(RefusedInput, match=r"result\.json"):
        write_result(tmp_path, scene=scene)
