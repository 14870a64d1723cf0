"""What the panel changes in the views, and results found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.scene import display
from GliomaRadiomicsLib.scene.heatmap import heat_map_node
from GliomaRadiomicsLib.scene.restore import feature_rows, find_result, patients_with_result
from GliomaRadiomicsLib.scene.views import add_view_nodes, region_centre
from GliomaRadiomicsLib.scene.volumes import volume_from_node
from GliomaRadiomicsLib.scene.writer import write_result


def alphas(node: Any) -> np.ndarray:
    table = node.GetDisplayNode().GetColorNode().GetLookupTable()
    return np.array([table.GetTableValue(index)[3] for index in range(table.GetNumberOfTableValues())])


def test_the_threshold_of_a_signed_map_hides_both_signs_around_zero(scene: Any) -> None:
    node, _ = heat_map_node(scene, Volume(np.array([[[-2.0, 0.5, 2.0]]], np.float32), np.eye(4)), "occlusion")
    for share in (0.6, 0.1):
        display.show_heat_map(scene, node, 0.5, share)
        places = np.abs(np.linspace(-1, 1, len(alphas(node))))
        assert ((alphas(node) > 0) == (places >= share)).all()
    assert not node.GetDisplayNode().GetApplyThreshold()


def test_the_outline_is_a_line_under_a_heat_map_and_filled_again_without(scene: Any, output: Path) -> None:
    nodes = write_result(output, patient="Case A", scene=scene)
    node, _ = heat_map_node(scene, Volume(np.array([[[0.0, 0.5, 2.0]]], np.float32), np.eye(4)), "occlusion")
    shown = nodes.segmentationNode.GetDisplayNode()
    for _opacity in (0.5, 0.7):
        display.show_heat_map(scene, node, _opacity, 0.1, nodes.segmentationNode)
        assert not shown.GetVisibility2DFill()
        assert shown.GetVisibility2DOutline()
    display.show_heat_map(scene, None, 0.5, 0.1, nodes.segmentationNode)
    assert shown.GetVisibility2DFill()
    shown.SetVisibility2DFill(False)
    for one in (node, None):
        display.show_heat_map(scene, one, 0.5, 0.1, nodes.segmentationNode)
    assert not shown.GetVisibility2DFill()


def test_a_result_is_found_again_with_every_node(scene: Any, output: Path) -> None:
    written = write_result(output, patient="Case A", scene=scene)
    write_result(output, patient="Case B", scene=scene)
    assert patients_with_result(scene) == ["Case A", "Case B"]
    found = find_result(scene, "Case A")
    assert found is not None
    assert vars(found) == vars(written)
    assert [row.feature for row in feature_rows(found.featureTableNode)] == ["firstorder_mean", "shape_x"]
    assert find_result(scene, "Case C") is None


def test_a_damaged_result_in_a_scene_is_no_result(scene: Any, output: Path) -> None:
    nodes = write_result(output, patient="Case A", scene=scene)
    nodes.dataNode.SetText("{")
    assert find_result(scene, "Case A") is None


@pytest.mark.parametrize("region", ["ET", "ED", "WT"])
def test_jumping_finds_the_region_as_it_is_drawn(scene: Any, output: Path, region: str) -> None:
    add_view_nodes(scene)
    nodes = write_result(output, scene=scene)
    assert display.jump_to_region(scene, nodes, region)
    centre = region_centre(volume_from_node(nodes.labelMapNode), region)
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(centre[2], abs=0.01)


def test_surfaces_do_not_count_as_an_edit(scene: Any, output: Path) -> None:
    nodes = write_result(output, scene=scene)
    before = display.outline_stamp(nodes)
    nodes.segmentationNode.RemoveClosedSurfaceRepresentation()
    display.show_surface(nodes, False)
    display.show_surface(nodes, True)
    display.show_segment(nodes, "ED", False)
    assert not display.is_segment_shown(nodes, "ED")
    assert display.is_surface_shown(nodes)
    assert display.outline_stamp(nodes) == before
    assert display.outline_stamp(None) == 0
