"""What the panel does in Slicer's own process is done in steps; between them cancelling and closing are safe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.event_loop import until
from support.output_folder import write_output_folder

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene.image_copies import ImageCopies
from GliomaRadiomicsLib.scene.ownership import CASE_ATTRIBUTE, SceneClosed, own_nodes
from GliomaRadiomicsLib.scene.run import CaseRun
from GliomaRadiomicsLib.scene.volumes import image_array, node_from_volume
from GliomaRadiomicsLib.scene.writer import result_steps


def add_image(scene: Any, name: str = "image", shift: float = 0.0) -> Any:
    array = np.random.default_rng(1).normal(100 + shift, 20, (12, 12, 8)).astype(np.float32)
    return node_from_volume(scene, Volume(array, np.eye(4)), name)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    write_output_folder(tmp_path / "out")
    return tmp_path / "out"


def names(scene: Any) -> list[str]:
    """Of all nodes but the one that every scene of the desktop program has from the start."""
    nodes = [scene.GetNthNode(i) for i in range(scene.GetNumberOfNodes())]
    return [node.GetName() for node in nodes if not node.IsA("vtkMRMLSubjectHierarchyNode")]


@pytest.mark.parametrize("after", [1, 4, 8, 12])
def test_writing_that_is_given_up_leaves_the_scene_as_it_was(scene: Any, output: Path, after: int) -> None:
    images = {"t1ce": add_image(scene)}
    before = names(scene)
    steps = result_steps(output, volume_nodes=images, patient="Case", scene=scene)
    for _ in range(after):
        next(steps)
    steps.close()
    assert names(scene) == before


def test_an_image_loaded_between_two_steps_is_the_users(scene: Any, output: Path) -> None:
    steps = result_steps(output, volume_nodes={}, patient="Case", scene=scene)
    for _ in range(5):
        next(steps)
    mine = add_image(scene, "mine")
    steps.close()
    assert scene.IsNodePresent(mine)
    assert mine.GetAttribute(CASE_ATTRIBUTE) is None


def test_a_scene_closed_between_two_steps_is_told_at_the_next(scene: Any, output: Path) -> None:
    steps = result_steps(output, volume_nodes={}, patient="Case", scene=scene)
    for _ in range(5):
        next(steps)
    scene.Clear(False)
    with pytest.raises(SceneClosed):
        next(steps)
    assert own_nodes(scene, "Case") == []


def test_a_node_removed_between_two_steps_is_passed_over(scene: Any, output: Path) -> None:
    steps = result_steps(output, volume_nodes={}, patient="Case", scene=scene)
    while scene.GetFirstNodeByName("Case label map") is None:
        next(steps)
    scene.RemoveNode(scene.GetFirstNodeByName("Case label map"))
    assert "folder" in [step.message.removeprefix("Scene: ") for step in steps]
    assert scene.GetFirstNodeByName("Case segmentation") is not None


def handed_over(scene: Any, nodes: dict[str, Any], copies: ImageCopies, worker: dict[str, Any]) -> list[str]:
    run = CaseRun(scene, nodes, copies=copies, job_options=worker)
    said = list(run.steps())
    run.kill()
    return [one for one in said if one.startswith("Writing")]


def test_only_images_that_changed_are_written_again(module: Any, scene: Any, worker: Any) -> None:
    import vtk

    worker("hang")
    options, copies = module.GliomaRadiomicsLogic.jobOptions, ImageCopies()
    nodes = {"t1": add_image(scene), "flair": add_image(scene, shift=5)}
    assert handed_over(scene, nodes, copies, options) == ["Writing T1", "Writing FLAIR"]
    assert handed_over(scene, nodes, copies, options) == []
    image_array(nodes["flair"].GetImageData())[3, 3, 3] += 1
    nodes["flair"].GetImageData().Modified()
    assert handed_over(scene, nodes, copies, options) == ["Writing FLAIR"]
    nodes["t1"].SetOrigin(1, 2, 3)
    assert handed_over(scene, nodes, copies, options) == ["Writing T1"]
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    nodes["t1"].SetAndObserveTransformNodeID(transform.GetID())
    assert handed_over(scene, nodes, copies, options) == ["Writing T1"]
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 7.0)
    transform.SetMatrixTransformToParent(matrix)
    assert handed_over(scene, nodes, copies, options) == ["Writing T1"]
    assert handed_over(scene, nodes | {"t1": nodes["flair"]}, copies, options) == ["Writing T1"]
    copies.forget()
    assert len(handed_over(scene, nodes, copies, options)) == 2
    copies.forget()


def test_cancel_while_images_are_written_starts_nothing(
    widget: Any, scene: Any, worker: Any, errors: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from GliomaRadiomicsLib.pipeline.job import Job

    started: list[Any] = []
    monkeypatch.setattr(Job, "start", lambda *given: started.append(given))
    worker("hang")
    widget.ui.t1Selector.setCurrentNode(add_image(scene))
    widget.ui.runButton.click()
    widget.ui.cancelButton.click()
    until(lambda: not widget.panel.run.is_running)
    assert (started, errors) == ([], [])
    assert widget.ui.runButton.enabled
    assert "Cancelled" in widget.ui.etaLabel.text


def test_cancel_while_nodes_are_written_leaves_none(widget: Any, scene: Any, worker: Any, errors: list[str]) -> None:
    worker("succeed")
    widget.ui.t1Selector.setCurrentNode(add_image(scene))
    before = names(scene)
    widget.ui.runButton.click()
    until(lambda: scene.GetFirstNodeByName("Patient segmentation") is not None)
    widget.ui.cancelButton.click()
    assert not widget.panel.run.is_running
    assert errors == []
    assert names(scene) == before


def test_closing_the_scene_while_nodes_are_written_is_safe(
    widget: Any, scene: Any, worker: Any, errors: list[str]
) -> None:
    worker("succeed")
    widget.ui.t1Selector.setCurrentNode(add_image(scene))
    widget.ui.runButton.click()
    until(lambda: scene.GetFirstNodeByName("Patient segmentation") is not None)
    scene.Clear(False)
    until(lambda: not widget.panel.run.is_running)
    assert errors == []
    assert own_nodes(scene, "Patient") == []
    assert "scene was closed" in widget.ui.logText.plainText


def test_surfaces_made_one_by_one_are_those_of_all_at_once(scene: Any, output: Path) -> None:
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    from GliomaRadiomicsLib.imaging.files import read_volume
    from GliomaRadiomicsLib.scene.segmentation import segmentation_node

    label_map = read_volume(output / "segmentation.nii.gz")
    one, whole = (segmentation_node(scene, label_map, name, surface=name == "one") for name in ("one", "whole"))
    whole.CreateClosedSurfaceRepresentation()
    kind = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    for segment in one.GetSegmentation().GetSegmentIDs():
        points = [
            vtk_to_numpy(node.GetSegmentation().GetSegment(segment).GetRepresentation(kind).GetPoints().GetData())
            for node in (one, whole)
        ]
        assert len(points[0]) > 100
        np.testing.assert_array_equal(points[0], points[1])
